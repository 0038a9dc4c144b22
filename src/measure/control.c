#include "measure/control.h"

#include "base/clock.h"

// Distance of checks: each costs some µs, so a tenth more samples between them is cheap enough, and
// looking seldom keeps optional stopping from spoiling the interval.
static const double CHECK_GROWTH = 1.15;
static const double WARMUP_GROWTH = 1.3;
// Clock frequencies and caches need about this long to get going, however short a request is.
static const int64_t WARMUP_MIN_NS = 100 * NS_PER_MS;
static const int64_t WARMUP_MAX_NS = 10 * NS_PER_S;
enum { WARMUP_BATCHES = 32, WARMUP_MIN_COUNT = 4 };

void control_init(struct control *control, const struct measure_plan *plan, struct course *course)
{
    atomic_init(&control->word, PHASE_WARMUP);
    atomic_init(&control->settled_count, 0);
    atomic_init(&control->posted_count, 0);
    atomic_init(&control->is_closing, false);
    atomic_init(&control->is_unsettled, false);
    atomic_init(&control->shared_count, 0);
    control->plan = plan;
    control->now_ns = clock_now_ns;
    control->step_ns = (double)clock_step_ns();
    control->lane_count = plan->lane_count;
    control->course = course;
    int64_t samples = plan->sample_capacity / plan->lane_count;
    for (int i = 0; i < plan->lane_count; i++) {
        recorder_init(&course[i].recorder, plan->timing == MEASURE_APPLICATION, samples);
        blocks_reset(&course[i].posted, 0);
        course[i].control = control;
    }
}

void control_release(struct control *control)
{
    for (int i = 0; i < control->lane_count; i++)
        recorder_release(&control->course[i].recorder);
}

static void announce(struct control *control, enum measure_event event)
{
    if (control->plan->on_event)
        control->plan->on_event(event, control->plan->event_data);
}

static int64_t time_limit_ns(const struct measure_plan *plan)
{
    if (plan->iterations > 0)
        return 0;
    return plan->time_ns > 0 ? plan->time_ns : plan->max_time_ns;
}

static int64_t count_limit(const struct measure_plan *plan)
{
    if (plan->iterations > 0)
        return plan->iterations;
    return plan->time_ns > 0 ? 0 : plan->max_iterations;
}

static bool is_fixed(const struct measure_plan *plan)
{
    return plan->iterations > 0 || plan->time_ns > 0;
}

static void enter_window(struct course *course)
{
    struct control *control = course->control;
    const struct measure_plan *plan = control->plan;
    int64_t limit_ns = time_limit_ns(plan);
    int64_t limit = count_limit(plan);
    recorder_start(&course->recorder, control->start_ns);
    course->phase = PHASE_WINDOW;
    course->last_ns = control->start_ns;
    course->is_limited = control->lane_count > 1 && limit > 0;
    course->next_count = INT64_MAX;
    course->next_ns = limit_ns > 0 ? control->start_ns + limit_ns : INT64_MAX;
    if (control->lane_count == 1 && limit > 0)
        course->next_count = limit;
    if (is_fixed(plan) || course != control->course)
        return;
    if (control->lane_count == 1 && plan->min_time_ns <= 0 && plan->min_iterations < course->next_count)
        course->next_count = plan->min_iterations;
    if (control->start_ns + plan->min_time_ns < course->next_ns)
        course->next_ns = control->start_ns + plan->min_time_ns;
}

static void open_window(struct control *control, int64_t start_ns)
{
    control->start_ns = start_ns;
    atomic_fetch_or_explicit(&control->word, PHASE_WINDOW, memory_order_release);
}

void control_begin(struct control *control)
{
    const struct measure_plan *plan = control->plan;
    bool has_warmup = plan->warmup == MEASURE_WARMUP_AUTO ||
                      (plan->warmup == MEASURE_WARMUP_FIXED && plan->warmup_iterations > 0);
    announce(control, has_warmup ? MEASURE_EVENT_WARMUP : MEASURE_EVENT_WINDOW);
    control->begin_ns = control->now_ns();
    if (!has_warmup)
        open_window(control, control->begin_ns);
    for (int i = 0; i < control->lane_count; i++) {
        struct course *course = &control->course[i];
        course->word = atomic_load(&control->word);
        course->next_count = WARMUP_MIN_COUNT;
        course->next_ns = INT64_MAX;
        if (has_warmup)
            recorder_start(&course->recorder, control->begin_ns);
        else
            enter_window(course);
    }
}

void control_close(struct control *control, enum measure_stop stop, int64_t end_ns)
{
    if (atomic_exchange(&control->is_closing, true))
        return;
    control->stop = stop;
    control->end_ns = end_ns;
    atomic_fetch_or_explicit(&control->word, PHASE_CLOSED, memory_order_release);
    announce(control, MEASURE_EVENT_END);
}

static int64_t warmup_limit_ns(const struct measure_plan *plan)
{
    if (plan->warmup_limit_ns > 0)
        return plan->warmup_limit_ns;
    int64_t limit_ns = time_limit_ns(plan) / 4;
    return limit_ns > 0 && limit_ns < WARMUP_MAX_NS ? limit_ns : WARMUP_MAX_NS;
}

static bool is_warm(struct course *course, int64_t end_ns)
{
    struct control *control = course->control;
    const struct measure_plan *plan = control->plan;
    if (plan->warmup == MEASURE_WARMUP_FIXED)
        return course->warmup_count * control->lane_count >= plan->warmup_iterations;
    int64_t elapsed_ns = end_ns - control->begin_ns;
    int64_t limit_ns = warmup_limit_ns(plan);
    if (elapsed_ns >= limit_ns) {
        atomic_store(&control->is_unsettled, true);
        return true;
    }
    int64_t least_ns = WARMUP_MIN_NS < limit_ns / 4 ? WARMUP_MIN_NS : limit_ns / 4;
    if (course->warmup_count < course->next_count || elapsed_ns < least_ns)
        return false;
    course->next_count = (int64_t)((double)course->warmup_count * WARMUP_GROWTH) + 1;
    struct stats_batch batch[STATS_MAX_BATCHES];
    int count = blocks_batch(batch, WARMUP_BATCHES, &course->recorder.blocks, 0);
    return findings_is_settled(batch, count);
}

static void warm_up(struct course *course, int64_t latency_ns, int64_t end_ns)
{
    struct control *control = course->control;
    course->warmup_count++;
    blocks_add(&course->recorder.blocks, latency_ns, end_ns);
    if (course->refill_count > 0) {
        if (--course->refill_count > 0)
            return;
        open_window(control, end_ns);
    } else if (!course->is_settled && is_warm(course, end_ns)) {
        course->is_settled = true;
        if (atomic_fetch_add(&control->settled_count, 1) + 1 < control->lane_count)
            return;
        announce(control, MEASURE_EVENT_WINDOW);
        // What the caller did in the meantime held up the other requests of this lane: let them pass.
        course->refill_count = control->lane_count == 1 && course->slot_count > 1
                                   ? course->slot_count
                                   : 0;
        if (course->refill_count > 0)
            return;
        open_window(control, control->now_ns());
    } else {
        return;
    }
    enter_window(course);
    course->word = atomic_load_explicit(&control->word, memory_order_relaxed);
}

// Takes one of the iterations that all lanes share; false when they are used up.
static bool take_iteration(struct course *course, int64_t end_ns)
{
    struct control *control = course->control;
    int64_t limit = count_limit(control->plan);
    int64_t taken = atomic_fetch_add_explicit(&control->shared_count, 1, memory_order_relaxed) + 1;
    if (taken == limit)
        control_close(control, is_fixed(control->plan) ? MEASURE_STOP_FIXED : MEASURE_STOP_ITERATIONS,
                      end_ns);
    return taken <= limit;
}

static void post(struct course *course)
{
    blocks_settle_threshold(&course->recorder.blocks);
    course->posted = course->recorder.blocks;
    atomic_fetch_add_explicit(&course->control->posted_count, 1, memory_order_release);
}

static void follow(struct course *course, unsigned word)
{
    enum phase phase = (enum phase)(word & PHASE_MASK);
    if (phase == PHASE_WINDOW && course->phase == PHASE_WARMUP)
        enter_window(course);
    bool is_asked = (word & ~(unsigned)PHASE_MASK) != (course->word & ~(unsigned)PHASE_MASK);
    if (is_asked && phase == PHASE_WINDOW && course != course->control->course)
        post(course);
    course->word = word;
}

bool course_obey(struct course *course, int64_t latency_ns, int64_t end_ns)
{
    struct control *control = course->control;
    unsigned word = atomic_load_explicit(&control->word, memory_order_acquire);
    if (word != course->word)
        follow(course, word);
    bool is_closed = (word & PHASE_MASK) == PHASE_CLOSED;
    bool is_inside = course->phase == PHASE_WINDOW && end_ns >= control->start_ns &&
                     (!is_closed || (control->lane_count > 1 && end_ns <= control->end_ns));
    if (is_closed)
        course->phase = PHASE_CLOSED;
    else if (course->phase == PHASE_WARMUP) {
        warm_up(course, latency_ns, end_ns);
        return false;
    }
    if (!is_inside || (course->is_limited && !take_iteration(course, end_ns))) {
        // Before the window opened, or after it was closed.
        if (is_closed || end_ns >= control->start_ns)
            course->tail_count++;
        else
            course->warmup_count++;
        return false;
    }
    recorder_add(&course->recorder, latency_ns, end_ns);
    course->last_ns = end_ns;
    if (!is_closed && ((int64_t)course->recorder.latency.count >= course->next_count ||
                       end_ns >= course->next_ns))
        course_look(course, end_ns);
    return true;
}

// The interval of the target, from one lane's own series or from the posted ones.
static bool is_precise(struct control *control, int64_t end_ns)
{
    const struct measure_plan *plan = control->plan;
    struct stats_batch batch[STATS_MAX_BATCHES];
    struct stats_interval interval;
    if (control->lane_count == 1) {
        struct recorder *recorder = &control->course[0].recorder;
        blocks_settle_threshold(&recorder->blocks);
        int count = blocks_batch(batch, STATS_MAX_BATCHES, &recorder->blocks, 0);
        interval = plan->target == MEASURE_MEDIAN
                       ? stats_median(&recorder->latency, control->step_ns, batch, count,
                                      plan->confidence_frac, NULL)
                       : stats_rate(batch, count, plan->confidence_frac);
    } else {
        const struct blocks *lane[MEASURE_MAX_LANES];
        for (int i = 0; i < control->lane_count; i++) {
            lane[i] = &control->course[i].posted;
            // Compare only up to where every lane has got.
            int64_t lane_end_ns = lane[i]->open.end_ns;
            end_ns = lane_end_ns < end_ns ? lane_end_ns : end_ns;
        }
        int count = blocks_batch_lanes(batch, STATS_MAX_BATCHES, lane, control->lane_count,
                                       control->start_ns, end_ns);
        interval = stats_rate(batch, count, plan->confidence_frac);
    }
    // Twice in a row: one lucky check is not enough.
    bool is_now = stats_precision(&interval) <= plan->precision_frac;
    bool is_enough = is_now && control->was_precise;
    control->was_precise = is_now;
    return is_enough;
}

static void schedule(struct course *course, int64_t end_ns)
{
    const struct control *control = course->control;
    const struct measure_plan *plan = control->plan;
    int64_t limit_ns = time_limit_ns(plan);
    int64_t limit = count_limit(plan);
    int64_t last_ns = limit_ns > 0 ? control->start_ns + limit_ns : INT64_MAX;
    int64_t next_ns = control->start_ns + (int64_t)((double)(end_ns - control->start_ns) * CHECK_GROWTH);
    int64_t last_count = limit > 0 && control->lane_count == 1 ? limit : INT64_MAX;
    int64_t count = (int64_t)course->recorder.latency.count;
    int64_t next_count = (int64_t)((double)count * CHECK_GROWTH) + 1;
    if (next_count < plan->min_iterations && control->lane_count == 1)
        next_count = plan->min_iterations;
    course->next_ns = last_ns;
    course->next_count = last_count;
    if (is_fixed(plan) || course != control->course)
        return;
    // One lane looks again after so many more requests, several after so much more time.
    if (control->lane_count == 1)
        course->next_count = next_count < last_count ? next_count : last_count;
    else
        course->next_ns = next_ns < last_ns ? next_ns : last_ns;
}

static bool is_over(struct course *course, int64_t end_ns, enum measure_stop *stop)
{
    const struct control *control = course->control;
    int64_t limit_ns = time_limit_ns(control->plan);
    int64_t limit = count_limit(control->plan);
    if (control->lane_count == 1 && limit > 0 && (int64_t)course->recorder.latency.count >= limit)
        *stop = MEASURE_STOP_ITERATIONS;
    else if (limit_ns > 0 && end_ns - control->start_ns >= limit_ns)
        *stop = MEASURE_STOP_TIME;
    else
        return false;
    if (is_fixed(control->plan))
        *stop = MEASURE_STOP_FIXED;
    return true;
}

static int64_t posted_iterations(const struct control *control)
{
    int64_t sum = 0;
    for (int i = 0; i < control->lane_count; i++) {
        const struct blocks *blocks = &control->course[i].posted;
        sum += blocks->used * blocks->size + blocks->open.count;
    }
    return sum;
}

// Lane 0 of several: asks the others to post, and looks when all have.
static void look_at_lanes(struct course *course, int64_t end_ns)
{
    struct control *control = course->control;
    if (!control->is_awaiting_posts) {
        atomic_store(&control->posted_count, 0);
        control->is_awaiting_posts = true;
        atomic_fetch_add(&control->word, POST_STEP);
        course->word += POST_STEP; // not what is there now: another lane may just have closed the run
        post(course);
    }
    course->next_count = (int64_t)course->recorder.latency.count + 1;
    if (atomic_load_explicit(&control->posted_count, memory_order_acquire) < control->lane_count)
        return;
    control->is_awaiting_posts = false;
    if (posted_iterations(control) >= control->plan->min_iterations && is_precise(control, end_ns))
        control_close(control, MEASURE_STOP_PRECISION, end_ns);
    schedule(course, end_ns);
}

void course_look(struct course *course, int64_t end_ns)
{
    struct control *control = course->control;
    enum measure_stop stop;
    if (is_over(course, end_ns, &stop)) {
        control_close(control, stop, end_ns);
        return;
    }
    if (is_fixed(control->plan) || course != control->course) {
        schedule(course, end_ns);
    } else if (control->lane_count > 1) {
        look_at_lanes(course, end_ns);
    } else {
        bool is_enough = (int64_t)course->recorder.latency.count >= control->plan->min_iterations &&
                         end_ns - control->start_ns >= control->plan->min_time_ns;
        if (is_enough && is_precise(control, end_ns))
            control_close(control, MEASURE_STOP_PRECISION, end_ns);
        schedule(course, end_ns);
    }
}

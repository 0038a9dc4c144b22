#include "measure/measure.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "measure/lane.h"
#include "measure/result.h"

struct measure {
    struct measure_plan plan;
    struct control control;
    struct course *course;
    struct lane *lane;
    struct flight *flight;         /**< slot_count, in the order of the plan */
    struct flight **flight_of_lane; /**< the same, lane by lane */
    bool has_run;
    bool is_going; /**< under `lock`: the lanes may start; false after a failed start */
    bool is_abandoned;
    int waiting_count;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

void measure_complete(struct dli_request *request, int status)
{
    ring_complete(request, status);
}

// Zeroed memory on a cache line of its own; touched by the clearing.
static void *allocate_lines(size_t count, size_t bytes)
{
    void *memory = NULL;
    size_t total = (count * bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    if (posix_memalign(&memory, CACHE_LINE, total) != 0)
        abort();
    memset(memory, 0, total);
    return memory;
}

static int check_slot(const struct measure_plan *plan, int index, struct dli_error *err)
{
    const struct measure_slot *slot = &plan->slot[index];
    if (!slot->backend || !slot->context || !slot->request)
        return dli_fail(err, DLI_E_ARG, "slot %d: no backend, context or request", index);
    if (slot->lane < 0 || slot->lane >= plan->lane_count)
        return dli_fail(err, DLI_E_ARG, "slot %d: lane %d of %d", index, slot->lane,
                        plan->lane_count);
    if (slot->request->input_count > 0 && (slot->set_count < 1 || !slot->set))
        return dli_fail(err, DLI_E_ARG, "slot %d: no inputs prepared", index);
    return DLI_OK;
}

static int check_plan(const struct measure_plan *plan, struct dli_error *err)
{
    bool is_used[MEASURE_MAX_LANES] = {false};
    if (plan->lane_count < 1 || plan->lane_count > MEASURE_MAX_LANES || plan->slot_count < 1)
        return dli_fail(err, DLI_E_ARG, "measure: %d lanes with %d requests; 1 … %d lanes allowed",
                        plan->lane_count, plan->slot_count, MEASURE_MAX_LANES);
    if (!(plan->precision_frac > 0 && plan->precision_frac < 1) ||
        !(plan->confidence_frac > 0 && plan->confidence_frac < 1))
        return dli_fail(err, DLI_E_ARG, "measure: precision and confidence must lie in (0, 1)");
    if (plan->target == MEASURE_MEDIAN && plan->lane_count > 1)
        return dli_fail(err, DLI_E_ARG,
                        "measure: several lanes can be stopped by their throughput only");
    for (int i = 0; i < plan->slot_count; i++) {
        int code = check_slot(plan, i, err);
        if (code < 0)
            return code;
        is_used[plan->slot[i].lane] = true;
    }
    for (int i = 0; i < plan->lane_count; i++)
        if (!is_used[i])
            return dli_fail(err, DLI_E_ARG, "measure: lane %d has no request", i);
    return DLI_OK;
}

static void set_up_lanes(struct measure *measure)
{
    const struct measure_plan *plan = &measure->plan;
    int filled = 0;
    for (int l = 0; l < plan->lane_count; l++) {
        struct lane *lane = &measure->lane[l];
        int first = filled;
        for (int i = 0; i < plan->slot_count; i++)
            if (plan->slot[i].lane == l)
                measure->flight_of_lane[filled++] = &measure->flight[i];
        lane->index = l;
        lane->is_application = plan->timing == MEASURE_APPLICATION;
        lane->course = &measure->course[l];
        lane->course->slot_count = filled - first;
        lane_init(lane, measure->flight_of_lane + first, filled - first);
    }
}

int measure_open(struct measure **out, const struct measure_plan *plan, struct dli_error *err)
{
    *out = NULL;
    int code = check_plan(plan, err);
    if (code < 0)
        return code;
    struct measure *measure = allocate_lines(1, sizeof(*measure));
    size_t lanes = (size_t)plan->lane_count;
    size_t slots = (size_t)plan->slot_count;
    measure->plan = *plan;
    measure->course = allocate_lines(lanes, sizeof(struct course));
    measure->lane = allocate_lines(lanes, sizeof(struct lane));
    measure->flight = allocate_lines(slots, sizeof(struct flight));
    measure->flight_of_lane = xcalloc(slots, sizeof(struct flight *));
    pthread_mutex_init(&measure->lock, NULL);
    pthread_cond_init(&measure->changed, NULL);
    for (int i = 0; i < plan->slot_count; i++) {
        measure->flight[i].slot = &plan->slot[i];
        plan->slot[i].request->core = &measure->flight[i].cell;
    }
    control_init(&measure->control, &measure->plan, measure->course);
    set_up_lanes(measure);
    *out = measure;
    return DLI_OK;
}

int measure_once(struct measure *measure, int slot, int set, struct measure_stamps *out,
                 struct dli_error *err)
{
    struct flight *flight = &measure->flight[slot];
    int code = lane_once(&measure->lane[flight->slot->lane], flight, set, err);
    *out = flight->stamps;
    return code;
}

struct lane_thread {
    struct measure *measure;
    struct lane *lane;
    pthread_t thread;
};

static void *run_lane_thread(void *data)
{
    struct lane_thread *thread = data;
    struct measure *measure = thread->measure;
    pthread_mutex_lock(&measure->lock);
    measure->waiting_count++;
    pthread_cond_broadcast(&measure->changed);
    while (!measure->is_going && !measure->is_abandoned)
        pthread_cond_wait(&measure->changed, &measure->lock);
    bool is_going = measure->is_going;
    pthread_mutex_unlock(&measure->lock);
    if (is_going)
        lane_run(thread->lane);
    return NULL;
}

// Lets the lanes' threads go once all `count` of them are there, or sends them home.
static void release_threads(struct measure *measure, int count, bool is_going)
{
    pthread_mutex_lock(&measure->lock);
    while (measure->waiting_count < count)
        pthread_cond_wait(&measure->changed, &measure->lock);
    if (is_going)
        control_begin(&measure->control);
    measure->is_going = is_going;
    measure->is_abandoned = !is_going;
    pthread_cond_broadcast(&measure->changed);
    pthread_mutex_unlock(&measure->lock);
}

static int run_lanes(struct measure *measure, struct dli_error *err)
{
    int lane_count = measure->plan.lane_count;
    struct lane_thread *thread = xcalloc((size_t)lane_count, sizeof(thread[0]));
    int started = 1;
    int failure = 0;
    while (started < lane_count && failure == 0) {
        struct lane_thread *next = &thread[started];
        *next = (struct lane_thread){.measure = measure, .lane = &measure->lane[started]};
        failure = pthread_create(&next->thread, NULL, run_lane_thread, next);
        started += failure == 0;
    }
    release_threads(measure, started - 1, failure == 0);
    if (failure == 0)
        lane_run(&measure->lane[0]);
    for (int i = 1; i < started; i++)
        pthread_join(thread[i].thread, NULL);
    free(thread);
    if (failure != 0)
        return dli_fail(err, DLI_E_IO, "cannot start thread %d of %d: %s", started, lane_count,
                        strerror(failure));
    return DLI_OK;
}

int measure_run(struct measure *measure, struct measure_result *result, struct dli_error *err)
{
    memset(result, 0, sizeof(*result));
    if (measure->has_run)
        return dli_fail(err, DLI_E_ARG, "measure_run: called twice");
    measure->has_run = true;
    for (int i = 0; i < measure->plan.lane_count; i++) {
        struct lane *lane = &measure->lane[i];
        int code = lane->is_application ? DLI_OK : lane_bind(lane, err);
        if (code < 0)
            return code;
    }
    int code = run_lanes(measure, err);
    if (code < 0)
        return code;
    for (int i = 0; i < measure->plan.lane_count; i++) {
        struct lane *lane = &measure->lane[i];
        result->busy_count += lane->busy_count;
        result->sleep_count += lane->ring.sleep_count;
        if (lane->code < 0 && code == DLI_OK) {
            code = lane->code;
            if (err)
                *err = lane->err;
        }
    }
    result_derive(result, &measure->control);
    if (code < 0)
        result->stop = MEASURE_STOP_ERROR;
    return code;
}

void measure_close(struct measure *measure)
{
    if (!measure)
        return;
    for (int i = 0; i < measure->plan.slot_count; i++)
        measure->flight[i].slot->request->core = NULL;
    for (int i = 0; i < measure->plan.lane_count; i++)
        lane_release(&measure->lane[i]);
    control_release(&measure->control);
    pthread_cond_destroy(&measure->changed);
    pthread_mutex_destroy(&measure->lock);
    free(measure->flight_of_lane);
    free(measure->flight);
    free(measure->lane);
    free(measure->course);
    free(measure);
}

void measure_result_release(struct measure_result *result)
{
    histogram_release(&result->latency);
    histogram_release(&result->copy_in);
    histogram_release(&result->infer);
    histogram_release(&result->copy_out);
    free(result->sample);
    *result = (struct measure_result){0};
}

const char *measure_stop_name(enum measure_stop stop)
{
    static const char *const names[] = {"precision", "time", "iterations", "fixed", "error"};
    return names[stop];
}

/**
 * control.h - the course of a run that its lanes share: warm-up, window, end.
 *
 * Lanes read one word per request and act only when it has changed or a limit of their own is
 * reached. The word holds the phase and, in its upper bits, a number that lane 0 raises when it wants
 * every lane to post its series for a check of the stop rule; no lane ever waits for another.
 * With one lane everything happens in that lane.
 */
#ifndef MEASURE_CONTROL_H
#define MEASURE_CONTROL_H

#include <stdatomic.h>

#include "measure/measure.h"
#include "measure/recorder.h"
#include "measure/ring.h"

/** Only bits are ever added: WARMUP -> WINDOW -> CLOSED, or straight to CLOSED. */
enum phase { PHASE_WARMUP = 0, PHASE_WINDOW = 1, PHASE_CLOSED = 3, PHASE_MASK = 3, POST_STEP = 4 };

/** A lane's part in the course of the run; written by the lane alone unless said. */
struct course {
    struct control *control;
    unsigned word; /**< as last seen */
    enum phase phase;
    bool is_settled;
    bool is_limited;      /**< several lanes share a limit of iterations */
    int64_t slot_count;   /**< requests that the lane keeps in flight */
    int64_t refill_count; /**< completions still to come before the window opens */
    int64_t next_count;   /**< look again when so many are recorded … */
    int64_t next_ns;      /**< … or at this time */
    int64_t warmup_count;
    int64_t tail_count;
    int64_t last_ns; /**< last counted completion */
    struct recorder recorder; /**< of the warm-up, then of the window */
    struct blocks posted;   /**< copy for lane 0, valid once counted in control->posted_count */
};

struct control {
    _Alignas(CACHE_LINE) _Atomic unsigned word;
    _Alignas(CACHE_LINE) _Atomic int settled_count;
    _Atomic int posted_count;
    _Atomic bool is_closing;
    _Atomic int64_t shared_count; /**< completions in the window of all lanes; only with a limit */
    const struct measure_plan *plan;
    int64_t (*now_ns)(void); /**< clock_now_ns; tests put their own in after control_init */
    double step_ns;          /**< of that clock */
    int lane_count;
    struct course *course; /**< by lane */
    bool is_awaiting_posts; /**< lane 0 */
    bool was_precise;       /**< at the check before */
    _Atomic bool is_unsettled;
    int64_t begin_ns; /**< of the warm-up */
    int64_t start_ns; /**< of the window; read by others after they have seen PHASE_WINDOW */
    int64_t end_ns;
    enum measure_stop stop;
};

void control_init(struct control *control, const struct measure_plan *plan, struct course *course);
void control_release(struct control *control);

/** Begins the warm-up, or the window when there is none; before the lanes run. */
void control_begin(struct control *control);

/** Ends the run in every lane; the first caller's reason and time count. */
void control_close(struct control *control, enum measure_stop stop, int64_t end_ns);

/** The rare parts of course_count: another phase or a shared limit; a look at the stop rule. */
bool course_obey(struct course *course, int64_t latency_ns, int64_t end_ns);
void course_look(struct course *course, int64_t end_ns);

/** Everything that a completed request means for the run. True when it was counted in the window. */
static inline bool course_count(struct course *course, int64_t latency_ns, int64_t end_ns)
{
    unsigned word = atomic_load_explicit(&course->control->word, memory_order_acquire);
    bool is_plain = word == course->word && course->phase == PHASE_WINDOW && !course->is_limited;
    if (__builtin_expect(!is_plain, 0))
        return course_obey(course, latency_ns, end_ns);
    recorder_add(&course->recorder, latency_ns, end_ns);
    course->last_ns = end_ns;
    bool is_due = (int64_t)course->recorder.latency.count >= course->next_count ||
                  end_ns >= course->next_ns;
    if (__builtin_expect(is_due, 0))
        course_look(course, end_ns);
    return true;
}

#endif

#include "measure/loop.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "measure/control.h"
#include "measure/result.h"

struct loop {
    struct control control;
    struct course course;
    struct measure_plan plan;
    int64_t issue_ns;
    bool is_begun;
    bool is_over;
};

int loop_open(struct loop **out, const struct measure_plan *plan, struct dli_error *err)
{
    *out = NULL;
    if (!(plan->precision_frac > 0 && plan->precision_frac < 1) ||
        !(plan->confidence_frac > 0 && plan->confidence_frac < 1))
        return dli_fail(err, DLI_E_ARG, "loop: precision and confidence must lie in (0, 1)");
    struct loop *loop = aligned_alloc(CACHE_LINE, sizeof(*loop));
    if (!loop)
        return dli_fail(err, DLI_E_NOMEM, "no memory for a loop");
    memset(loop, 0, sizeof(*loop));
    loop->plan = *plan;
    loop->plan.lane_count = 1;
    loop->plan.target = MEASURE_MEDIAN;
    loop->plan.timing = MEASURE_INFERENCE; // nothing tells the phases of an iteration apart
    loop->course.slot_count = 1;
    control_init(&loop->control, &loop->plan, &loop->course);
    *out = loop;
    return DLI_OK;
}

static bool is_closed(const struct loop *loop)
{
    unsigned word = atomic_load_explicit(&loop->control.word, memory_order_relaxed);
    return (word & PHASE_MASK) == PHASE_CLOSED;
}

bool loop_next(struct loop *loop)
{
    int64_t end_ns = clock_now_ns();
    if (loop->is_over)
        return false;
    if (loop->is_begun) {
        course_count(&loop->course, end_ns - loop->issue_ns, end_ns);
        loop->is_over = is_closed(loop);
    } else {
        loop->is_begun = true;
        control_begin(&loop->control);
    }
    if (!loop->is_over)
        loop->issue_ns = clock_now_ns();
    return !loop->is_over;
}

void loop_finish(struct loop *loop, struct measure_result *result)
{
    memset(result, 0, sizeof(*result));
    if (!loop->is_begun)
        control_begin(&loop->control);
    if (!loop->is_over)
        control_close(&loop->control, MEASURE_STOP_ERROR, clock_now_ns());
    loop->is_over = true;
    result_derive(result, &loop->control);
}

void loop_close(struct loop *loop)
{
    if (!loop)
        return;
    control_release(&loop->control);
    free(loop);
}

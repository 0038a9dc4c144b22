#include "measure/lane.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strbuf.h"

// How long a runtime that must be pumped is left to itself, and how long a busy one with nothing in
// flight is left alone.
static const int64_t POLL_NS = 100 * NS_PER_US;
static const int64_t BUSY_NS = 50 * NS_PER_US;

void lane_init(struct lane *lane, struct flight **flight, int flight_count)
{
    lane->scenario = &scenario_closed;
    lane->flight = flight;
    lane->flight_count = flight_count;
    lane->cell = xcalloc((size_t)flight_count, sizeof(struct cell *));
    lane->idle = xcalloc((size_t)flight_count, sizeof(lane->idle[0]));
    for (int i = 0; i < flight_count; i++) {
        lane->cell[i] = &flight[i]->cell;
        lane->idle[i] = i;
    }
    lane->idle_count = flight_count;
    ring_init(&lane->ring, lane->cell, flight_count);
}

void lane_release(struct lane *lane)
{
    ring_release(&lane->ring);
    free(lane->cell);
    free(lane->idle);
}

static inline int hand_inputs(const struct measure_slot *slot, int set, struct dli_error *err)
{
    struct dli_request *request = slot->request;
    for (int i = 0; i < request->input_count; i++) {
        const void *data = slot->set[set].data[i];
        size_t bytes = request->input[i].bytes;
        if (slot->backend->set_input) {
            int code = slot->backend->set_input(slot->context, request, i, data, bytes, err);
            if (code < 0)
                return code;
        } else {
            memcpy(request->input[i].data, data, bytes);
        }
    }
    return DLI_OK;
}

static inline int fetch_outputs(const struct measure_slot *slot, struct dli_error *err)
{
    struct dli_request *request = slot->request;
    for (int i = 0; i < request->output_count && slot->output; i++) {
        size_t capacity = slot->output_capacity[i];
        if (slot->backend->get_output) {
            int code = slot->backend->get_output(slot->context, request, i, slot->output[i],
                                                 capacity, err);
            if (code < 0)
                return code;
            continue;
        }
        const struct dli_tensor *tensor = &request->output[i];
        if (tensor->bytes > capacity || (tensor->bytes > 0 && !tensor->data))
            return dli_fail(err, DLI_E_ARG, "output %d: %zu bytes do not fit into %zu", i,
                            tensor->bytes, capacity);
        if (tensor->bytes > 0)
            memcpy(slot->output[i], tensor->data, tensor->bytes);
    }
    return DLI_OK;
}

static int breach(const struct flight *flight, struct dli_error *err)
{
    return dli_fail(err, DLI_E_PROTOCOL,
                    "request %d: the backend completed a request that was not pending (twice, or "
                    "after submit had returned its result)",
                    flight->slot->request->index);
}

// Stamps, hands over, submits: enum dli_submit_result or a negative code.
static inline int issue(const struct scenario *scenario, struct flight *flight, bool is_application,
                        struct dli_error *err)
{
    const struct measure_slot *slot = flight->slot;
    struct measure_stamps *stamps = &flight->stamps;
    stamps->issue_ns = clock_now_ns();
    stamps->due_ns = scenario->due_ns(scenario->state, stamps->issue_ns);
    if (is_application) {
        int code = hand_inputs(slot, flight->next_set, err);
        if (code < 0)
            return code;
        stamps->handed_ns = clock_now_ns();
    }
    flight->cell.state = CELL_ISSUED;
    int result = slot->backend->submit(slot->context, slot->request, err);
    if (__builtin_expect(result == DLI_DONE, 1))
        stamps->done_ns = clock_now_ns();
    if (result == DLI_PENDING)
        return result;
    flight->cell.state = CELL_IDLE;
    if (result > DLI_BUSY)
        return dli_fail(err, DLI_E_PROTOCOL, "submit returned %d, which means nothing", result);
    return result;
}

// Fetches the outputs of a request whose done stamp is there and makes it idle.
static inline int finish(struct flight *flight, bool is_application, struct dli_error *err)
{
    struct measure_stamps *stamps = &flight->stamps;
    stamps->fetched_ns = stamps->done_ns;
    if (!is_application) {
        stamps->handed_ns = stamps->issue_ns;
        return DLI_OK;
    }
    int code = fetch_outputs(flight->slot, err);
    stamps->fetched_ns = clock_now_ns();
    flight->next_set = flight->next_set + 1 < flight->slot->set_count ? flight->next_set + 1 : 0;
    return code;
}

// Takes the stamp and the status that the completing thread left.
static int accept(struct flight *flight, struct dli_error *err)
{
    struct cell *cell = &flight->cell;
    cell->state = CELL_IDLE;
    if (cell->done_ns < flight->stamps.issue_ns)
        return breach(flight, err); // a second completion of the request's life before
    flight->stamps.done_ns = cell->done_ns;
    if (cell->status < 0)
        return dli_fail(err, cell->status, "request %d: the framework reported %s",
                        flight->slot->request->index, dli_code_name(cell->status));
    return DLI_OK;
}

// Waits for a completion in the way the runtime wants: `*index` as from ring_wait.
static int await(struct lane *lane, int *index, int64_t timeout_ns, struct dli_error *err)
{
    if (!lane->flight[0]->slot->backend->poll) {
        *index = ring_wait(&lane->ring, timeout_ns);
        return DLI_OK;
    }
    int64_t start_ns = clock_now_ns();
    for (;;) {
        *index = ring_take(&lane->ring);
        if (*index != RING_EMPTY || (timeout_ns >= 0 && clock_now_ns() - start_ns >= timeout_ns))
            return DLI_OK;
        const struct measure_slot *slot = lane->flight[lane->poll_next]->slot;
        lane->poll_next = lane->poll_next + 1 < lane->flight_count ? lane->poll_next + 1 : 0;
        int code = slot->backend->poll(slot->context, POLL_NS, err);
        if (code < 0)
            return code;
    }
}

// The flight whose completion arrived in `*out`, NULL if none within the time; 0 or a code.
static int next_completed(struct lane *lane, struct flight **out, int64_t timeout_ns,
                          struct dli_error *err)
{
    int index;
    *out = NULL;
    int code = await(lane, &index, timeout_ns, err);
    if (code < 0 || index == RING_EMPTY)
        return code;
    if (index == RING_BREACH)
        return breach(lane->flight[0], err);
    *out = lane->flight[index];
    return accept(*out, err);
}

static bool is_closed(const struct lane *lane)
{
    unsigned word = atomic_load_explicit(&lane->course->control->word, memory_order_relaxed);
    return (word & PHASE_MASK) == PHASE_CLOSED;
}

static inline void record(struct lane *lane, const struct flight *flight, bool is_application)
{
    const struct measure_stamps *stamps = &flight->stamps;
    int64_t end_ns = stamps->fetched_ns;
    if (course_count(lane->course, end_ns - stamps->due_ns, end_ns) && is_application)
        recorder_add_phases(&lane->course->recorder, stamps);
}

// A runtime that takes nothing although nothing of this lane is in flight: pump it, or wait a
// little.
static int wait_while_busy(struct lane *lane, struct dli_error *err)
{
    struct flight *none;
    lane->busy_count++;
    int code = next_completed(lane, &none, BUSY_NS, err);
    if (code == DLI_OK && none)
        return breach(none, err);
    return code;
}

static inline int run_single(struct lane *lane, bool is_application, struct dli_error *err)
{
    struct flight *flight = lane->flight[0];
    while (!is_closed(lane)) {
        if (__builtin_expect(ring_take(&lane->ring) != RING_EMPTY, 0))
            return breach(flight, err);
        int code = issue(lane->scenario, flight, is_application, err);
        if (__builtin_expect(code != DLI_DONE, 0)) {
            if (code == DLI_BUSY) {
                code = wait_while_busy(lane, err);
                if (code < 0)
                    return code;
                continue;
            }
            if (code == DLI_PENDING)
                code = next_completed(lane, &flight, -1, err);
            if (code < 0)
                return code;
        }
        code = finish(flight, is_application, err);
        if (code < 0)
            return code;
        record(lane, flight, is_application);
    }
    return DLI_OK;
}

static void push_idle(struct lane *lane, int index)
{
    int place = lane->idle_first + lane->idle_count;
    lane->idle[place < lane->flight_count ? place : place - lane->flight_count] = index;
    lane->idle_count++;
}

static void pop_idle(struct lane *lane)
{
    lane->idle_first = lane->idle_first + 1 < lane->flight_count ? lane->idle_first + 1 : 0;
    lane->idle_count--;
}

static int finish_and_record(struct lane *lane, struct flight *flight, struct dli_error *err)
{
    int code = finish(flight, lane->is_application, err);
    push_idle(lane, flight->cell.index);
    if (code == DLI_OK)
        record(lane, flight, lane->is_application);
    return code;
}

// Issues the request that has been free longest. `*is_busy` when the runtime would not take it.
static int issue_next(struct lane *lane, bool *is_busy, struct dli_error *err)
{
    struct flight *flight = lane->flight[lane->idle[lane->idle_first]];
    int code = issue(lane->scenario, flight, lane->is_application, err);
    *is_busy = code == DLI_BUSY;
    if (code == DLI_BUSY) {
        // Others in flight: one of them will make room. Otherwise only time can.
        lane->busy_count += lane->in_flight > 0;
        return lane->in_flight > 0 ? DLI_OK : wait_while_busy(lane, err);
    }
    if (code < 0)
        return code;
    pop_idle(lane);
    if (code == DLI_PENDING) {
        lane->in_flight++;
        return DLI_OK;
    }
    return finish_and_record(lane, flight, err);
}

static int take_one(struct lane *lane, int64_t timeout_ns, struct dli_error *err)
{
    struct flight *flight;
    int code = next_completed(lane, &flight, timeout_ns, err);
    if (!flight)
        return code;
    lane->in_flight--;
    if (code < 0) {
        push_idle(lane, flight->cell.index);
        return code;
    }
    return finish_and_record(lane, flight, err);
}

static int run_many(struct lane *lane, struct dli_error *err)
{
    while (!is_closed(lane)) {
        bool is_busy = false;
        int code = lane->idle_count > 0 ? issue_next(lane, &is_busy, err) : DLI_OK;
        // With free requests left only look whether something has come; else wait for it.
        bool must_wait = lane->idle_count == 0 || is_busy;
        if (code == DLI_OK && lane->in_flight > 0)
            code = take_one(lane, must_wait ? -1 : 0, err);
        if (code < 0)
            return code;
    }
    return DLI_OK;
}

// Awaits what is still in flight; the run is closed, so it counts as tail at most.
static void drain(struct lane *lane)
{
    struct dli_error ignored;
    for (int i = 0; i < lane->flight_count && lane->in_flight > 0; i++) {
        const struct measure_slot *slot = lane->flight[i]->slot;
        bool is_new = i == 0 || slot->context != lane->flight[i - 1]->slot->context;
        if (is_new && slot->backend->drain && slot->backend->drain(slot->context, &ignored) < 0)
            break;
    }
    while (lane->in_flight > 0) {
        int before = lane->in_flight;
        int code = take_one(lane, -1, lane->code < 0 ? &ignored : &lane->err);
        if (lane->code == DLI_OK)
            lane->code = code;
        // Nothing will come any more where the contract is broken or pumping fails.
        if (code == DLI_E_PROTOCOL || lane->in_flight == before)
            return;
    }
}

int lane_bind(struct lane *lane, struct dli_error *err)
{
    for (int i = 0; i < lane->flight_count; i++) {
        int code = hand_inputs(lane->flight[i]->slot, 0, err);
        if (code < 0)
            return code;
    }
    return DLI_OK;
}

void lane_run(struct lane *lane)
{
    int code;
    if (lane->flight_count > 1)
        code = run_many(lane, &lane->err);
    else if (lane->is_application)
        code = run_single(lane, true, &lane->err);
    else
        code = run_single(lane, false, &lane->err);
    lane->code = code;
    if (code < 0)
        control_close(lane->course->control, MEASURE_STOP_ERROR, clock_now_ns());
    if (code != DLI_E_PROTOCOL)
        drain(lane);
    if (lane->code == DLI_OK && ring_take(&lane->ring) != RING_EMPTY)
        lane->code = breach(lane->flight[0], &lane->err);
}

int lane_once(struct lane *lane, struct flight *flight, int set, struct dli_error *err)
{
    int code;
    flight->next_set = set;
    while ((code = issue(lane->scenario, flight, true, err)) == DLI_BUSY)
        if ((code = wait_while_busy(lane, err)) < 0)
            return code;
    if (code == DLI_PENDING) {
        struct flight *done;
        code = next_completed(lane, &done, -1, err);
        if (code == DLI_OK && done != flight)
            return breach(flight, err);
    }
    if (code < 0)
        return code;
    code = finish(flight, true, err);
    flight->next_set = 0;
    return code;
}

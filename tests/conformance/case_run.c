// Cases that run inferences: right results, alone, in flight, on several threads and in two
// contexts.
#include <pthread.h>

#include "cases.h"

// Frameworks reorder sums and use other kernels; f32 models this small agree far better than this.
#define TOLERANCE_FRAC 1e-3
#define ROUNDS 50

static int expect(const struct sample *sample, int item, const struct dli_tensor *output,
                  struct dli_error *err)
{
    double error = sample_error(sample, item, output);
    if (error <= TOLERANCE_FRAC)
        return DLI_OK;
    return dli_fail(err, DLI_E_MISMATCH,
                    "outputs of item %d differ by %g of their largest value (%zu bytes)", item,
                    error, output->bytes);
}

static int same_port(const struct dli_tensor_desc *a, const struct dli_tensor_desc *b,
                     struct dli_error *err)
{
    bool is_same = a->type == b->type && a->rank == b->rank;
    for (int d = 0; is_same && d < a->rank; d++)
        is_same = a->dim[d] == b->dim[d];
    return is_same ? DLI_OK
                   : dli_fail(err, DLI_E_MISMATCH,
                              "port '%s' is not as in the model (rank %d, first dimension %lld)",
                              a->name, a->rank, (long long)a->dim[0]);
}

static int start(struct session *s, const struct subject *subject, bool is_async, int requests,
                 struct dli_error *err)
{
    int rc = session_open(s, subject, is_async, err);
    if (rc == DLI_OK)
        rc = session_load(s, subject->sample->path, subject->sample->format, NULL, err);
    if (rc == DLI_OK && (s->io.input_count != 1 || s->io.output_count != 1))
        rc = dli_fail(err, DLI_E_MISMATCH, "%d inputs and %d outputs, not one each",
                      s->io.input_count, s->io.output_count);
    if (rc == DLI_OK)
        rc = same_port(&s->io.input[0], &subject->sample->io.input[0], err);
    if (rc == DLI_OK)
        rc = same_port(&s->io.output[0], &subject->sample->io.output[0], err);
    return rc ? rc : session_make_requests(s, requests, err);
}

static int run_item(struct session *s, const struct sample *sample, int request, int item,
                    struct dli_error *err)
{
    int rc = session_set_input(s, request, 0, sample->input[item], err);
    if (rc == DLI_OK)
        rc = session_run(s, request, err);
    return rc ? rc : expect(sample, item, &s->output[request][0], err);
}

int case_agreement(const struct subject *subject, struct dli_error *err)
{
    struct session s;
    int rc = start(&s, subject, false, 1, err);
    // The first item again at the end: nothing may be left over from the others.
    for (int i = 0; rc == DLI_OK && i <= SAMPLE_ITEMS; i++)
        rc = run_item(&s, subject->sample, 0, i % SAMPLE_ITEMS, err);
    session_close(&s);
    return rc;
}

static int submit_all(struct session *s, const struct sample *sample, int round,
                      struct dli_error *err)
{
    int pending = 0;
    for (int r = 0; r < SESSION_REQUESTS; r++) {
        int rc = session_set_input(s, r, 0, sample->input[(r + round) % SAMPLE_ITEMS], err);
        if (rc == DLI_OK)
            rc = s->backend->submit(&s->ctx, &s->request[r], err);
        if (rc == DLI_BUSY)
            rc = dli_fail(err, DLI_E_PROTOCOL, "busy with %d of %d announced requests", r,
                          SESSION_REQUESTS);
        if (rc < 0)
            return rc;
        pending += rc == DLI_PENDING;
    }
    for (int i = 0; i < pending; i++)
        sem_wait(&s->completed);
    return pending;
}

int case_in_flight(const struct subject *subject, struct dli_error *err)
{
    struct session s;
    int expected = 0;
    int rc = start(&s, subject, true, SESSION_REQUESTS, err);
    for (int round = 0; rc >= 0 && round < ROUNDS; round++) {
        rc = submit_all(&s, subject->sample, round, err);
        expected += rc > 0 ? rc : 0;
        for (int r = 0; rc >= 0 && r < SESSION_REQUESTS; r++) {
            int wrong = expect(subject->sample, (r + round) % SAMPLE_ITEMS, &s.output[r][0], err);
            rc = wrong ? wrong : rc;
        }
    }
    if (rc >= 0 && s.backend->drain)
        rc = s.backend->drain(&s.ctx, err);
    int seen = 0;
    for (int r = 0; r < SESSION_REQUESTS; r++)
        seen += atomic_load(&s.completions[r]);
    if (rc >= 0 && (seen != expected || atomic_load(&s.failures) > 0))
        rc = dli_fail(err, DLI_E_PROTOCOL,
                      "%d requests were pending, complete was called %d times, %d failed", expected,
                      seen, atomic_load(&s.failures));
    if (rc >= 0 && session_capabilities(&s) & DLI_CAP_ASYNC && expected == 0)
        rc = dli_fail(err, DLI_E_PROTOCOL,
                      "says it is asynchronous, but no request was ever pending");
    session_close(&s);
    return rc < 0 ? rc : DLI_OK;
}

/** One thread of case_concurrent: its own request, again and again. */
struct runner {
    struct session *s;
    const struct sample *sample;
    int request;
    int rc;
    struct dli_error err;
};

static void *run_loop(void *data)
{
    struct runner *runner = data;
    for (int i = 0; runner->rc == DLI_OK && i < ROUNDS; i++)
        runner->rc = run_item(runner->s, runner->sample, runner->request,
                              (runner->request + i) % SAMPLE_ITEMS, &runner->err);
    return NULL;
}

int case_concurrent(const struct subject *subject, struct dli_error *err)
{
    struct session s;
    struct runner runner[SESSION_REQUESTS] = {0};
    pthread_t thread[SESSION_REQUESTS];
    int rc = start(&s, subject, false, SESSION_REQUESTS, err);
    int started = 0;
    // Without the capability there is nothing to promise, and nothing to try.
    bool is_capable = rc == DLI_OK && session_capabilities(&s) & DLI_CAP_CONCURRENT;
    for (; is_capable && started < SESSION_REQUESTS; started++) {
        runner[started] = (struct runner){.s = &s, .sample = subject->sample, .request = started};
        if (pthread_create(&thread[started], NULL, run_loop, &runner[started]))
            break;
    }
    for (int i = 0; i < started; i++) {
        pthread_join(thread[i], NULL);
        if (runner[i].rc && rc == DLI_OK) {
            rc = runner[i].rc;
            *err = runner[i].err;
        }
    }
    session_close(&s);
    return rc;
}

int case_two_contexts(const struct subject *subject, struct dli_error *err)
{
    struct session first;
    struct session second;
    if (!(subject->backend->capabilities & DLI_CAP_CONTEXTS))
        return DLI_OK;
    int rc = start(&first, subject, false, 1, err);
    int rc_second = start(&second, subject, false, 1, rc ? NULL : err);
    rc = rc ? rc : rc_second;
    for (int i = 0; rc == DLI_OK && i < SAMPLE_ITEMS; i++) {
        rc = run_item(&first, subject->sample, 0, i, err);
        if (rc == DLI_OK)
            rc = run_item(&second, subject->sample, 0, SAMPLE_ITEMS - 1 - i, err);
    }
    session_close(&second);
    // The first must live on without the second.
    if (rc == DLI_OK)
        rc = run_item(&first, subject->sample, 0, 0, err);
    session_close(&first);
    return rc;
}

int case_reshape(const struct subject *subject, struct dli_error *err)
{
    struct session s;
    struct dli_io wanted = subject->sample->io;
    if (!(subject->backend->capabilities & DLI_CAP_RESHAPE))
        return DLI_OK;
    wanted.input[0].dim[0] *= 2;
    int rc = session_open(&s, subject, false, err);
    if (rc == DLI_OK)
        rc = session_load(&s, subject->sample->path, subject->sample->format, &wanted, err);
    if (rc == DLI_E_UNSUPPORTED && err->text[0]) {
        // A framework that cannot change this model's batch says so: a result, not a fault.
        session_close(&s);
        return DLI_OK;
    }
    if (rc == DLI_OK)
        rc = same_port(&s.io.input[0], &wanted.input[0], err);
    if (rc == DLI_OK && s.io.output[0].dim[0] != 2 * subject->sample->io.output[0].dim[0])
        rc = dli_fail(err, DLI_E_MISMATCH, "the output's batch did not follow: %lld",
                      (long long)s.io.output[0].dim[0]);
    rc = rc ? rc : session_make_requests(&s, 1, err);
    if (rc == DLI_OK) {
        size_t bytes = subject->sample->input_count * sizeof(float);
        // Two items behind each other in one batch: each half is judged by itself.
        memcpy(s.input[0][0].data, subject->sample->input[0], bytes);
        memcpy((char *)s.input[0][0].data + bytes, subject->sample->input[1], bytes);
        rc = session_run(&s, 0, err);
    }
    for (int half = 0; rc == DLI_OK && half < 2; half++) {
        struct dli_tensor part = s.output[0][0];
        part.bytes /= 2;
        part.data = (char *)part.data + (size_t)half * part.bytes;
        rc = expect(subject->sample, half, &part, err);
    }
    session_close(&s);
    return rc;
}

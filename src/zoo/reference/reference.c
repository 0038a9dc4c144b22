#include "zoo/reference/reference.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "zoo/reference/math.h"

enum { MAX_THREADS = 64 };

struct crew {
    atomic_llong next;
    int64_t part_count;
    void (*run)(int64_t part, void *data);
    void *data;
};

static void *work(void *memory)
{
    struct crew *crew = memory;
    for (;;) {
        int64_t part = atomic_fetch_add(&crew->next, 1);
        if (part >= crew->part_count)
            return NULL;
        crew->run(part, crew->data);
    }
}

void reference_parallel(int64_t part_count, int thread_count, void (*run)(int64_t, void *),
                        void *data)
{
    pthread_t thread[MAX_THREADS];
    struct crew crew = {0, part_count, run, data};
    int started = 0;
    int helpers = thread_count > MAX_THREADS ? MAX_THREADS : thread_count;
    // A thread that cannot be started is only missing hands: this one does the work.
    while (started < helpers - 1 && started + 1 < part_count &&
           pthread_create(&thread[started], NULL, work, &crew) == 0)
        started++;
    work(&crew);
    for (int i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
}

typedef void (*step_fn)(const struct reference_step *step);

static step_fn step_of(enum graph_op op)
{
    switch (op) {
    case OP_CONV:
        return reference_conv;
    case OP_GEMM:
    case OP_MATMUL:
        return reference_matrix;
    case OP_MAX_POOL:
    case OP_AVERAGE_POOL:
    case OP_GLOBAL_AVERAGE_POOL:
        return reference_pool;
    case OP_BATCH_NORM:
    case OP_LAYER_NORM:
    case OP_LP_NORM:
    case OP_LRN:
    case OP_SOFTMAX:
        return reference_normalise;
    case OP_CONCAT:
    case OP_SLICE:
    case OP_RESHAPE:
    case OP_TRANSPOSE:
    case OP_GATHER:
    case OP_EXPAND:
        return reference_move;
    default:
        return reference_pointwise;
    }
}

struct run {
    const struct graph *graph;
    float **data; // by value index; owned where is_owned
    bool *is_owned;
    int *uses_left;
};

static int allocate(float **out, const struct graph_value *value, struct dli_error *err)
{
    size_t bytes = (size_t)graph_elements(value) * sizeof(float);
    *out = malloc(bytes ? bytes : 1);
    if (!*out)
        return dli_fail(err, DLI_E_NOMEM, "reference: no memory for %zu bytes of '%s'", bytes,
                        value->name);
    return DLI_OK;
}

static void release_value(struct run *run, const struct graph_value *value)
{
    if (run->is_owned[value->index])
        free(run->data[value->index]);
    run->data[value->index] = NULL;
    run->is_owned[value->index] = false;
}

enum { FILL_CHUNK = 1 << 16 };

struct fill {
    const struct graph *graph;
    const struct graph_value *weight;
    float *out;
};

static void fill_part(int64_t part, void *data)
{
    const struct fill *fill = data;
    int64_t first = part * FILL_CHUNK, left = graph_elements(fill->weight) - first;
    graph_fill_f32(fill->graph, fill->weight, fill->out + first, first,
                   left < FILL_CHUNK ? left : FILL_CHUNK);
}

static int make_weight(struct run *run, const struct graph_value *weight, int thread_count,
                       struct dli_error *err)
{
    float **out = &run->data[weight->index];
    int result = allocate(out, weight, err);
    if (result != DLI_OK)
        return result;
    struct fill fill = {run->graph, weight, *out};
    run->is_owned[weight->index] = true;
    reference_parallel((graph_elements(weight) + FILL_CHUNK - 1) / FILL_CHUNK, thread_count,
                       fill_part, &fill);
    return DLI_OK;
}

static int run_node(struct run *run, const struct graph_node *node, int thread_count,
                    struct dli_error *err)
{
    const float *x[GRAPH_MAX_NODE_INPUTS] = {NULL};
    int result = DLI_OK;
    for (int i = 0; i < node->input_count && result == DLI_OK; i++) {
        const struct graph_value *value = node->input[i];
        if (value->type != DLI_F32)
            continue;
        if (value->weight && !run->data[value->index])
            result = make_weight(run, value, thread_count, err);
        x[i] = run->data[value->index];
    }
    if (result == DLI_OK && !run->data[node->output->index]) {
        result = allocate(&run->data[node->output->index], node->output, err);
        run->is_owned[node->output->index] = result == DLI_OK;
    }
    if (result == DLI_OK) {
        struct reference_step step = {node, x, run->data[node->output->index], thread_count};
        step_of(node->op)(&step);
    }
    for (int i = 0; i < node->input_count; i++)
        if (--run->uses_left[node->input[i]->index] == 0)
            release_value(run, node->input[i]);
    return result;
}

int reference_run(const struct graph *graph, const float *const *input, float *const *output,
                  int thread_count, struct dli_error *err)
{
    size_t count = (size_t)graph->value_count;
    struct run run = {graph, xcalloc(count, sizeof(*run.data)),
                      xcalloc(count, sizeof(*run.is_owned)),
                      xcalloc(count, sizeof(*run.uses_left))};
    int result = DLI_OK;
    for (const struct graph_node *node = graph->first_node; node; node = node->next)
        for (int i = 0; i < node->input_count; i++)
            run.uses_left[node->input[i]->index]++;
    for (int i = 0; i < graph->input_count; i++)
        run.data[graph->input[i]->index] = (float *)input[i];
    for (int i = 0; i < graph->output_count; i++) {
        run.data[graph->output[i]->index] = output[i];
        run.uses_left[graph->output[i]->index]++; // the caller's memory stays
    }
    for (const struct graph_node *node = graph->first_node; node && result == DLI_OK;
         node = node->next)
        result = run_node(&run, node, thread_count, err);
    for (size_t i = 0; i < count; i++)
        if (run.is_owned[i])
            free(run.data[i]);
    free(run.data);
    free(run.is_owned);
    free(run.uses_left);
    return result;
}

#include "zoo/graph.h"

#include "base/random.h"

void graph_init(struct graph *graph, const char *name, uint64_t seed)
{
    memset(graph, 0, sizeof(*graph));
    graph->name = arena_strdup(&graph->arena, name);
    graph->seed = seed;
}

void graph_release(struct graph *graph)
{
    if (!graph)
        return;
    arena_release(&graph->arena);
    memset(graph, 0, sizeof(*graph));
}

const char *graph_op_name(enum graph_op op)
{
#define GRAPH_OPERATOR_NAME(id, name) name,
    static const char *const names[] = {GRAPH_OPERATORS(GRAPH_OPERATOR_NAME)};
#undef GRAPH_OPERATOR_NAME
    return names[op];
}

int64_t graph_elements(const struct graph_value *value)
{
    int64_t count = 1;
    for (int i = 0; i < value->rank; i++)
        count *= value->dim[i];
    return count;
}

int64_t graph_node_macs(const struct graph_node *node)
{
    const struct graph_value *a = node->input[0];
    const struct graph_value *b = node->input_count > 1 ? node->input[1] : NULL;
    int64_t outputs = graph_elements(node->output);
    switch (node->op) {
    case OP_CONV:
        return outputs * b->dim[1] * b->dim[2] * b->dim[3];
    case OP_GEMM:
    case OP_MATMUL:
        return outputs * a->dim[a->rank - 1];
    default:
        return 0;
    }
}

static void describe(struct dli_tensor_desc *out, const struct graph_value *value)
{
    memset(out, 0, sizeof(*out));
    snprintf(out->name, sizeof(out->name), "%s", value->name);
    out->type = value->type;
    out->rank = value->rank;
    memcpy(out->dim, value->dim, sizeof(out->dim));
}

void graph_describe(const struct graph *graph, struct dli_io *out)
{
    memset(out, 0, sizeof(*out));
    out->input_count = graph->input_count;
    out->output_count = graph->output_count;
    for (int i = 0; i < graph->input_count; i++)
        describe(&out->input[i], graph->input[i]);
    for (int i = 0; i < graph->output_count; i++)
        describe(&out->output[i], graph->output[i]);
}

void graph_fill_f32(const struct graph *graph, const struct graph_value *weight, float *out, int64_t first, int64_t count)
{
    const struct weight *w = weight->weight;
    if (!w->values) {
        random_fill_f32(out, (size_t)count, random_key(graph->seed, weight->name), (uint64_t)first, w->low, w->high);
        return;
    }
    for (int64_t i = 0; i < count; i++)
        out[i] = (float)w->values[first + i];
}

void graph_fill_i64(const struct graph_value *weight, int64_t *out, int64_t first, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        out[i] = (int64_t)weight->weight->values[first + i];
}

static const struct graph_node *producer_of(const struct graph *graph, const struct graph_value *value)
{
    const struct graph_node *node = graph->first_node;
    for (int i = 0; value->producer >= 0 && i < value->producer; i++)
        node = node->next;
    return value->producer < 0 ? NULL : node;
}

// Parameters that a batch norm leaves behind when it is folded into the convolution before it: a bias
// where there was none; two per channel where no convolution comes before.
static int64_t folded_batch_norm(const struct graph *graph, const struct graph_node *node)
{
    int64_t channels = node->input[1]->dim[0];
    const struct graph_node *before = producer_of(graph, node->input[0]);
    bool is_folded = before && before->op == OP_CONV && before->output->use_count == 1;
    if (!is_folded)
        return 2 * channels;
    return before->input_count > 2 ? 0 : channels;
}

// gamma and beta, but for those that are fixed.
static int64_t batch_norm_parameters(const struct graph_node *node)
{
    int trained = (node->input[1]->weight->role == WEIGHT_SCALE) + (node->input[2]->weight->role == WEIGHT_SHIFT);
    return trained * node->input[1]->dim[0];
}

struct graph_counts graph_count(const struct graph *graph)
{
    struct graph_counts counts = {0};
    for (const struct graph_value *weight = graph->first_weight; weight; weight = weight->next) {
        int64_t elements = graph_elements(weight);
        enum weight_role role = weight->weight->role;
        bool is_statistic = role == WEIGHT_MEAN || role == WEIGHT_VARIANCE;
        counts.weight_bytes += elements * (int64_t)dli_type_bytes(weight->type);
        if (role == WEIGHT_CONSTANT)
            continue;
        counts.total += elements;
        counts.trainable += is_statistic ? 0 : elements;
    }
    counts.folded = counts.trainable;
    counts.trainable += graph->training_trainable;
    counts.total += graph->training_total;
    for (const struct graph_node *node = graph->first_node; node; node = node->next) {
        counts.macs += graph_node_macs(node);
        counts.activation_elements += graph_elements(node->output);
        if (node->op == OP_BATCH_NORM)
            counts.folded += folded_batch_norm(graph, node) - batch_norm_parameters(node);
    }
    return counts;
}

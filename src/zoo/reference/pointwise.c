// Element by element, and what only moves elements.
#include <math.h>

#include "zoo/reference/math.h"

// Elements that one part handles.
enum { CHUNK = 1 << 14 };

struct pointwise {
    const struct reference_step *step;
    int64_t count;
    int64_t run;      // binary operators: so many neighbours are read with fixed steps
    int64_t inner[2]; // 1: neighbours lie side by side, 0: one element is stretched over the run
    int64_t steps[2][DLI_MAX_RANK];
};

#define EACH(expression)                                                                           \
    for (int64_t i = 0; i < count; i++) {                                                          \
        double x = in[i];                                                                          \
        y[i] = (float)(expression);                                                                \
    }                                                                                              \
    break

static void apply(const struct graph_node *node, const float *in, float *y, int64_t count)
{
    double alpha = node->attribute.alpha, beta = node->attribute.beta;
    double low = 0, high = 1;
    switch (node->op) {
    case OP_RELU:
        EACH(x > 0 ? x : 0);
    case OP_CLIP:
        low = node->input[1]->weight->values[0];
        high = node->input[2]->weight->values[0];
        EACH(x < low ? low : x > high ? high : x);
    case OP_SIGMOID:
        EACH(1 / (1 + exp(-x)));
    case OP_LEAKY_RELU:
        EACH(x < 0 ? alpha * x : x);
    case OP_ELU:
        EACH(x < 0 ? alpha * expm1(x) : x);
    case OP_TANH:
        EACH(tanh(x));
    case OP_ERF:
        EACH(erf(x));
    case OP_HARD_SIGMOID:
        EACH(fmin(fmax(alpha * x + beta, low), high));
    case OP_HARD_SWISH:
        EACH(x * fmin(fmax(x / 6 + 0.5, low), high));
    default:
        break;
    }
}

static void unary_part(int64_t part, void *data)
{
    const struct pointwise *p = data;
    int64_t first = part * CHUNK, count = p->count - first < CHUNK ? p->count - first : CHUNK;
    apply(p->step->node, p->step->x[0] + first, p->step->y + first, count);
}

// Distance in elements between neighbours along each dimension of the result; 0 where `value` is
// stretched.
static void broadcast_steps(int64_t step[DLI_MAX_RANK], const struct graph_value *value,
                            const struct graph_value *out)
{
    int64_t distance = 1;
    for (int i = out->rank - 1, k = value->rank - 1; i >= 0; i--, k--) {
        bool is_stretched = k < 0 || value->dim[k] == 1;
        step[i] = is_stretched ? 0 : distance;
        distance *= k < 0 ? 1 : value->dim[k];
    }
}

static int64_t offset_of(int64_t index, const int64_t step[DLI_MAX_RANK],
                         const struct graph_value *out)
{
    int64_t offset = 0;
    for (int i = out->rank - 1; i >= 0; i--) {
        offset += index % out->dim[i] * step[i];
        index /= out->dim[i];
    }
    return offset;
}

// The longest end of the shape over which both operands are either dense or one element.
static void find_run(struct pointwise *p, const struct graph_value *out)
{
    bool is_known = false;
    p->run = 1;
    p->inner[0] = p->inner[1] = 1;
    for (int i = out->rank - 1; i >= 0; i--) {
        int64_t dense[2] = {p->steps[0][i] != 0, p->steps[1][i] != 0};
        if (out->dim[i] == 1)
            continue;
        if (is_known && (dense[0] != p->inner[0] || dense[1] != p->inner[1]))
            return;
        is_known = true;
        p->inner[0] = dense[0];
        p->inner[1] = dense[1];
        p->run *= out->dim[i];
    }
}

static void combine(enum graph_op op, float *y, const float *a, int64_t a_step, const float *b,
                    int64_t b_step, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        double left = a[i * a_step], right = b[i * b_step];
        y[i] = (float)(op == OP_ADD     ? left + right
                       : op == OP_MUL   ? left * right
                       : op == OP_PRELU ? (left < 0 ? left * right : left)
                                        : left / right);
    }
}

static void binary_part(int64_t part, void *data)
{
    const struct pointwise *p = data;
    const struct reference_step *step = p->step;
    const struct graph_value *out = step->node->output;
    int64_t last = (part + 1) * CHUNK < p->count ? (part + 1) * CHUNK : p->count;
    for (int64_t i = part * CHUNK; i < last;) {
        int64_t left = p->run - i % p->run;
        int64_t count = last - i < left ? last - i : left;
        combine(step->node->op, step->y + i, step->x[0] + offset_of(i, p->steps[0], out),
                p->inner[0], step->x[1] + offset_of(i, p->steps[1], out), p->inner[1], count);
        i += count;
    }
}

void reference_pointwise(const struct reference_step *step)
{
    const struct graph_value *out = step->node->output;
    enum graph_op op = step->node->op;
    bool is_binary = op == OP_ADD || op == OP_MUL || op == OP_DIV || op == OP_PRELU;
    struct pointwise p = {.step = step, .count = graph_elements(out)};
    for (int i = 0; is_binary && i < 2; i++)
        broadcast_steps(p.steps[i], step->node->input[i], out);
    find_run(&p, out);
    reference_parallel((p.count + CHUNK - 1) / CHUNK, step->thread_count,
                       is_binary ? binary_part : unary_part, &p);
}

static void concat(const struct reference_step *step)
{
    const struct graph_value *out = step->node->output;
    int64_t axis = step->node->attribute.axis, inner = 1, outer = 1, start = 0;
    for (int i = 0; i < out->rank; i++) {
        outer *= i < axis ? out->dim[i] : 1;
        inner *= i > axis ? out->dim[i] : 1;
    }
    for (int k = 0; k < step->node->input_count; k++) {
        int64_t length = step->node->input[k]->dim[axis] * inner;
        for (int64_t i = 0; i < outer; i++)
            memcpy(step->y + i * out->dim[axis] * inner + start, step->x[k] + i * length,
                   (size_t)length * sizeof(float));
        start += length;
    }
}

// y[index] = x[base + sum of index_i * step_i]: slices, transposes, gathers and expansions are all
// such reads.
static void read_strided(const struct reference_step *step, int64_t base,
                         const int64_t steps[DLI_MAX_RANK])
{
    const struct graph_value *out = step->node->output;
    int64_t row = out->rank ? out->dim[out->rank - 1] : 1;
    int64_t inner = out->rank ? steps[out->rank - 1] : 0;
    int64_t count = graph_elements(out);
    for (int64_t first = 0; first < count; first += row) {
        const float *x = step->x[0] + base + offset_of(first, steps, out);
        for (int64_t i = 0; i < row; i++)
            step->y[first + i] = x[i * inner];
    }
}

static void dense_steps(int64_t steps[DLI_MAX_RANK], const struct graph_value *value)
{
    int64_t distance = 1;
    for (int i = value->rank - 1; i >= 0; i--) {
        steps[i] = distance;
        distance *= value->dim[i];
    }
}

void reference_move(const struct reference_step *step)
{
    const struct graph_node *node = step->node;
    int64_t dense[DLI_MAX_RANK], steps[DLI_MAX_RANK];
    int64_t base = 0;
    dense_steps(dense, node->input[0]);
    memcpy(steps, dense, sizeof(steps));
    switch (node->op) {
    case OP_CONCAT:
        concat(step);
        return;
    case OP_SLICE:
        base = (int64_t)node->input[1]->weight->values[0] *
               dense[(int)node->input[3]->weight->values[0]];
        break;
    case OP_TRANSPOSE:
        for (int i = 0; i < node->output->rank; i++)
            steps[i] = dense[node->attribute.perm[i]];
        break;
    case OP_GATHER:
        base = (int64_t)node->input[1]->weight->values[0] * dense[node->attribute.axis];
        for (int i = 0; i < node->output->rank; i++)
            steps[i] = dense[i < node->attribute.axis ? i : i + 1];
        break;
    case OP_EXPAND:
        broadcast_steps(steps, node->input[0], node->output);
        break;
    default:
        memcpy(step->y, step->x[0], (size_t)graph_elements(node->output) * sizeof(float));
        return;
    }
    read_strided(step, base, steps);
}

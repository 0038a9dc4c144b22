// Everything that is not a product: pooling, normalisation, element-wise operators, moving data.
#include <math.h>

#include "zoo/reference_math.h"

// The window of output position `at` along one side, cut to the input: [*first, *last).
static void window(int64_t *first, int64_t *last, int64_t at, int64_t stride, int64_t pad, int64_t kernel, int64_t size)
{
    int64_t begin = at * stride - pad;
    *first = begin < 0 ? 0 : begin;
    *last = begin + kernel > size ? size : begin + kernel;
}

// What an average divides by: the pixels inside, or with count_include_pad those of the padded image (a window that ceil
// mode lets hang over the padding still counts only what is there).
static int64_t divisor(const struct graph_attributes *a, const struct graph_value *in, int64_t row, int64_t column,
                       int64_t inside)
{
    if (!a->count_include_pad)
        return inside;
    int64_t top = row * a->stride[0] - a->pad[0], left = column * a->stride[1] - a->pad[1];
    int64_t bottom = top + a->kernel[0], right = left + a->kernel[1];
    int64_t height = in->dim[2] + a->pad[2], width = in->dim[3] + a->pad[3];
    return ((bottom < height ? bottom : height) - top) * ((right < width ? right : width) - left);
}

static float pool_one(const struct graph_node *node, const float *plane, int64_t row, int64_t column)
{
    const struct graph_attributes *a = &node->attribute;
    const struct graph_value *in = node->input[0];
    int64_t top, bottom, left, right;
    double sum = 0;
    float largest = -INFINITY;
    window(&top, &bottom, row, a->stride[0], a->pad[0], a->kernel[0], in->dim[2]);
    window(&left, &right, column, a->stride[1], a->pad[1], a->kernel[1], in->dim[3]);
    for (int64_t i = top; i < bottom; i++)
        for (int64_t j = left; j < right; j++) {
            float value = plane[i * in->dim[3] + j];
            sum += value;
            largest = value > largest ? value : largest;
        }
    if (node->op == OP_MAX_POOL)
        return largest;
    return (float)(sum / (double)divisor(a, in, row, column, (bottom - top) * (right - left)));
}

static void pool_plane(int64_t plane, void *data)
{
    const struct reference_step *step = data;
    const struct graph_value *in = step->node->input[0], *out = step->node->output;
    const float *x = step->x[0] + plane * in->dim[2] * in->dim[3];
    float *y = step->y + plane * out->dim[2] * out->dim[3];
    if (step->node->op == OP_GLOBAL_AVERAGE_POOL) {
        double sum = 0;
        for (int64_t i = 0; i < in->dim[2] * in->dim[3]; i++)
            sum += x[i];
        *y = (float)(sum / (double)(in->dim[2] * in->dim[3]));
        return;
    }
    for (int64_t i = 0; i < out->dim[2]; i++)
        for (int64_t j = 0; j < out->dim[3]; j++)
            y[i * out->dim[3] + j] = pool_one(step->node, x, i, j);
}

void reference_pool(const struct reference_step *step)
{
    const struct graph_value *out = step->node->output;
    reference_parallel(out->dim[0] * out->dim[1], step->thread_count, pool_plane, (void *)step);
}

static void batch_norm(const struct reference_step *step)
{
    const struct graph_value *in = step->node->input[0];
    int64_t channels = in->dim[1];
    int64_t plane = graph_elements(in) / in->dim[0] / channels;
    for (int64_t i = 0; i < in->dim[0] * channels; i++) {
        int64_t c = i % channels;
        double factor = step->x[1][c] / sqrt((double)step->x[4][c] + step->node->attribute.epsilon);
        for (int64_t k = i * plane; k < (i + 1) * plane; k++)
            step->y[k] = (float)((step->x[0][k] - (double)step->x[3][c]) * factor + step->x[2][c]);
    }
}

static void layer_norm(const struct reference_step *step)
{
    const struct graph_value *in = step->node->input[0];
    int64_t size = in->dim[in->rank - 1];
    for (int64_t first = 0; first < graph_elements(in); first += size) {
        const float *x = step->x[0] + first;
        double mean = 0, variance = 0;
        for (int64_t i = 0; i < size; i++)
            mean += x[i];
        mean /= (double)size;
        for (int64_t i = 0; i < size; i++)
            variance += (x[i] - mean) * (x[i] - mean);
        double factor = 1 / sqrt(variance / (double)size + step->node->attribute.epsilon);
        for (int64_t i = 0; i < size; i++)
            step->y[first + i] = (float)((x[i] - mean) * factor * step->x[1][i] + step->x[2][i]);
    }
}

// y = x / (bias + alpha / size * sum of squares over `size` neighbouring channels)^beta; ONNX «LRN».
static void lrn(const struct reference_step *step)
{
    const struct graph_attributes *a = &step->node->attribute;
    const struct graph_value *in = step->node->input[0];
    int64_t channels = in->dim[1], plane = in->dim[2] * in->dim[3];
    for (int64_t i = 0; i < graph_elements(in); i++) {
        int64_t c = i / plane % channels;
        int64_t first = c - (a->size - 1) / 2, last = c + a->size / 2;
        double sum = 0;
        first = first < 0 ? 0 : first;
        last = last >= channels ? channels - 1 : last;
        for (int64_t k = first; k <= last; k++) {
            double x = step->x[0][i + (k - c) * plane];
            sum += x * x;
        }
        step->y[i] = (float)(step->x[0][i] / pow(a->bias + a->alpha / (double)a->size * sum, a->beta));
    }
}

// Over the last dimension, as this room only builds it.
static void softmax(const struct reference_step *step)
{
    const struct graph_value *in = step->node->input[0];
    int64_t size = in->dim[in->rank - 1];
    for (int64_t first = 0; first < graph_elements(in); first += size) {
        const float *x = step->x[0] + first;
        double largest = x[0], sum = 0;
        for (int64_t i = 1; i < size; i++)
            largest = x[i] > largest ? x[i] : largest;
        for (int64_t i = 0; i < size; i++)
            sum += exp(x[i] - largest);
        for (int64_t i = 0; i < size; i++)
            step->y[first + i] = (float)(exp(x[i] - largest) / sum);
    }
}

void reference_normalise(const struct reference_step *step)
{
    switch (step->node->op) {
    case OP_BATCH_NORM:
        batch_norm(step);
        break;
    case OP_LAYER_NORM:
        layer_norm(step);
        break;
    case OP_LRN:
        lrn(step);
        break;
    default:
        softmax(step);
    }
}

static double apply(const struct graph_node *node, double x)
{
    const struct graph_attributes *a = &node->attribute;
    switch (node->op) {
    case OP_RELU:
        return x > 0 ? x : 0;
    case OP_CLIP: {
        double low = node->input[1]->weight->values[0], high = node->input[2]->weight->values[0];
        return x < low ? low : x > high ? high : x;
    }
    case OP_SIGMOID:
        return 1 / (1 + exp(-x));
    case OP_TANH:
        return tanh(x);
    case OP_ERF:
        return erf(x);
    case OP_HARD_SIGMOID: {
        double y = a->alpha * x + a->beta;
        return y < 0 ? 0 : y > 1 ? 1 : y;
    }
    case OP_HARD_SWISH: {
        double y = x / 6 + 0.5;
        return x * (y < 0 ? 0 : y > 1 ? 1 : y);
    }
    default:
        return x;
    }
}

// Distance in elements between neighbours along each dimension of the result; 0 where `value` is stretched.
static void broadcast_steps(int64_t step[DLI_MAX_RANK], const struct graph_value *value, const struct graph_value *out)
{
    int64_t distance = 1;
    for (int i = out->rank - 1, k = value->rank - 1; i >= 0; i--, k--) {
        bool is_stretched = k < 0 || value->dim[k] == 1;
        step[i] = is_stretched ? 0 : distance;
        distance *= k < 0 ? 1 : value->dim[k];
    }
}

static int64_t offset_of(int64_t index, const int64_t step[DLI_MAX_RANK], const struct graph_value *out)
{
    int64_t offset = 0;
    for (int i = out->rank - 1; i >= 0; i--) {
        offset += index % out->dim[i] * step[i];
        index /= out->dim[i];
    }
    return offset;
}

static void binary(const struct reference_step *step)
{
    const struct graph_value *out = step->node->output;
    int64_t steps[2][DLI_MAX_RANK];
    for (int i = 0; i < 2; i++)
        broadcast_steps(steps[i], step->node->input[i], out);
    for (int64_t i = 0; i < graph_elements(out); i++) {
        double a = step->x[0][offset_of(i, steps[0], out)], b = step->x[1][offset_of(i, steps[1], out)];
        step->y[i] = (float)(step->node->op == OP_ADD ? a + b : step->node->op == OP_MUL ? a * b : a / b);
    }
}

void reference_pointwise(const struct reference_step *step)
{
    enum graph_op op = step->node->op;
    if (op == OP_ADD || op == OP_MUL || op == OP_DIV) {
        binary(step);
        return;
    }
    for (int64_t i = 0; i < graph_elements(step->node->output); i++)
        step->y[i] = (float)apply(step->node, step->x[0][i]);
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
            memcpy(step->y + i * out->dim[axis] * inner + start, step->x[k] + i * length, (size_t)length * sizeof(float));
        start += length;
    }
}

// y[index] = x[base + sum of index_i * step_i]: slices, transposes, gathers and expansions are all such reads.
static void read_strided(const struct reference_step *step, int64_t base, const int64_t steps[DLI_MAX_RANK])
{
    for (int64_t i = 0; i < graph_elements(step->node->output); i++)
        step->y[i] = step->x[0][base + offset_of(i, steps, step->node->output)];
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
        base = (int64_t)node->input[1]->weight->values[0] * dense[(int)node->input[3]->weight->values[0]];
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

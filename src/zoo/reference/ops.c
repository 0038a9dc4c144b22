// Pooling and normalisation.
#include <math.h>

#include "zoo/reference/math.h"

// The window of output position `at` along one side, cut to the input: [*first, *last).
static void window(int64_t *first, int64_t *last, int64_t at, int64_t stride, int64_t pad,
                   int64_t kernel, int64_t size)
{
    int64_t begin = at * stride - pad;
    *first = begin < 0 ? 0 : begin;
    *last = begin + kernel > size ? size : begin + kernel;
}

// What an average divides by: the pixels inside, or with count_include_pad those of the padded
// image (a window that ceil mode lets hang over the padding still counts only what is there).
static int64_t divisor(const struct graph_attributes *a, const struct graph_value *in, int64_t row,
                       int64_t column, int64_t inside)
{
    if (!a->count_include_pad)
        return inside;
    int64_t top = row * a->stride[0] - a->pad[0], left = column * a->stride[1] - a->pad[1];
    int64_t bottom = top + a->kernel[0], right = left + a->kernel[1];
    int64_t height = in->dim[2] + a->pad[2], width = in->dim[3] + a->pad[3];
    return ((bottom < height ? bottom : height) - top) * ((right < width ? right : width) - left);
}

static float pool_one(const struct graph_node *node, const float *plane, int64_t row,
                      int64_t column)
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

// One channel of one sample.
static void batch_norm(int64_t part, void *data)
{
    const struct reference_step *step = data;
    const struct graph_value *in = step->node->input[0];
    int64_t plane = graph_elements(in) / in->dim[0] / in->dim[1], c = part % in->dim[1];
    const float *x = step->x[0] + part * plane;
    float *y = step->y + part * plane;
    double factor = step->x[1][c] / sqrt((double)step->x[4][c] + step->node->attribute.epsilon);
    double mean = step->x[3][c], shift = step->x[2][c];
    for (int64_t i = 0; i < plane; i++)
        y[i] = (float)((x[i] - mean) * factor + shift);
}

// One row.
static void layer_norm(int64_t part, void *data)
{
    const struct reference_step *step = data;
    const struct graph_value *in = step->node->input[0];
    int64_t size = in->dim[in->rank - 1];
    const float *x = step->x[0] + part * size;
    float *y = step->y + part * size;
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < size; i++)
        mean += x[i];
    mean /= (double)size;
    for (int64_t i = 0; i < size; i++)
        variance += (x[i] - mean) * (x[i] - mean);
    double factor = 1 / sqrt(variance / (double)size + step->node->attribute.epsilon);
    for (int64_t i = 0; i < size; i++)
        y[i] = (float)((x[i] - mean) * factor * step->x[1][i] + step->x[2][i]);
}

// y = x / (bias + alpha / size * sum of squares over `size` neighbouring channels)^beta; ONNX
// «LRN». One channel of one sample.
static void lrn(int64_t part, void *data)
{
    const struct reference_step *step = data;
    const struct graph_attributes *a = &step->node->attribute;
    const struct graph_value *in = step->node->input[0];
    int64_t channels = in->dim[1], plane = in->dim[2] * in->dim[3], c = part % channels;
    int64_t first = c - (a->size - 1) / 2, last = c + a->size / 2;
    const float *x = step->x[0] + part * plane;
    first = first < 0 ? 0 : first;
    last = last >= channels ? channels - 1 : last;
    for (int64_t i = 0; i < plane; i++) {
        double sum = 0;
        for (int64_t k = first; k <= last; k++) {
            double neighbour = x[i + (k - c) * plane];
            sum += neighbour * neighbour;
        }
        step->y[part * plane + i] =
            (float)(x[i] / pow(a->bias + a->alpha / (double)a->size * sum, a->beta));
    }
}

// Each pixel's channels by their Euclidean norm; zeros stay zeros. One sample.
static void lp_norm(int64_t part, void *data)
{
    const struct reference_step *step = data;
    const struct graph_value *in = step->node->input[0];
    int64_t channels = in->dim[1], plane = in->dim[2] * in->dim[3];
    const float *x = step->x[0] + part * channels * plane;
    float *y = step->y + part * channels * plane;
    for (int64_t i = 0; i < plane; i++) {
        double sum = 0;
        for (int64_t c = 0; c < channels; c++)
            sum += (double)x[c * plane + i] * x[c * plane + i];
        double factor = sum > 0 ? 1 / sqrt(sum) : 0;
        for (int64_t c = 0; c < channels; c++)
            y[c * plane + i] = (float)(x[c * plane + i] * factor);
    }
}

// One row: over the last dimension, as this room only builds it.
static void softmax(int64_t part, void *data)
{
    const struct reference_step *step = data;
    const struct graph_value *in = step->node->input[0];
    int64_t size = in->dim[in->rank - 1];
    const float *x = step->x[0] + part * size;
    float *y = step->y + part * size;
    double largest = x[0], sum = 0;
    for (int64_t i = 1; i < size; i++)
        largest = x[i] > largest ? x[i] : largest;
    for (int64_t i = 0; i < size; i++)
        sum += exp(x[i] - largest);
    for (int64_t i = 0; i < size; i++)
        y[i] = (float)(exp(x[i] - largest) / sum);
}

void reference_normalise(const struct reference_step *step)
{
    const struct graph_value *in = step->node->input[0];
    enum graph_op op = step->node->op;
    bool is_by_row = op == OP_LAYER_NORM || op == OP_SOFTMAX;
    int64_t parts =
        is_by_row ? graph_elements(in) / in->dim[in->rank - 1] : in->dim[0] * in->dim[1];
    parts = op == OP_LP_NORM ? in->dim[0] : parts;
    void (*run)(int64_t, void *) = op == OP_BATCH_NORM   ? batch_norm
                                   : op == OP_LAYER_NORM ? layer_norm
                                   : op == OP_LP_NORM    ? lp_norm
                                   : op == OP_LRN        ? lrn
                                                         : softmax;
    reference_parallel(parts, step->thread_count, run, (void *)step);
}

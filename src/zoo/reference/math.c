// Convolutions and matrix products: how their operands become the rows and columns of a product.
#include "zoo/reference/math.h"

#include <string.h>

#include "zoo/reference/product.h"

enum { LANES = PRODUCT_LANES };

struct conv_columns {
    const struct graph_node *node;
    const float *x; // the channels of one group of one sample
};

// Where the window of each lane's pixel begins; they may lie in the padding.
struct corners {
    int64_t row[LANES], column[LANES];
    bool is_one_row; // neighbours in one row of the output: their input pixels are `stride` apart
};

static void find_corners(struct corners *at, const struct graph_node *node, int64_t first,
                         int count)
{
    const struct graph_attributes *a = &node->attribute;
    int64_t width = node->output->dim[3];
    for (int t = 0; t < LANES; t++) {
        int64_t pixel = first + (t < count ? t : 0);
        at->row[t] = pixel / width * a->stride[0] - a->pad[0];
        at->column[t] = pixel % width * a->stride[1] - a->pad[1];
    }
    at->is_one_row = count == LANES && at->row[0] == at->row[LANES - 1];
}

// One element of the window for all lanes: the pixel `down` and `right` from each corner, 0 in the
// padding.
static void pack_element(double out[LANES], const float *plane, const struct graph_value *in,
                         const struct corners *at, int64_t stride, int64_t down, int64_t right)
{
    int64_t height = in->dim[2], width = in->dim[3];
    if (at->is_one_row) {
        int64_t row = at->row[0] + down, first = at->column[0] + right,
                last = at->column[LANES - 1] + right;
        if (row >= 0 && row < height && first >= 0 && last < width) {
            const float *pixel = plane + row * width + first;
            for (int t = 0; t < LANES; t++)
                out[t] = pixel[t * stride];
            return;
        }
    }
    for (int t = 0; t < LANES; t++) {
        int64_t row = at->row[t] + down, column = at->column[t] + right;
        bool is_inside = row >= 0 && row < height && column >= 0 && column < width;
        out[t] = is_inside ? plane[row * width + column] : 0;
    }
}

static void pack_conv(double (*out)[LANES], const struct product *product, int64_t first_column,
                      int count, int64_t first_k, int64_t depth)
{
    const struct conv_columns *columns = product->data;
    const struct graph_attributes *a = &columns->node->attribute;
    const struct graph_value *in = columns->node->input[0];
    struct corners at;
    int64_t window = a->kernel[0] * a->kernel[1];
    int64_t channel = first_k / window, i = first_k % window / a->kernel[1],
            j = first_k % a->kernel[1];
    find_corners(&at, columns->node, first_column, count);
    for (int64_t k = 0; k < depth; k++) {
        const float *plane = columns->x + channel * in->dim[2] * in->dim[3];
        pack_element(out[k], plane, in, &at, a->stride[1], i * a->dilation[0], j * a->dilation[1]);
        if (++j == a->kernel[1]) {
            j = 0;
            if (++i == a->kernel[0]) {
                i = 0;
                channel++;
            }
        }
    }
}

static void conv_part(int64_t part, void *data)
{
    const struct reference_step *step = data;
    const struct graph_value *in = step->node->input[0], *kernel = step->node->input[1],
                             *out = step->node->output;
    int64_t group_count = step->node->attribute.group;
    int64_t pixels = out->dim[2] * out->dim[3], rows = out->dim[1] / group_count;
    int64_t depth = kernel->dim[1] * kernel->dim[2] * kernel->dim[3];
    int64_t parts = product_parts(rows, pixels);
    int64_t group = part / parts % group_count, sample = part / parts / group_count;
    struct conv_columns columns = {step->node,
                                   step->x[0] + (sample * in->dim[1] + group * kernel->dim[1]) *
                                                    in->dim[2] * in->dim[3]};
    struct product product = {.rows = step->x[1] + group * rows * depth,
                              .row_count = rows,
                              .column_count = pixels,
                              .depth = depth,
                              .row_bias = step->x[2] ? step->x[2] + group * rows : NULL,
                              .y = step->y + (sample * out->dim[1] + group * rows) * pixels,
                              .pack = pack_conv,
                              .data = &columns};
    product_run(&product, part % parts);
}

// One output channel per input channel and group: no columns to share, so the plane is summed up
// window by window.
static void depthwise_part(int64_t part, void *data)
{
    const struct reference_step *step = data;
    const struct graph_attributes *a = &step->node->attribute;
    const struct graph_value *in = step->node->input[0], *out = step->node->output;
    int64_t channel = part % out->dim[1];
    const float *x = step->x[0] + part * in->dim[2] * in->dim[3];
    const float *kernel = step->x[1] + channel * a->kernel[0] * a->kernel[1];
    float *y = step->y + part * out->dim[2] * out->dim[3];
    for (int64_t row = 0; row < out->dim[2]; row++)
        for (int64_t column = 0; column < out->dim[3]; column++) {
            double sum = 0;
            for (int64_t i = 0; i < a->kernel[0]; i++) {
                int64_t from_row = row * a->stride[0] - a->pad[0] + i * a->dilation[0];
                for (int64_t j = 0; from_row >= 0 && from_row < in->dim[2] && j < a->kernel[1];
                     j++) {
                    int64_t from = column * a->stride[1] - a->pad[1] + j * a->dilation[1];
                    if (from >= 0 && from < in->dim[3])
                        sum +=
                            (double)x[from_row * in->dim[3] + from] * kernel[i * a->kernel[1] + j];
                }
            }
            y[row * out->dim[3] + column] = (float)(sum + (step->x[2] ? step->x[2][channel] : 0.0));
        }
}

void reference_conv(const struct reference_step *step)
{
    const struct graph_value *in = step->node->input[0], *out = step->node->output;
    int64_t group_count = step->node->attribute.group;
    bool is_depthwise = group_count == in->dim[1] && group_count == out->dim[1];
    int64_t parts = product_parts(out->dim[1] / group_count, out->dim[2] * out->dim[3]);
    if (is_depthwise)
        reference_parallel(out->dim[0] * out->dim[1], step->thread_count, depthwise_part,
                           (void *)step);
    else
        reference_parallel(out->dim[0] * group_count * parts, step->thread_count, conv_part,
                           (void *)step);
}

struct matrix {
    const struct reference_step *step;
    int64_t rows, depth, columns, parts;
    bool is_b_shared, is_b_transposed;
};

struct matrix_columns {
    const float *b;
    int64_t lane_step, k_step; // distances between neighbours in b
};

static void pack_matrix(double (*out)[LANES], const struct product *product, int64_t first_column,
                        int count, int64_t first_k, int64_t depth)
{
    const struct matrix_columns *columns = product->data;
    const float *b = columns->b + first_column * columns->lane_step + first_k * columns->k_step;
    for (int64_t k = 0; k < depth; k++, b += columns->k_step)
        for (int t = 0; t < count; t++)
            out[k][t] = b[t * columns->lane_step];
}

static void matrix_part(int64_t part, void *data)
{
    const struct matrix *m = data;
    int64_t index = part / m->parts;
    struct matrix_columns columns = {
        m->step->x[1] + (m->is_b_shared ? 0 : index * m->depth * m->columns),
        m->is_b_transposed ? m->depth : 1, m->is_b_transposed ? 1 : m->columns};
    struct product product = {.rows = m->step->x[0] + index * m->rows * m->depth,
                              .row_count = m->rows,
                              .column_count = m->columns,
                              .depth = m->depth,
                              .column_bias = m->step->node->op == OP_GEMM ? m->step->x[2] : NULL,
                              .y = m->step->y + index * m->rows * m->columns,
                              .pack = pack_matrix,
                              .data = &columns};
    product_run(&product, part % m->parts);
}

void reference_matrix(const struct reference_step *step)
{
    const struct graph_value *a = step->node->input[0], *b = step->node->input[1],
                             *out = step->node->output;
    struct matrix m = {.step = step,
                       .rows = a->dim[a->rank - 2],
                       .depth = a->dim[a->rank - 1],
                       .columns = out->dim[out->rank - 1],
                       .is_b_shared = b->rank == 2,
                       .is_b_transposed = step->node->op == OP_GEMM};
    int64_t count = graph_elements(out) / (m.rows * m.columns);
    if (m.is_b_shared) { // all matrices of the batch are one tall matrix
        m.rows *= count;
        count = 1;
    }
    m.parts = product_parts(m.rows, m.columns);
    reference_parallel(count * m.parts, step->thread_count, matrix_part, &m);
}

// Products of convolutions and matrices: one kernel that multiplies rows with a packed tile of columns.
#include "zoo/reference_math.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "base/wide.h"

enum { TILE = 64, ROWS = 4 };

// sum[r][t] += row_r[k] * tile[k][t]. The order over k is fixed, and a product of two floats is exact in
// double, so neither vector width nor fused multiply-add changes a bit.
DLI_WIDE_VECTORS static void multiply_rows(double sum[ROWS][TILE], const float *const row[ROWS], const float *tile,
                                       int64_t depth)
{
    for (int64_t k = 0; k < depth; k++) {
        double a = row[0][k], b = row[1][k], c = row[2][k], d = row[3][k];
        const float *column = tile + k * TILE;
        for (int t = 0; t < TILE; t++) {
            double value = column[t];
            sum[0][t] += a * value;
            sum[1][t] += b * value;
            sum[2][t] += c * value;
            sum[3][t] += d * value;
        }
    }
}

// Where a product goes: y[row * row_step + column * column_step], plus a bias per row or per column.
struct product {
    const float *rows; // row_count x depth
    int64_t row_count, depth;
    const float *row_bias, *column_bias;
    float *y;
    int64_t row_step, column_step;
};

static void store(const struct product *p, double sum[ROWS][TILE], int64_t first_row, int row_count, int64_t first_column,
                  int column_count)
{
    for (int r = 0; r < row_count; r++)
        for (int t = 0; t < column_count; t++) {
            double value = sum[r][t];
            if (p->row_bias)
                value += p->row_bias[first_row + r];
            if (p->column_bias)
                value += p->column_bias[first_column + t];
            p->y[(first_row + r) * p->row_step + (first_column + t) * p->column_step] = (float)value;
        }
}

static void multiply_tile(const struct product *p, const float *tile, int64_t first_column, int column_count)
{
    for (int64_t first = 0; first < p->row_count; first += ROWS) {
        double sum[ROWS][TILE] = {{0}};
        const float *row[ROWS];
        int row_count = p->row_count - first < ROWS ? (int)(p->row_count - first) : ROWS;
        for (int r = 0; r < ROWS; r++)
            row[r] = p->rows + (first + (r < row_count ? r : 0)) * p->depth;
        multiply_rows(sum, row, tile, p->depth);
        store(p, sum, first, row_count, first_column, column_count);
    }
}

static void pack_conv(float *tile, const struct reference_step *step, const float *x, int64_t first, int count)
{
    const struct graph_attributes *a = &step->node->attribute;
    const struct graph_value *in = step->node->input[0], *kernel = step->node->input[1], *out = step->node->output;
    int64_t height = in->dim[2], width = in->dim[3], k = 0;
    for (int64_t c = 0; c < kernel->dim[1]; c++)
        for (int64_t i = 0; i < a->kernel[0]; i++)
            for (int64_t j = 0; j < a->kernel[1]; j++, k++)
                for (int t = 0; t < TILE; t++) {
                    int64_t row = (first + t) / out->dim[3] * a->stride[0] - a->pad[0] + i * a->dilation[0];
                    int64_t column = (first + t) % out->dim[3] * a->stride[1] - a->pad[1] + j * a->dilation[1];
                    bool is_inside = t < count && row >= 0 && row < height && column >= 0 && column < width;
                    tile[k * TILE + t] = is_inside ? x[(c * height + row) * width + column] : 0;
                }
}

// One part: a tile of output pixels of one group of one sample.
static void conv_part(int64_t part, void *data)
{
    const struct reference_step *step = data;
    const struct graph_value *in = step->node->input[0], *kernel = step->node->input[1], *out = step->node->output;
    int64_t group_count = step->node->attribute.group;
    int64_t pixels = out->dim[2] * out->dim[3];
    int64_t tiles = (pixels + TILE - 1) / TILE;
    int64_t first = part % tiles * TILE, group = part / tiles % group_count, sample = part / tiles / group_count;
    int64_t depth = kernel->dim[1] * kernel->dim[2] * kernel->dim[3];
    int64_t rows = out->dim[1] / group_count;
    int count = pixels - first < TILE ? (int)(pixels - first) : TILE;
    const float *x = step->x[0] + (sample * in->dim[1] + group * kernel->dim[1]) * in->dim[2] * in->dim[3];
    float *tile = xmalloc((size_t)depth * TILE * sizeof(*tile));
    struct product product = {.rows = step->x[1] + group * rows * depth,
                              .row_count = rows,
                              .depth = depth,
                              .row_bias = step->x[2] ? step->x[2] + group * rows : NULL,
                              .y = step->y + (sample * out->dim[1] + group * rows) * pixels,
                              .row_step = pixels,
                              .column_step = 1};
    pack_conv(tile, step, x, first, count);
    multiply_tile(&product, tile, first, count);
    free(tile);
}

void reference_conv(const struct reference_step *step)
{
    const struct graph_value *out = step->node->output;
    int64_t tiles = (out->dim[2] * out->dim[3] + TILE - 1) / TILE;
    reference_parallel(out->dim[0] * step->node->attribute.group * tiles, step->thread_count, conv_part, (void *)step);
}

struct matrix {
    const struct reference_step *step;
    int64_t rows, depth, columns, tiles;
    bool is_b_shared, is_b_transposed;
};

// One part: a tile of columns of one matrix of the batch.
static void matrix_part(int64_t part, void *data)
{
    const struct matrix *m = data;
    int64_t first = part % m->tiles * TILE, index = part / m->tiles;
    int count = m->columns - first < TILE ? (int)(m->columns - first) : TILE;
    const float *b = m->step->x[1] + (m->is_b_shared ? 0 : index * m->depth * m->columns);
    float *tile = xcalloc((size_t)m->depth * TILE, sizeof(*tile));
    for (int64_t k = 0; k < m->depth; k++)
        for (int t = 0; t < count; t++)
            tile[k * TILE + t] = m->is_b_transposed ? b[(first + t) * m->depth + k] : b[k * m->columns + first + t];
    struct product product = {.rows = m->step->x[0] + index * m->rows * m->depth,
                              .row_count = m->rows,
                              .depth = m->depth,
                              .column_bias = m->step->node->op == OP_GEMM ? m->step->x[2] : NULL,
                              .y = m->step->y + index * m->rows * m->columns,
                              .row_step = m->columns,
                              .column_step = 1};
    multiply_tile(&product, tile, first, count);
    free(tile);
}

void reference_matrix(const struct reference_step *step)
{
    const struct graph_value *a = step->node->input[0], *b = step->node->input[1], *out = step->node->output;
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
    m.tiles = (m.columns + TILE - 1) / TILE;
    reference_parallel(count * m.tiles, step->thread_count, matrix_part, &m);
}

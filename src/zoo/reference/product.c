#include "zoo/reference/product.h"

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

// A part is at most PART_ROWS x PART_COLUMNS of the result, worked off in slices of DEPTH elements:
// a packed slice of columns is 64 KiB and the sums 128 KiB, so both stay in a core's second-level
// cache.
enum {
    LANES = PRODUCT_LANES,
    GROUP = 4,
    PART_ROWS = 256,
    PANELS = 8,
    PART_COLUMNS = PANELS * LANES,
    DEPTH = 128
};

struct work {
    double sum[PART_ROWS / GROUP][PANELS][GROUP][LANES];
    double column[PANELS][DEPTH][LANES];
    double row[DEPTH][GROUP];
};

static int64_t blocks(int64_t count, int64_t size)
{
    return (count + size - 1) / size;
}

int64_t product_parts(int64_t row_count, int64_t column_count)
{
    return blocks(row_count, PART_ROWS) * blocks(column_count, PART_COLUMNS);
}

// sum[r][t] += row[k][r] * column[k][t] over k: GROUP rows times the LANES columns of one panel.
typedef void (*multiply_fn)(double (*sum)[LANES], double (*row)[GROUP], double (*column)[LANES],
                            int64_t depth);

static void multiply(double (*sum)[LANES], double (*row)[GROUP], double (*column)[LANES],
                     int64_t depth)
{
    for (int64_t k = 0; k < depth; k++)
        for (int r = 0; r < GROUP; r++)
            for (int t = 0; t < LANES; t++)
                sum[r][t] += row[k][r] * column[k][t];
}

#if defined(__x86_64__) && defined(__GNUC__)
typedef double quad __attribute__((vector_size(32), aligned(8), may_alias));

// The same with all sums in registers, which no compiler does by itself.
__attribute__((target("avx2,fma"))) static void
multiply_avx2(double (*sum)[LANES], double (*row)[GROUP], double (*column)[LANES], int64_t depth)
{
    quad *out = (quad *)sum;
    quad a0 = out[0], a1 = out[1], b0 = out[2], b1 = out[3], c0 = out[4], c1 = out[5], d0 = out[6],
         d1 = out[7];
    for (int64_t k = 0; k < depth; k++) {
        const quad *value = (const quad *)column[k];
        a0 += value[0] * row[k][0];
        a1 += value[1] * row[k][0];
        b0 += value[0] * row[k][1];
        b1 += value[1] * row[k][1];
        c0 += value[0] * row[k][2];
        c1 += value[1] * row[k][2];
        d0 += value[0] * row[k][3];
        d1 += value[1] * row[k][3];
    }
    out[0] = a0, out[1] = a1, out[2] = b0, out[3] = b1, out[4] = c0, out[5] = c1, out[6] = d0,
    out[7] = d1;
}

static multiply_fn best_multiply(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? multiply_avx2
                                                                           : multiply;
}
#else
static multiply_fn best_multiply(void)
{
    return multiply;
}
#endif

// Rows that the last group lacks are zeros; their sums are never read.
static void pack_rows(double (*out)[GROUP], const struct product *p, int64_t first_row,
                      int64_t count, int64_t first_k, int64_t depth)
{
    for (int r = 0; r < GROUP; r++) {
        const float *row = p->rows + (first_row + (r < count ? r : 0)) * p->depth + first_k;
        for (int64_t k = 0; k < depth; k++)
            out[k][r] = r < count ? row[k] : 0;
    }
}

static void multiply_slice(struct work *w, const struct product *p, int64_t first_row,
                           int64_t row_count, int panels, int64_t first_k, int64_t depth)
{
    multiply_fn multiply_panel = best_multiply();
    for (int64_t r = 0; r < row_count; r += GROUP) {
        pack_rows(w->row, p, first_row + r, row_count - r, first_k, depth);
        for (int panel = 0; panel < panels; panel++)
            multiply_panel(w->sum[r / GROUP][panel], w->row, w->column[panel], depth);
    }
}

static void store(const struct work *w, const struct product *p, int64_t first_row,
                  int64_t row_count, int64_t first_column, int64_t column_count)
{
    for (int64_t r = 0; r < row_count; r++) {
        float *y = p->y + (first_row + r) * p->column_count + first_column;
        double row_bias = p->row_bias ? p->row_bias[first_row + r] : 0;
        for (int64_t c = 0; c < column_count; c++) {
            double value = w->sum[r / GROUP][c / LANES][r % GROUP][c % LANES] + row_bias;
            y[c] = (float)(p->column_bias ? value + p->column_bias[first_column + c] : value);
        }
    }
}

void product_run(const struct product *p, int64_t part)
{
    int64_t across = blocks(p->column_count, PART_COLUMNS);
    int64_t first_row = part / across * PART_ROWS, first_column = part % across * PART_COLUMNS;
    int64_t row_count = p->row_count - first_row < PART_ROWS ? p->row_count - first_row : PART_ROWS;
    int64_t column_count = p->column_count - first_column < PART_COLUMNS
                               ? p->column_count - first_column
                               : PART_COLUMNS;
    int panels = (int)blocks(column_count, LANES);
    struct work *w = xmalloc(sizeof(*w));
    memset(w->sum, 0, (size_t)blocks(row_count, GROUP) * sizeof(w->sum[0]));
    memset(w->column, 0, sizeof(w->column));
    for (int64_t k = 0; k < p->depth; k += DEPTH) {
        int64_t depth = p->depth - k < DEPTH ? p->depth - k : DEPTH;
        for (int panel = 0; panel < panels; panel++) {
            int64_t left = column_count - panel * LANES;
            p->pack(w->column[panel], p, first_column + panel * LANES,
                    left < LANES ? (int)left : LANES, k, depth);
        }
        multiply_slice(w, p, first_row, row_count, panels, k, depth);
    }
    store(w, p, first_row, row_count, first_column, column_count);
    free(w);
}

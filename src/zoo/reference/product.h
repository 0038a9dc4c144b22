/**
 * product.h - rows times columns with sums in double: what convolutions and matrix
 * products come down to.
 *
 * y[row][column] = sum over k of rows[row][k] * column(k), plus a bias. The order over k is always
 * 0 … depth-1 and a product of two floats is exact in double, so block sizes, vector width and
 * fused multiply-add change no bit.
 */
#ifndef ZOO_REFERENCE_PRODUCT_H
#define ZOO_REFERENCE_PRODUCT_H

#include <stdint.h>

enum { PRODUCT_LANES = 8 };

struct product {
    const float *rows; /**< row_count x depth */
    int64_t row_count, column_count, depth;
    const float *row_bias, *column_bias; /**< or NULL */
    float *y;                            /**< row_count x column_count */
    /**
     * Writes out[k][lane] for elements k = first_k … first_k + depth - 1 of columns first_column …
     * + count - 1, count at most PRODUCT_LANES; the lanes from `count` on may keep anything finite.
     */
    void (*pack)(double (*out)[PRODUCT_LANES], const struct product *product, int64_t first_column,
                 int count, int64_t first_k, int64_t depth);
    const void *data; /**< for pack */
};

/** Independent parts of a product of this size; each writes its own elements of y. */
int64_t product_parts(int64_t row_count, int64_t column_count);
void product_run(const struct product *product, int64_t part);

#endif

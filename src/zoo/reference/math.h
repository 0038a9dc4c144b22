/**
 * math.h - the arithmetic of the reference executor, one function per operator.
 *
 * `x` are the node's inputs in order (NULL for integer constants, which are read from the graph), `y` its
 * output. Work is cut into independent parts, so the number of threads changes no bit.
 */
#ifndef ZOO_REFERENCE_MATH_H
#define ZOO_REFERENCE_MATH_H

#include "zoo/graph.h"

struct reference_step {
    const struct graph_node *node;
    const float *const *x;
    float *y;
    int thread_count;
};

/** `run(part, data)` for every part in 0 … part_count-1, on thread_count threads. */
void reference_parallel(int64_t part_count, int thread_count, void (*run)(int64_t part, void *data), void *data);

void reference_conv(const struct reference_step *step);
void reference_matrix(const struct reference_step *step); /**< Gemm and MatMul */
void reference_pool(const struct reference_step *step);   /**< max, average, global average */
void reference_normalise(const struct reference_step *step); /**< batch norm, layer norm, LRN, softmax */
void reference_pointwise(const struct reference_step *step); /**< activations, Add, Mul, Div */
void reference_move(const struct reference_step *step); /**< Concat, Slice, Reshape, Transpose, Gather, Expand */

#endif

/**
 * reference.h - the judge: runs a graph exactly, not fast.
 *
 * Sums are kept in double and rounded to float once per operator. Results are the same bits for any
 * number of threads and on any machine with IEEE arithmetic, but for the library functions erf, exp, tanh and pow,
 * whose last bit may differ between C libraries.
 */
#ifndef ZOO_REFERENCE_H
#define ZOO_REFERENCE_H

#include "zoo/graph.h"

/**
 * `input[i]` holds graph_elements of input i; `output[i]` receives as many as output i has. Intermediate tensors
 * are freed after their last use. DLI_E_NOMEM when the machine has too little memory.
 */
DLI_MUST_CHECK int reference_run(const struct graph *graph, const float *const *input, float *const *output,
                                 int thread_count, struct dli_error *err);

#endif

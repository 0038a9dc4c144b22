/**
 * check.h - are the outputs right? A speed whose outputs are wrong is void.
 *
 * The measure of disagreement is the largest absolute difference over all elements of an output, divided by the
 * largest magnitude in the reference of that output. Allowed (unless the test says otherwise), by the precision
 * of the arithmetic: fp32 and fp64 2e-3, fp16 2e-2, bf16 5e-2, int8 and lower 2e-1, the framework's own choice
 * 5e-2. NaN or infinity where the reference is finite always disagrees.
 */
#ifndef WORKER_CHECK_H
#define WORKER_CHECK_H

#include <dli/tensor.h>

#include "base/reference_file.h"

struct check_result {
    double max_abs_error; /**< of the worst output */
    double max_rel_error; /**< of the worst output */
    double tolerance_frac;
    int worst_output;
    bool agrees;
};

double check_tolerance(enum dli_type precision);

/**
 * Compares `count` outputs with the reference and keeps the worst in `result`, which is zeroed before the first
 * call. A reference with a smaller first dimension is compared with the beginning. DLI_E_MISMATCH
 * when names, types or shapes do not fit: nothing can be compared then.
 */
DLI_MUST_CHECK int check_compare(struct check_result *result, const struct reference_file *reference,
                                 const struct dli_tensor *output, int count, struct dli_error *err);

/** Element `index` of a dense tensor as a number. */
double check_element(const struct dli_tensor *tensor, size_t index);

#endif

/**
 * inputs.h - what a model is fed with: random numbers, pictures, or tensors from files.
 *
 * Set 0 is the one that outputs are checked with. Further sets continue the same stream (random numbers go on
 * counting, pictures go on through the folder) so that a test does not read the same cache lines every time.
 * Everything is prepared before anything is timed.
 */
#ifndef WORKER_INPUTS_H
#define WORKER_INPUTS_H

#include <dli/backend.h>

#include "measure/measure.h"
#include "plan/test.h"

#define INPUTS_MAX_SETS 8
#define INPUTS_MAX_BYTES ((size_t)64 << 20) /**< of all sets beyond the first */

struct inputs {
    int set_count;
    struct measure_inputs set[INPUTS_MAX_SETS];
    void *data[INPUTS_MAX_SETS][DLI_MAX_IO];
    const void *borrowed[INPUTS_MAX_SETS][DLI_MAX_IO];
};

/** Allocates the sets for `io` and fills set 0. Release in any case. */
DLI_MUST_CHECK int inputs_open(struct inputs *out, const struct dli_io *io, const struct test *test,
                               const struct test_model *model, struct dli_error *err);
/** Fills the other sets. */
DLI_MUST_CHECK int inputs_fill_rest(struct inputs *inputs, const struct dli_io *io, const struct test *test,
                                    const struct test_model *model, struct dli_error *err);
void inputs_close(struct inputs *inputs);

/** Where the inputs come from, for rows: «random», «images:FOLDER». Appended. */
void inputs_describe(struct strbuf *out, const struct test_model *model);

/**
 * Uniform random numbers for elements first … first+count-1 of input `desc`: value i is a pure function of (seed, name, i).
 * low = high = 0: floats with mean 0 and variance 1, u8 0…255, other integers and bool 0 or 1.
 */
void inputs_random(void *out, const struct dli_tensor_desc *desc, uint64_t seed, uint64_t first, size_t count, double low,
                   double high);

/** Converts `count` floats to `type`; integers are rounded and clamped. */
void inputs_convert(void *out, enum dli_type type, const float *from, size_t count);

/** Reads a .npy (version 1–3, little-endian, C order) or raw .bin file into exactly `bytes` bytes. */
DLI_MUST_CHECK int inputs_read_file(void *out, size_t bytes, const struct dli_tensor_desc *desc, const char *path,
                                    struct dli_error *err);

/** Parses a .npy file in memory, as inputs_read_file does; `name` is for messages. */
DLI_MUST_CHECK int inputs_parse_npy(void *out, size_t bytes, const struct dli_tensor_desc *desc, const void *text,
                                    size_t text_bytes, const char *name, struct dli_error *err);

/** Fills one batch from pictures first, first+1, … of a folder (sorted by name) or one picture. */
DLI_MUST_CHECK int inputs_read_images(float *out, const struct dli_tensor_desc *desc, const struct test_input *input,
                                      int64_t first, struct dli_error *err);

#endif

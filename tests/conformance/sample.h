/**
 * sample.h - a tiny model in a file, inputs for it, and the outputs that it must give.
 *
 * Zoo models are written by their emitters and judged by the reference executor; the null format
 * has a rule that is computed here. Every «item» is another input, so that mixed-up requests show.
 */
#ifndef CONFORMANCE_SAMPLE_H
#define CONFORMANCE_SAMPLE_H

#include <stddef.h>

#include <dli/backend.h>

#define SAMPLE_ITEMS 4

struct sample {
    char path[512];
    char weights_path[512]; /**< of a format of two files; else empty */
    const char *format;
    struct dli_io io; /**< as the model file says */
    size_t input_count;
    size_t output_count; /**< elements, f32 */
    float *input[SAMPLE_ITEMS];
    float *output[SAMPLE_ITEMS];
};

/** Names of the models made for `format`, NULL-terminated; NULL when nothing here writes the
 * format. */
const char *const *sample_names(const char *format);

/** Writes the model into `folder` and computes inputs and outputs. */
int sample_make(struct sample *out, const char *format, const char *name, const char *folder,
                struct dli_error *err);
void sample_release(struct sample *sample);

/** Largest difference to the expected outputs of `item`, as a fraction of their largest value. */
double sample_error(const struct sample *sample, int item, const struct dli_tensor *output);

#endif

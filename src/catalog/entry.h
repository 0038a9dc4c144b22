/**
 * entry.h - what the catalog knows about one model in one format; the rooms' inner header.
 */
#ifndef CATALOG_ENTRY_H
#define CATALOG_ENTRY_H

#include "base/hash.h"
#include "base/strbuf.h"
#include "catalog/catalog.h"

struct catalog_entry {
    char *name; /**< for the row: a zoo model's canonical name, else as the user wrote it */
    char *path;
    char *weights_path; /**< or NULL */
    const char *format;
    char *refusal; /**< why the format cannot hold the model, of which there is no file then; or NULL */
    char sha256[SHA256_HEX_SIZE];
    int64_t parameter_count; /**< -1 unknown */
    int64_t mac_count;       /**< of the whole batch, -1 unknown */
    int batch;               /**< the model's own, 0: whatever the test says */
    bool is_approximate;
    bool is_zoo;
    bool has_outputs; /**< false: outputs mean nothing (null backend) */
};

void catalog_entry_release(struct catalog_entry *entry);

/** A file of the user's, for a framework that reads `formats` (NULL: unknown). */
DLI_MUST_CHECK int catalog_file(struct catalog_entry *out, const char *path,
                                const char *const *formats, struct dli_error *err);

/** «null:1x3x8x8»: inputs of these shapes, separated by commas, and one output of 10 values per
 * sample. */
DLI_MUST_CHECK int catalog_null(struct catalog_entry *out, const char *spec, const char *cache,
                                struct dli_error *err);

/** Which zoo model, and for whom. */
struct zoo_request {
    const char *spec;
    int batch;
    uint64_t seed; /**< of the inputs, and of the weights unless the specification says otherwise */
    const char *const *formats; /**< of the framework; NULL: unknown */
    const char *cache;
    const struct catalog_options *options;
};

/** The model's file, written unless it is in the cache. */
DLI_MUST_CHECK int catalog_zoo(struct catalog_entry *out, const struct zoo_request *request,
                               struct dli_error *err);

/**
 * Path of the zoo model's reference outputs for random inputs of `seed`, computed unless it is in
 * the cache. They cover the first samples of the batch, as many as cost little.
 */
DLI_MUST_CHECK int catalog_zoo_reference(char **out, const struct zoo_request *request,
                                         struct dli_error *err);

/** Path under which outputs of a user's model are kept: by model, inputs, shapes and seed. Owned by
 * the caller. */
char *catalog_stored_reference(const struct test *test, const struct test_model *model,
                               const char *cache);

/** Elements of all initialisers of an ONNX file that are numbers with a fraction or 8-bit; -1 when
 * unreadable. */
int64_t catalog_onnx_parameters(const char *path);

/** A line to the user about work that takes seconds. */
void catalog_say(const struct catalog_options *options, const char *format, ...) DLI_PRINTF(2, 3);

#endif

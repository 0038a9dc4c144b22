/**
 * catalog.h - from a model as the user names it to the file that a worker loads.
 *
 * A name is, in this order: a file; «null:1x3x8x8» (shapes for the null backend); a zoo model, with
 * or without «zoo:». Zoo models are written once, in the first format that the framework reads,
 * into the cache folder (docs/formats.md §7) and found there by their fingerprint. Every model gets
 * its format, SHA-256, parameter and multiply-add counts, and the path of its reference outputs:
 * those of zoo models are computed here by the reference executor, those of other models are stored
 * by the first test that runs. Not thread-safe.
 */
#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include "plan/test.h"

/** The formats that a framework reads, best first; NULL: unknown, e.g. because it is not installed.
 */
struct catalog_framework {
    const char *name;
    const char *const *formats; /**< NULL-terminated */
};

struct catalog_options {
    const struct catalog_framework *framework; /**< ended by a NULL name; may be NULL */
    const char *cache;                         /**< folder; NULL: file_cache_folder */
    bool has_no_reference;                     /**< leave outputs unchecked */
    /** Before something that takes seconds: «writing resnet-50 (98 MiB)». May be NULL. */
    void (*on_step)(const char *text, void *data);
    void *data;
};

/**
 * Fills path, weights_path, format, sha256, counts and reference_path of every model and makes the
 * tests' ids anew. DLI_E_NOTFOUND for names that are nothing, DLI_E_ARG for bad specifications,
 * DLI_E_PARSE and DLI_E_IO for files.
 */
DLI_MUST_CHECK int catalog_resolve(struct test *test, int test_count,
                                   const struct catalog_options *options, struct dli_error *err);

/**
 * For tests that were resolved earlier, e.g. of a journal: models and references of the zoo that
 * are no longer there are made again and must have the same hash (DLI_E_MISMATCH). DLI_E_NOTFOUND:
 * a user's file is gone.
 */
DLI_MUST_CHECK int catalog_restore(struct test *test, int test_count,
                                   const struct catalog_options *options, struct dli_error *err);

/** The format by a file's extension: "onnx", "openvino", …; NULL when it is none that we know. */
const char *catalog_format_of(const char *path);

/** Text that names every known extension, for messages and help. */
const char *catalog_extensions(void);

#endif

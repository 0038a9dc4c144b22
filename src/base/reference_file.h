/**
 * reference_file.h - expected outputs of a model on disk (docs/formats.md, section 6).
 */
#ifndef BASE_REFERENCE_FILE_H
#define BASE_REFERENCE_FILE_H

#include <dli/tensor.h>

#define REFERENCE_MAX_OUTPUTS 32

struct reference_file {
    char origin[128]; /**< "zoo", or the framework and version that made it */
    uint64_t seed;
    int output_count;
    struct dli_tensor output[REFERENCE_MAX_OUTPUTS]; /**< data owned, but borrowed when written */
};

/** Checks every size against the file's. DLI_E_NOTFOUND, DLI_E_PARSE, DLI_E_NOMEM. Release in any
 * case. */
DLI_MUST_CHECK int reference_file_read(struct reference_file *out, const char *path,
                                       struct dli_error *err);
/** Atomically; shapes must be fixed. */
DLI_MUST_CHECK int reference_file_write(const struct reference_file *reference, const char *path,
                                        struct dli_error *err);
void reference_file_release(struct reference_file *reference);

#endif

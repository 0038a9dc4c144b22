/**
 * file.h - whole files and folders. Paths are borrowed; every error text begins with the path.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dli/error.h>

#include "base/strbuf.h"

/**
 * Appends the whole file to `out`. DLI_E_NOTFOUND, DLI_E_IO, or DLI_E_NOMEM when it is longer than
 * `limit_bytes`. "-" reads standard input. On failure `out` is as before.
 */
DLI_MUST_CHECK int file_read(struct strbuf *out, const char *path, size_t limit_bytes,
                             struct dli_error *err);

/** Writes to a temporary neighbour, fsyncs and renames: readers see the old file or the new one. */
DLI_MUST_CHECK int file_write_atomic(const char *path, const void *data, size_t bytes,
                                     struct dli_error *err);

/** write(2) until everything is out, across interruptions. DLI_E_IO names `what`. */
DLI_MUST_CHECK int file_write_all(int fd, const void *data, size_t bytes, const char *what,
                                  struct dli_error *err);

/** mkdir -p with mode 0755. */
DLI_MUST_CHECK int file_make_folders(const char *path, struct dli_error *err);

bool file_exists(const char *path);
bool file_is_folder(const char *path);

/** Bytes of a regular file, -1 when there is none. */
int64_t file_bytes(const char *path);

/** Text of a one-line file such as those in /sys, without the newline; false when unreadable. */
bool file_read_line(char *out, size_t out_bytes, const char *path);

/** The part after the last '/'; the part after its last '.' ("" if none). Borrowed from `path`. */
const char *file_name(const char *path);
const char *file_extension(const char *path);

/** `$XDG_CACHE_HOME/dli/<below>` or `~/.cache/dli/<below>`, created; DLI_CACHE_DIR overrides. */
DLI_MUST_CHECK int file_cache_folder(struct strbuf *out, const char *below, struct dli_error *err);

#endif

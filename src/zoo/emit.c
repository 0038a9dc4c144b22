#include "zoo/emit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"

const struct emitter *const emitters[] = {&emitter_onnx, &emitter_null, NULL};

const struct emitter *emit_find(const char *format)
{
    for (const struct emitter *const *emitter = emitters; *emitter; emitter++)
        if (strcmp((*emitter)->format, format) == 0)
            return *emitter;
    return NULL;
}

struct file_sink {
    int fd;
    const char *path;
    struct sha256 *hash;
};

static int write_to_file(const void *data, size_t bytes, void *memory, struct dli_error *err)
{
    struct file_sink *sink = memory;
    sha256_add(sink->hash, data, bytes);
    return file_write_all(sink->fd, data, bytes, sink->path, err);
}

int emit_file(const struct graph *graph, const struct emitter *emitter, const char *path, char sha256[SHA256_HEX_SIZE],
              struct dli_error *err)
{
    char *temporary = xasprintf("%s.%ld.tmp", path, (long)getpid());
    struct file_sink sink = {open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), path, sha256_new()};
    int result = DLI_OK;
    if (sink.fd < 0) {
        result = dli_fail(err, DLI_E_IO, "%s: cannot create: %s", path, strerror(errno));
        goto out;
    }
    result = emitter->emit(graph, write_to_file, &sink, err);
    if (close(sink.fd) != 0 && result == DLI_OK)
        result = dli_fail(err, DLI_E_IO, "%s: cannot write: %s", path, strerror(errno));
    if (result == DLI_OK && rename(temporary, path) != 0)
        result = dli_fail(err, DLI_E_IO, "%s: cannot replace: %s", path, strerror(errno));
    if (result == DLI_OK) {
        sha256_finish(sink.hash, sha256);
        sink.hash = NULL;
    } else {
        unlink(temporary);
    }
out:
    sha256_free(sink.hash);
    free(temporary);
    return result;
}

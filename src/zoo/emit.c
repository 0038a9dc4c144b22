#include "zoo/emit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"

const struct emitter *const emitters[] = {
    &emitter_onnx,       &emitter_openvino, &emitter_tflite, &emitter_torchscript,
    &emitter_tensorflow, &emitter_caffe,    &emitter_null,   NULL};

const struct emitter *emit_find(const char *format)
{
    for (const struct emitter *const *emitter = emitters; *emitter; emitter++)
        if (strcmp((*emitter)->format, format) == 0)
            return *emitter;
    return NULL;
}

// What the emitter writes is gathered into blocks. This thread makes and writes them while another
// hashes: each takes about as long as the other.
enum { BLOCK = 1 << 20, BLOCK_COUNT = 4 };

struct file_sink {
    int fd;
    const char *path;
    struct sha256 *hash;
    bool has_hasher;
    pthread_t hasher;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned char *block[BLOCK_COUNT];
    size_t bytes[BLOCK_COUNT];
    unsigned filled, hashed; // blocks so far; block i lies in slot i % BLOCK_COUNT
    bool is_finished;
};

static void *hash_blocks(void *memory)
{
    struct file_sink *sink = memory;
    pthread_mutex_lock(&sink->lock);
    for (;;) {
        while (sink->hashed == sink->filled && !sink->is_finished)
            pthread_cond_wait(&sink->changed, &sink->lock);
        if (sink->hashed == sink->filled)
            break;
        unsigned slot = sink->hashed % BLOCK_COUNT;
        pthread_mutex_unlock(&sink->lock);
        sha256_add(sink->hash, sink->block[slot], sink->bytes[slot]);
        pthread_mutex_lock(&sink->lock);
        sink->hashed++;
        pthread_cond_signal(&sink->changed);
    }
    pthread_mutex_unlock(&sink->lock);
    return NULL;
}

static void sink_open(struct file_sink *sink)
{
    sink->hash = sha256_new();
    pthread_mutex_init(&sink->lock, NULL);
    pthread_cond_init(&sink->changed, NULL);
    for (int i = 0; i < BLOCK_COUNT; i++)
        sink->block[i] = xmalloc(BLOCK);
    sink->has_hasher = pthread_create(&sink->hasher, NULL, hash_blocks, sink) == 0;
}

// Hands the current block on and waits for a free one.
static int sink_flush(struct file_sink *sink, struct dli_error *err)
{
    unsigned slot = sink->filled % BLOCK_COUNT;
    if (!sink->has_hasher) {
        sha256_add(sink->hash, sink->block[slot], sink->bytes[slot]);
        sink->hashed++;
    }
    pthread_mutex_lock(&sink->lock);
    sink->filled++;
    pthread_cond_signal(&sink->changed);
    pthread_mutex_unlock(&sink->lock);
    int result = file_write_all(sink->fd, sink->block[slot], sink->bytes[slot], sink->path, err);
    pthread_mutex_lock(&sink->lock);
    while (sink->filled - sink->hashed >= BLOCK_COUNT)
        pthread_cond_wait(&sink->changed, &sink->lock);
    pthread_mutex_unlock(&sink->lock);
    sink->bytes[sink->filled % BLOCK_COUNT] = 0;
    return result;
}

static int write_to_file(const void *data, size_t bytes, void *memory, struct dli_error *err)
{
    struct file_sink *sink = memory;
    int result = DLI_OK;
    while (bytes > 0 && result == DLI_OK) {
        unsigned slot = sink->filled % BLOCK_COUNT;
        size_t space = BLOCK - sink->bytes[slot];
        size_t part = bytes < space ? bytes : space;
        memcpy(sink->block[slot] + sink->bytes[slot], data, part);
        sink->bytes[slot] += part;
        data = (const char *)data + part;
        bytes -= part;
        if (part == space)
            result = sink_flush(sink, err);
    }
    return result;
}

// Writes and hashes what is left, ends the hasher and frees everything but the descriptor.
static int sink_close(struct file_sink *sink, int result, char sha256[SHA256_HEX_SIZE],
                      struct dli_error *err)
{
    if (result == DLI_OK)
        result = sink_flush(sink, err);
    pthread_mutex_lock(&sink->lock);
    sink->is_finished = true;
    pthread_cond_signal(&sink->changed);
    pthread_mutex_unlock(&sink->lock);
    if (sink->has_hasher)
        pthread_join(sink->hasher, NULL);
    for (int i = 0; i < BLOCK_COUNT; i++)
        free(sink->block[i]);
    pthread_cond_destroy(&sink->changed);
    pthread_mutex_destroy(&sink->lock);
    sha256_finish(sink->hash, sha256);
    return result;
}

static int write_file(const struct graph *graph, emit_fn emit, const char *path,
                      char sha256[SHA256_HEX_SIZE], struct dli_error *err)
{
    char *temporary = xasprintf("%s.%ld.tmp", path, (long)getpid());
    struct file_sink sink = {.fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644),
                             .path = path};
    int result = DLI_OK;
    if (sink.fd < 0) {
        result = dli_fail(err, DLI_E_IO, "%s: cannot create: %s", path, strerror(errno));
        goto out;
    }
    sink_open(&sink);
    result = sink_close(&sink, emit(graph, write_to_file, &sink, err), sha256, err);
    if (close(sink.fd) != 0 && result == DLI_OK)
        result = dli_fail(err, DLI_E_IO, "%s: cannot write: %s", path, strerror(errno));
    if (result == DLI_OK && rename(temporary, path) != 0)
        result = dli_fail(err, DLI_E_IO, "%s: cannot replace: %s", path, strerror(errno));
    if (result != DLI_OK)
        unlink(temporary);
out:
    free(temporary);
    return result;
}

char *emit_weights_path(const struct emitter *emitter, const char *path)
{
    if (!emitter->emit_weights)
        return NULL;
    size_t stem = strlen(path) - strlen(file_extension(path));
    return xasprintf("%.*s%s", (int)stem, path, emitter->weights_extension);
}

int emit_file(const struct graph *graph, const struct emitter *emitter, const char *path,
              char sha256[SHA256_HEX_SIZE], struct dli_error *err)
{
    char both[2 * SHA256_HEX_SIZE];
    char second[SHA256_HEX_SIZE] = "";
    char *weights_path = emit_weights_path(emitter, path);
    int result = DLI_OK;
    if (weights_path)
        result = write_file(graph, emitter->emit_weights, weights_path, second, err);
    if (result == DLI_OK)
        result = write_file(graph, emitter->emit, path, sha256, err);
    if (result == DLI_OK && weights_path) {
        snprintf(both, sizeof(both), "%s%s", sha256, second);
        sha256_memory(sha256, both, strlen(both));
    }
    free(weights_path);
    return result;
}

/**
 * emit.h - graphs in the frameworks' own formats.
 *
 * An emitter writes its format through a sink, streaming: memory is bounded by the graph and one tensor. The
 * same graph gives the same bytes each time. A new format is one file in emit/ and one line in emit.c.
 */
#ifndef ZOO_EMIT_H
#define ZOO_EMIT_H

#include "base/hash.h"
#include "zoo/graph.h"

/** Takes `bytes` bytes; a negative code stops the emitter, which passes it on. */
typedef int (*emit_write_fn)(const void *data, size_t bytes, void *sink, struct dli_error *err);

typedef int (*emit_fn)(const struct graph *graph, emit_write_fn write, void *sink, struct dli_error *err);

struct emitter {
    const char *format;    /**< as backends list it: "onnx" */
    const char *extension; /**< of the file */
    emit_fn emit;
    /** A second file of the format, which holds the weights; NULL: there is none. */
    const char *weights_extension;
    emit_fn emit_weights;
};

/** NULL-terminated. */
extern const struct emitter *const emitters[];

/** The emitter of a format, NULL if there is none. */
const struct emitter *emit_find(const char *format);

/** Path of the second file beside `path`, to be freed; NULL where the format has none. */
char *emit_weights_path(const struct emitter *emitter, const char *path);

/**
 * Writes to `path` by way of a temporary neighbour that is renamed, and a second file first if the format
 * has one. `sha256` receives the file's hash, computed on the way; that of two files is the hash of the
 * text of both hashes. DLI_E_UNSUPPORTED names what the format cannot express.
 */
DLI_MUST_CHECK int emit_file(const struct graph *graph, const struct emitter *emitter, const char *path,
                             char sha256[SHA256_HEX_SIZE], struct dli_error *err);

extern const struct emitter emitter_onnx;
extern const struct emitter emitter_openvino;
extern const struct emitter emitter_tflite;
extern const struct emitter emitter_torchscript;
extern const struct emitter emitter_tensorflow;
extern const struct emitter emitter_caffe;
extern const struct emitter emitter_null;

#endif

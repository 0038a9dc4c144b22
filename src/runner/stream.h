/**
 * stream.h - bytes from a worker into records: whole lines, each one JSON object with a "record"
 * word.
 *
 * What a worker writes is hostile until checked: a framework may write into the pipe, or the worker
 * may be gone mad. The first bad line ends the stream with DLI_E_PROTOCOL. Private to this room.
 */
#ifndef RUNNER_STREAM_H
#define RUNNER_STREAM_H

#include <jansson.h>

#include "base/strbuf.h"

#define STREAM_MAX_LINE_BYTES ((size_t)16 << 20)

/** Takes one record, borrowed; a negative code ends the stream. */
typedef int (*stream_record_fn)(const char *kind, const json_t *record, void *data,
                                struct dli_error *err);

struct stream {
    struct strbuf rest; /**< a line that is not whole yet */
    stream_record_fn on_record;
    void *data;
};

DLI_MUST_CHECK int stream_feed(struct stream *stream, const char *data, size_t bytes,
                               struct dli_error *err);
void stream_release(struct stream *stream);

#endif

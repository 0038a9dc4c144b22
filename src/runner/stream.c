#include "runner/stream.h"

#include "base/json.h"

static int take_line(struct stream *stream, const char *line, size_t bytes, struct dli_error *err)
{
    struct dli_error cause;
    json_t *record = NULL;
    const char *kind = NULL;
    int result = json_parse_object(&record, line, bytes, &cause);
    if (result == DLI_OK)
        result = json_get_string(&kind, record, "record", &cause);
    if (result != DLI_OK || !kind)
        result =
            dli_fail(err, DLI_E_PROTOCOL, "the worker wrote something that is no record: '%.*s%s'",
                     (int)(bytes < 60 ? bytes : 60), line, bytes > 60 ? "..." : "");
    else
        result = stream->on_record(kind, record, stream->data, err);
    json_decref(record);
    return result;
}

int stream_feed(struct stream *stream, const char *data, size_t bytes, struct dli_error *err)
{
    int result = DLI_OK;
    while (bytes > 0 && result == DLI_OK) {
        const char *newline = memchr(data, '\n', bytes);
        size_t part = newline ? (size_t)(newline - data) : bytes;
        if (stream->rest.length + part > STREAM_MAX_LINE_BYTES)
            return dli_fail(err, DLI_E_PROTOCOL, "the worker wrote a line of more than %zu bytes",
                            STREAM_MAX_LINE_BYTES);
        strbuf_add(&stream->rest, data, part);
        if (!newline)
            return DLI_OK;
        result = take_line(stream, strbuf_text(&stream->rest), stream->rest.length, err);
        strbuf_reset(&stream->rest);
        data += part + 1;
        bytes -= part + 1;
    }
    return result;
}

void stream_release(struct stream *stream)
{
    strbuf_release(&stream->rest);
}

// Both ends of a worker: the test that it reads and the records that the runner reads.
#include <stdlib.h>

#include "base/json.h"
#include "runner/row.h"
#include "runner/stream.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes);

static int take(const char *kind, const json_t *record, void *data, struct dli_error *err)
{
    return row_take(data, kind, record, err);
}

static void read_records(const char *text, size_t bytes)
{
    struct test test;
    struct row row;
    struct dli_error broken = {0};
    struct stream stream = {.on_record = take, .data = &row};
    const struct subprocess_end process = {.kind = SUBPROCESS_EXITED};
    struct row_end end = {.process = &process, .broken = &broken, .log_tail = ""};
    test_init(&test);
    test_add_model(&test);
    row_open(&row, &test, NULL);
    size_t half = bytes / 2; // a record may come in pieces
    if (stream_feed(&stream, text, half, &broken) == DLI_OK &&
        stream_feed(&stream, text + half, bytes - half, &broken) != DLI_OK &&
        broken.text[0] == '\0')
        abort();
    enum runner_status status = row_close(&row, &end);
    const char *word = json_string_value(json_object_get(row.columns, "status"));
    if (!word || strcmp(word, runner_status_name(status)) != 0)
        abort();
    if (json_string_value(json_object_get(row.columns, "test_id")) == NULL)
        abort(); // a worker cannot take a row's identity away
    row_release(&row);
    stream_release(&stream);
    test_release(&test);
}

static void read_test(const char *text, size_t bytes)
{
    json_t *object = NULL;
    struct test test;
    struct dli_error err = {0};
    if (json_parse_object(&object, text, bytes, &err) != DLI_OK)
        return;
    if (test_from_json(&test, object, &err) == DLI_OK)
        test_make_id(&test);
    else if (err.text[0] == '\0')
        abort();
    test_release(&test);
    json_decref(object);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t bytes)
{
    read_test((const char *)data, bytes);
    read_records((const char *)data, bytes);
    return 0;
}

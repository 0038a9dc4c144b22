#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "runner/journal.h"

#define MAX_TESTS 10000000

struct reader {
    struct journal_content *out;
    int capacity;
    int announced_count;
};

static char *make_key(const char *id, int repeat)
{
    return xasprintf("%s-%d", id, repeat);
}

int journal_find(const struct journal_content *content, const char *id, int repeat)
{
    char *key = make_key(id, repeat);
    const json_t *position = json_object_get(content->index, key);
    free(key);
    return position ? (int)json_integer_value(position) : -1;
}

// The test that a record belongs to: its `id` and `repeat`. Negative code when there is none.
static int find_owner(int *out, const struct journal_content *content, const json_t *record,
                      struct dli_error *err)
{
    const char *id = "";
    int64_t repeat = 0;
    int result = json_get_string(&id, record, "id", err);
    if (result == DLI_OK)
        result = json_get_int(&repeat, record, "repeat", 0, INT32_MAX, err);
    if (result != DLI_OK)
        return result;
    *out = journal_find(content, id, (int)repeat);
    if (*out < 0)
        return dli_fail(err, DLI_E_PARSE, "no test has id '%.32s' and repeat %d", id, (int)repeat);
    return DLI_OK;
}

static int add_header(struct reader *reader, json_t *record, struct dli_error *err)
{
    int64_t schema = 0, count = 0;
    int result = json_get_int(&schema, record, "schema", INT64_MIN, INT64_MAX, err);
    if (result == DLI_OK)
        result = json_get_int(&count, record, "test_count", 0, MAX_TESTS, err);
    if (result != DLI_OK)
        return result;
    if (schema != 1)
        return dli_fail(err, DLI_E_PARSE, "schema %lld is not known to this DLI",
                        (long long)schema);
    if (reader->out->header)
        return dli_fail(err, DLI_E_PARSE, "a second header");
    reader->out->header = json_incref(record);
    reader->announced_count = (int)count;
    return DLI_OK;
}

static int add_test(struct reader *reader, const json_t *record, struct dli_error *err)
{
    struct journal_content *out = reader->out;
    json_t *object = NULL;
    int result = json_get_object(&object, record, "test", err);
    if (result != DLI_OK)
        return result;
    if (!object)
        return dli_fail(err, DLI_E_PARSE, "'test' is missing");
    if (out->test_count == reader->capacity) {
        reader->capacity = reader->capacity ? 2 * reader->capacity : 64;
        out->test = xrealloc(out->test, (size_t)reader->capacity, sizeof(*out->test));
        out->row = xrealloc(out->row, (size_t)reader->capacity, sizeof(*out->row));
    }
    struct test *test = &out->test[out->test_count];
    result = test_from_json(test, object, err);
    out->row[out->test_count++] = NULL;
    if (result != DLI_OK)
        return result;
    if (journal_find(out, test->id, test->repeat) >= 0)
        return dli_fail(err, DLI_E_PARSE, "test '%s' is there twice", test->id);
    char *key = make_key(test->id, test->repeat);
    json_object_set_new(out->index, key, json_integer(out->test_count - 1));
    free(key);
    return DLI_OK;
}

static int add_row(struct journal_content *out, const json_t *record, struct dli_error *err)
{
    int owner = -1;
    json_t *row = NULL;
    int result = find_owner(&owner, out, record, err);
    if (result == DLI_OK)
        result = json_get_object(&row, record, "row", err);
    if (result != DLI_OK)
        return result;
    if (!row)
        return dli_fail(err, DLI_E_PARSE, "'row' is missing");
    if (out->row[owner])
        return dli_fail(err, DLI_E_PARSE, "test '%s' has a row already", out->test[owner].id);
    out->row[owner] = json_incref(row);
    out->row_count++;
    return DLI_OK;
}

static int add_record(struct reader *reader, json_t *record, struct dli_error *err)
{
    const char *kind = "";
    int owner;
    int result = json_get_string(&kind, record, "record", err);
    if (result != DLI_OK)
        return result;
    if (strcmp(kind, "journal") == 0)
        return add_header(reader, record, err);
    if (!reader->out->header)
        return dli_fail(err, DLI_E_PARSE,
                        "not a journal of DLI: the first record must be 'journal'");
    if (strcmp(kind, "test") == 0)
        return add_test(reader, record, err);
    if (strcmp(kind, "row") == 0)
        return add_row(reader->out, record, err);
    if (strcmp(kind, "begin") == 0)
        reader->out->is_interrupted = true;
    if (strcmp(kind, "begin") == 0 || strcmp(kind, "worker") == 0)
        return find_owner(&owner, reader->out, record, err);
    if (strcmp(kind, "close") == 0) {
        const char *reason = "";
        result = json_get_string(&reason, record, "reason", err);
        reader->out->is_interrupted = strcmp(reason, "done") != 0;
        return result;
    }
    return dli_fail(err, DLI_E_PARSE, "unknown record '%.32s'", kind);
}

static int read_lines(struct reader *reader, FILE *file, const char *path, struct dli_error *err)
{
    char *line = NULL;
    size_t capacity = 0;
    int result = DLI_OK;
    for (int number = 1; result == DLI_OK; number++) {
        json_t *record = NULL;
        ssize_t bytes = getline(&line, &capacity, file);
        if (bytes < 0)
            break;
        reader->out->has_torn_tail = line[bytes - 1] != '\n';
        if (reader->out->has_torn_tail)
            break;
        result = json_parse_object(&record, line, (size_t)bytes, err);
        if (result == DLI_OK)
            result = add_record(reader, record, err);
        if (result != DLI_OK)
            dli_error_prepend(err, "%s:%d", path, number);
        json_decref(record);
    }
    if (result == DLI_OK && ferror(file))
        result = dli_fail(err, DLI_E_IO, "%s: cannot read: %s", path, strerror(errno));
    free(line);
    return result;
}

int journal_read(struct journal_content *out, const char *path, struct dli_error *err)
{
    struct reader reader = {.out = out};
    *out = (struct journal_content){.is_interrupted = true, .index = json_object()};
    FILE *file = fopen(path, "re");
    if (!file)
        return dli_fail(err, errno == ENOENT ? DLI_E_NOTFOUND : DLI_E_IO, "%s: %s", path,
                        strerror(errno));
    int result = read_lines(&reader, file, path, err);
    fclose(file);
    if (result != DLI_OK)
        return result;
    if (!out->header)
        return dli_fail(err, DLI_E_PARSE, "%s: not a journal of DLI: it is empty", path);
    if (out->test_count != reader.announced_count)
        return dli_fail(err, DLI_E_PARSE, "%s: holds %d of the %d tests that it announces", path,
                        out->test_count, reader.announced_count);
    return DLI_OK;
}

void journal_content_release(struct journal_content *content)
{
    if (!content)
        return;
    for (int i = 0; i < content->test_count; i++) {
        test_release(&content->test[i]);
        json_decref(content->row[i]);
    }
    free(content->test);
    free(content->row);
    json_decref(content->header);
    json_decref(content->index);
    *content = (struct journal_content){0};
}

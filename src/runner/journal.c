#include "runner/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/strbuf.h"

#define MAX_JOURNAL_BYTES ((size_t)4 << 30)

static int lock(struct journal *journal, struct dli_error *err)
{
    if (flock(journal->fd, LOCK_EX | LOCK_NB) == 0)
        return DLI_OK;
    return dli_fail(err, DLI_E_IO, "%s: another dli is writing this journal", journal->path);
}

int journal_create(struct journal *out, const char *path, struct dli_error *err)
{
    out->path = xstrdup(path);
    out->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
    if (out->fd < 0 && errno == EEXIST)
        return dli_fail(err, DLI_E_ARG, "%s exists: go on with --resume, or name another folder with --out", path);
    if (out->fd < 0)
        return dli_fail(err, DLI_E_IO, "%s: cannot create: %s", path, strerror(errno));
    return lock(out, err);
}

// A line that did not fit is taken back whole, so that what was written before stays readable.
int journal_append_lazily(struct journal *journal, const json_t *record, struct dli_error *err)
{
    struct stat before;
    char *line = json_to_line(record);
    size_t length = strlen(line);
    line[length] = '\n'; // in place of the NUL: one write, one line
    int result = DLI_OK;
    if (fstat(journal->fd, &before) != 0)
        result = dli_fail(err, DLI_E_IO, "%s: %s", journal->path, strerror(errno));
    else
        result = file_write_all(journal->fd, line, length + 1, journal->path, err);
    if (result != DLI_OK && ftruncate(journal->fd, before.st_size) != 0)
        dli_error_prepend(err, "a torn line is left");
    free(line);
    return result;
}

int journal_append(struct journal *journal, const json_t *record, struct dli_error *err)
{
    int result = journal_append_lazily(journal, record, err);
    if (result == DLI_OK && fdatasync(journal->fd) != 0)
        result = dli_fail(err, DLI_E_IO, "%s: cannot write: %s", journal->path, strerror(errno));
    return result;
}

void journal_close(struct journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    journal->fd = -1;
    free(journal->path);
    journal->path = NULL;
}

void journal_contents_release(struct journal_contents *contents)
{
    for (int i = 0; i < contents->test_count; i++) {
        test_release(&contents->test[i]);
        json_decref(contents->row[i]);
    }
    free(contents->test);
    free(contents->row);
    json_decref(contents->head);
    memset(contents, 0, sizeof(*contents));
}

int journal_find(const struct journal_contents *contents, const char *id, int repeat)
{
    for (int i = 0; i < contents->test_count; i++)
        if (contents->test[i].repeat == repeat && strcmp(contents->test[i].id, id) == 0)
            return i;
    return -1;
}

static int add_test(struct journal_contents *contents, const json_t *record, struct dli_error *err)
{
    size_t count = (size_t)contents->test_count + 1;
    // Grown in powers of two: journals of 100,000 tests are read in one pass.
    if ((count & (count - 1)) == 0) {
        contents->test = xrealloc(contents->test, 2 * count, sizeof(*contents->test));
        contents->row = xrealloc(contents->row, 2 * count, sizeof(json_t *));
    }
    contents->row[contents->test_count] = NULL;
    return test_from_json(&contents->test[contents->test_count++], json_object_get(record, "test"), err);
}

static int add_row(struct journal_contents *contents, const json_t *record, int *last, struct dli_error *err)
{
    const char *id = json_string_value(json_object_get(record, "id"));
    int repeat = (int)json_integer_value(json_object_get(record, "repeat"));
    json_t *row = json_object_get(record, "row");
    int index = id ? *last + 1 : -1;
    // Rows mostly come in the order of the tests.
    if (index < 0 || index >= contents->test_count || contents->test[index].repeat != repeat ||
        strcmp(contents->test[index].id, id) != 0)
        index = id ? journal_find(contents, id, repeat) : -1;
    if (index < 0 || !json_is_object(row))
        return dli_fail(err, DLI_E_PARSE, "a row without its test");
    if (!contents->row[index])
        contents->row[index] = json_incref(row);
    *last = index;
    return DLI_OK;
}

static int take_record(struct journal_contents *contents, json_t *record, int *last, struct dli_error *err)
{
    const char *kind = json_string_value(json_object_get(record, "record"));
    if (!kind)
        return dli_fail(err, DLI_E_PARSE, "no 'record' in this line");
    if (strcmp(kind, "journal") == 0 && !contents->head)
        contents->head = json_incref(record);
    else if (strcmp(kind, "test") == 0)
        return add_test(contents, record, err);
    else if (strcmp(kind, "row") == 0)
        return add_row(contents, record, last, err);
    return DLI_OK;
}

// Reads every whole line; `*whole_bytes` is where the last of them ends.
static int parse(struct journal_contents *out, const struct strbuf *text, size_t *whole_bytes, struct dli_error *err)
{
    const char *next = strbuf_text(text);
    const char *end = next + text->length;
    int line_number = 0, last = -1;
    memset(out, 0, sizeof(*out));
    *whole_bytes = 0;
    while (next < end) {
        const char *newline = memchr(next, '\n', (size_t)(end - next));
        json_t *record = NULL;
        if (!newline)
            break; // torn tail
        line_number++;
        int result = json_parse_object(&record, next, (size_t)(newline - next), err);
        if (result == DLI_OK)
            result = take_record(out, record, &last, err);
        json_decref(record);
        if (result != DLI_OK) {
            dli_error_prepend(err, "line %d", line_number);
            return result;
        }
        next = newline + 1;
        *whole_bytes = (size_t)(next - strbuf_text(text));
    }
    return out->head ? DLI_OK : dli_fail(err, DLI_E_PARSE, "this is not a journal of dli");
}

static int read_and_parse(struct journal_contents *out, const char *path, size_t *whole_bytes, struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    memset(out, 0, sizeof(*out));
    int result = file_read(&text, path, MAX_JOURNAL_BYTES, err);
    if (result == DLI_OK) {
        result = parse(out, &text, whole_bytes, err);
        if (result != DLI_OK)
            dli_error_prepend(err, "%s", path);
    }
    strbuf_release(&text);
    return result;
}

int journal_read(struct journal_contents *out, const char *path, struct dli_error *err)
{
    size_t whole_bytes;
    return read_and_parse(out, path, &whole_bytes, err);
}

int journal_open(struct journal *out, struct journal_contents *contents, const char *path, struct dli_error *err)
{
    size_t whole_bytes = 0;
    memset(contents, 0, sizeof(*contents));
    out->path = xstrdup(path);
    out->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (out->fd < 0)
        return dli_fail(err, errno == ENOENT ? DLI_E_NOTFOUND : DLI_E_IO, "%s: %s", path, strerror(errno));
    int result = lock(out, err);
    if (result == DLI_OK)
        result = read_and_parse(contents, path, &whole_bytes, err);
    if (result == DLI_OK && ftruncate(out->fd, (off_t)whole_bytes) != 0)
        result = dli_fail(err, DLI_E_IO, "%s: cannot write: %s", path, strerror(errno));
    return result;
}

#include "report/report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "report/columns.h"
#include "report/value.h"

#define FILE_LIMIT_BYTES ((size_t)2 << 30)

void report_init(struct report *report)
{
    memset(report, 0, sizeof(*report));
    report->rows = json_array();
    report->machines = json_array();
}

void report_release(struct report *report)
{
    json_decref(report->rows);
    json_decref(report->machines);
    free(report->title);
    free(report->journal);
    memset(report, 0, sizeof(*report));
}

void report_set_title(struct report *report, const char *title)
{
    free(report->title);
    report->title = title ? xstrdup(title) : NULL;
}

void report_set_journal(struct report *report, const char *path)
{
    free(report->journal);
    report->journal = path ? xstrdup(path) : NULL;
}

static bool fits(const struct column *column, const json_t *value)
{
    if (!column || json_is_null(value))
        return true;
    switch (column->type) {
    case COLUMN_INTEGER:
    case COLUMN_REAL:
        return json_is_number(value);
    case COLUMN_BOOLEAN:
        return json_is_boolean(value);
    default:
        return true;
    }
}

// A flat value: text columns take the text of whatever came, so that a row is never lost for its
// form.
static json_t *flatten(const struct column *column, const json_t *value)
{
    json_t *flat = NULL;
    if (json_is_object(value) || json_is_array(value)) {
        char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
        flat = json_string_safe(text ? text : "");
        free(text);
    } else if (column && column->type == COLUMN_TEXT && !json_is_string(value) &&
               !json_is_null(value)) {
        struct strbuf text = STRBUF_INIT;
        value_add_text(&text, value);
        flat = json_string_safe(strbuf_text(&text));
        strbuf_release(&text);
    } else {
        flat = json_copy((json_t *)value);
    }
    return flat;
}

int report_add_row(struct report *report, const json_t *row, struct dli_error *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(row))
        return dli_fail(err, DLI_E_PARSE, "a row must be a JSON object");
    json_t *copy = json_object();
    const struct column *last = NULL;
    json_object_foreach((json_t *)row, key, value)
    {
        const struct column *column = report_next_column(last, key);
        last = column ? column : last;
        if (!fits(column, value)) {
            json_decref(copy);
            return dli_fail(err, DLI_E_PARSE, "column %s of a row must be %s", key,
                            column->type == COLUMN_BOOLEAN ? "true or false" : "a number");
        }
        json_object_set_new(copy, key, flatten(column, value));
    }
    json_array_append_new(report->rows, copy);
    return DLI_OK;
}

void report_add_machine(struct report *report, const json_t *machine)
{
    size_t index;
    json_t *known;
    if (!json_is_object(machine))
        return;
    json_array_foreach(report->machines, index, known)
    {
        if (json_equal(known, machine))
            return;
    }
    json_array_append_new(report->machines, json_deep_copy(machine));
}

static int take_record(struct report *report, const json_t *object, struct dli_error *err)
{
    const json_t *record = json_object_get(object, "record");
    if (!record)
        return report_add_row(report, object, err);
    const char *name = json_string_value(record);
    if (name && strcmp(name, "journal") == 0)
        report_add_machine(report, json_object_get(object, "machine"));
    if (name && strcmp(name, "row") == 0)
        return report_add_row(report, json_object_get(object, "row"), err);
    return DLI_OK;
}

static bool is_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r", text[i]) || text[i] == '\0')
            return false;
    return true;
}

int report_read_jsonl(struct report *report, const char *text, size_t bytes, const char *name,
                      struct dli_error *err)
{
    const char *end = text + bytes;
    long line = 0;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop ? stop : end) - text);
        json_t *object = NULL;
        line++;
        if (!is_blank(text, length)) {
            int result = json_parse_object(&object, text, length, err);
            // The writer was cut in the middle of this line; the test it belongs to runs again on
            // resume.
            if (result < 0 && !stop && line > 1)
                return DLI_OK;
            if (result == DLI_OK)
                result = take_record(report, object, err);
            json_decref(object);
            if (result < 0) {
                dli_error_prepend(err, "%s line %ld", name, line);
                return result;
            }
        }
        text = stop ? stop + 1 : end;
    }
    return DLI_OK;
}

int report_read_file(struct report *report, const char *path, struct dli_error *err)
{
    struct strbuf text = STRBUF_INIT;
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    int result = file_read(&text, path, FILE_LIMIT_BYTES, err);
    if (result == DLI_OK) {
        const char *start = strbuf_text(&text);
        bool is_json = start[strspn(start, " \t\r\n")] == '{';
        result = is_json ? report_read_jsonl(report, start, text.length, name, err)
                         : report_read_csv(report, start, text.length, name, err);
    }
    strbuf_release(&text);
    return result;
}

int report_save(const struct report *report, enum report_format format, const char *path,
                struct dli_error *err)
{
    static void (*const writers[])(const struct report *, struct strbuf *) = {
        [REPORT_CSV] = report_write_csv,
        [REPORT_JSONL] = report_write_jsonl,
        [REPORT_HTML] = report_write_html,
        [REPORT_DL22] = report_write_dl22,
    };
    struct strbuf out = STRBUF_INIT;
    writers[format](report, &out);
    int result =
        strcmp(path, "-") == 0
            ? file_write_all(STDOUT_FILENO, strbuf_text(&out), out.length, "standard output", err)
            : file_write_atomic(path, strbuf_text(&out), out.length, err);
    strbuf_release(&out);
    return result;
}

size_t report_row_count(const struct report *report)
{
    return json_array_size(report->rows);
}

size_t report_ok_count(const struct report *report)
{
    size_t index, count = 0;
    json_t *row;
    json_array_foreach(report->rows, index, row)
    {
        count += strcmp(row_text(row, "status"), "ok") == 0;
    }
    return count;
}

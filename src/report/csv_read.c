// Reads our own CSV back. The text may come from anywhere: every count is bounded and every fault
// names its line.
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "report/columns.h"
#include "report/report.h"
#include "report/value.h"

#define COLUMN_LIMIT 1024
#define CELL_LIMIT_BYTES ((size_t)1 << 20)

struct reader {
    const char *at, *end;
    long line;      // of the cell being read, from 1
    bool has_ended; // the last cell was the last of its record
    struct strbuf cell;
    int header_count;
    char **header;
    const struct column **column; // of every header, NULL for those that we do not know
};

static int read_quoted(struct reader *reader, struct dli_error *err)
{
    long first_line = reader->line;
    for (reader->at++; reader->at < reader->end; reader->at++) {
        if (*reader->at == '"') {
            reader->at++;
            if (reader->at == reader->end || *reader->at != '"')
                return DLI_OK;
        }
        reader->line += *reader->at == '\n';
        if (reader->cell.length >= CELL_LIMIT_BYTES)
            return dli_fail(err, DLI_E_PARSE, "line %ld: a cell is longer than %zu bytes",
                            first_line, CELL_LIMIT_BYTES);
        strbuf_addc(&reader->cell, *reader->at);
    }
    return dli_fail(err, DLI_E_PARSE, "line %ld: a quoted cell does not end", first_line);
}

static int read_plain(struct reader *reader, struct dli_error *err)
{
    const char *start = reader->at;
    while (reader->at < reader->end && !strchr(",\r\n\"", *reader->at))
        reader->at++;
    // strchr finds the terminating NUL as well: a NUL byte stops the loop and is refused by the
    // caller.
    if ((size_t)(reader->at - start) > CELL_LIMIT_BYTES)
        return dli_fail(err, DLI_E_PARSE, "line %ld: a cell is longer than %zu bytes", reader->line,
                        CELL_LIMIT_BYTES);
    strbuf_add(&reader->cell, start, (size_t)(reader->at - start));
    return DLI_OK;
}

// Reads one cell into reader->cell and steps over the comma or line end behind it.
static int read_cell(struct reader *reader, struct dli_error *err)
{
    strbuf_reset(&reader->cell);
    bool is_quoted = reader->at < reader->end && *reader->at == '"';
    int result = is_quoted ? read_quoted(reader, err) : read_plain(reader, err);
    if (result < 0)
        return result;
    if (memchr(strbuf_text(&reader->cell), '\0', reader->cell.length))
        return dli_fail(err, DLI_E_PARSE, "line %ld: a NUL byte in a cell", reader->line);
    reader->has_ended = true;
    if (reader->at == reader->end)
        return DLI_OK;
    if (*reader->at == ',') {
        reader->at++;
        reader->has_ended = false;
        return DLI_OK;
    }
    if (*reader->at == '\r' && reader->at + 1 < reader->end && reader->at[1] == '\n')
        reader->at++;
    if (*reader->at != '\n')
        return dli_fail(err, DLI_E_PARSE, "line %ld: unexpected character 0x%02x after a cell",
                        reader->line, (unsigned char)*reader->at);
    reader->at++;
    reader->line++;
    return DLI_OK;
}

static int read_header(struct reader *reader, struct dli_error *err)
{
    bool has_known = false;
    reader->header = xcalloc(COLUMN_LIMIT, sizeof(*reader->header));
    reader->column = xcalloc(COLUMN_LIMIT, sizeof(*reader->column));
    do {
        int result = read_cell(reader, err);
        if (result < 0)
            return result;
        const char *id = strbuf_text(&reader->cell);
        if (reader->header_count == COLUMN_LIMIT)
            return dli_fail(err, DLI_E_PARSE, "line 1: more than %d columns", COLUMN_LIMIT);
        for (int i = 0; i < reader->header_count; i++)
            if (strcmp(reader->header[i], id) == 0)
                return dli_fail(err, DLI_E_PARSE, "line 1: column '%.60s' stands there twice", id);
        const struct column *column = report_find_column(id);
        has_known = has_known || column;
        json_t *name = json_string_safe(id); // bad UTF-8 cannot be a key of a JSON object
        reader->column[reader->header_count] = column;
        reader->header[reader->header_count++] = xstrdup(json_string_value(name));
        json_decref(name);
    } while (!reader->has_ended);
    if (!has_known)
        return dli_fail(err, DLI_E_PARSE,
                        "line 1: none of the columns is known; expected a header such as "
                        "status,model,framework (docs/columns.md)");
    return DLI_OK;
}

// Takes away the quote that the writer put before a text that looks like a formula.
static const char *without_guard(const char *text)
{
    return text[0] == '\'' && text[1] != '\0' && strchr("=+-@\t\r\n'", text[1]) ? text + 1 : text;
}

static int add_cell(struct reader *reader, json_t *row, int index, struct dli_error *err)
{
    const struct column *column = reader->column[index];
    const char *text = strbuf_text(&reader->cell);
    json_t *value = NULL;
    bool is_text = !column || column->type == COLUMN_TEXT;
    int result = value_from_text(&value, column, is_text ? without_guard(text) : text, err);
    if (result < 0)
        return result;
    if (!json_is_null(value) && (column || text[0] != '\0'))
        json_object_set_new(row, reader->header[index], value);
    else
        json_decref(value);
    return DLI_OK;
}

static int read_record(struct reader *reader, struct report *report, struct dli_error *err)
{
    long line = reader->line;
    json_t *row = json_object();
    int count = 0, result = DLI_OK;
    do {
        result = read_cell(reader, err);
        if (result < 0)
            goto out;
        if (count == 0 && reader->has_ended && reader->cell.length == 0 && reader->header_count > 1)
            goto out; // an empty line
        if (count == reader->header_count) {
            result =
                dli_fail(err, DLI_E_PARSE, "line %ld: more cells than the header has columns (%d)",
                         line, reader->header_count);
            goto out;
        }
        result = add_cell(reader, row, count++, err);
        if (result < 0) {
            dli_error_prepend(err, "line %ld", line);
            goto out;
        }
    } while (!reader->has_ended);
    if (count < reader->header_count)
        result = dli_fail(err, DLI_E_PARSE, "line %ld: %d cells, but the header has %d columns",
                          line, count, reader->header_count);
    else
        result = report_add_row(report, row, err);
out:
    json_decref(row);
    return result;
}

int report_read_csv(struct report *report, const char *text, size_t bytes, const char *name,
                    struct dli_error *err)
{
    struct reader reader = {.at = text, .end = text + bytes, .line = 1};
    if (bytes >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        reader.at += 3;
    int result = reader.at == reader.end ? dli_fail(err, DLI_E_PARSE, "line 1: the file is empty")
                                         : read_header(&reader, err);
    while (result == DLI_OK && reader.at < reader.end)
        result = read_record(&reader, report, err);
    if (result < 0)
        dli_error_prepend(err, "%s", name);
    for (int i = 0; i < reader.header_count; i++)
        free(reader.header[i]);
    free(reader.header);
    free(reader.column);
    strbuf_release(&reader.cell);
    return result;
}

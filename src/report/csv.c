// CSV after RFC 4180: CRLF, comma, UTF-8, one header; quotes only where they are needed.
#include <string.h>

#include "report/columns.h"
#include "report/report.h"
#include "report/value.h"

static bool starts_formula(char c)
{
    return c != '\0' && strchr("=+-@\t\r\n", c) != NULL;
}

// Spreadsheets run a cell that begins so as a formula. A quote before it keeps it text; a text that
// already looks quoted gets another one, so that the reader can take exactly one away.
static bool needs_guard(const char *text)
{
    return starts_formula(text[0]) ||
           (text[0] == '\'' && (text[1] == '\'' || starts_formula(text[1])));
}

static void add_cell(struct strbuf *out, const json_t *value)
{
    if (!json_is_string(value)) {
        value_add_text(out, value);
        return;
    }
    const char *text = json_string_value(value);
    bool is_guarded = needs_guard(text);
    if (!is_guarded && text[strcspn(text, ",\"\r\n")] == '\0') {
        strbuf_adds(out, text);
        return;
    }
    strbuf_addc(out, '"');
    if (is_guarded)
        strbuf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '"')
            strbuf_addc(out, '"');
        strbuf_addc(out, *text);
    }
    strbuf_addc(out, '"');
}

void report_write_csv(const struct report *report, struct strbuf *out)
{
    size_t count, index;
    const struct column *columns = report_columns(&count);
    json_t *row;
    for (size_t i = 0; i < count; i++)
        strbuf_addf(out, "%s%s", i ? "," : "", columns[i].id);
    strbuf_adds(out, "\r\n");
    json_array_foreach(report->rows, index, row)
    {
        for (size_t i = 0; i < count; i++) {
            if (i)
                strbuf_addc(out, ',');
            add_cell(out, json_object_get(row, columns[i].id));
        }
        strbuf_adds(out, "\r\n");
    }
}

// JSON lines: the columns in their order, then whatever else the row holds.
#include <string.h>

#include "report/columns.h"
#include "report/report.h"
#include "report/value.h"

static void add_member(struct strbuf *out, size_t start, const char *key, const json_t *value)
{
    json_t *name = json_string(key);
    if (out->length > start)
        strbuf_addc(out, ',');
    value_add_json(out, name);
    strbuf_addc(out, ':');
    value_add_json(out, value);
    json_decref(name);
}

void report_write_jsonl(const struct report *report, struct strbuf *out)
{
    size_t count, index;
    const struct column *columns = report_columns(&count);
    const char *key;
    json_t *row, *value;
    json_array_foreach(report->rows, index, row)
    {
        strbuf_addc(out, '{');
        size_t start = out->length;
        for (size_t i = 0; i < count; i++) {
            value = json_object_get(row, columns[i].id);
            if (value && !json_is_null(value))
                add_member(out, start, columns[i].id, value);
        }
        json_object_foreach(row, key, value)
        {
            if (!report_find_column(key))
                add_member(out, start, key, value);
        }
        strbuf_adds(out, "}\n");
    }
}

// One self-contained page: style, program and rows in one file, with a policy that lets nothing
// else run or load.
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/hash.h"
#include "report/assets.h"
#include "report/columns.h"
#include "report/report.h"
#include "report/value.h"

static void add_escaped(struct strbuf *out, const char *text)
{
    for (; *text; text++) {
        const char *entity = *text == '<'   ? "&lt;"
                             : *text == '>' ? "&gt;"
                             : *text == '&' ? "&amp;"
                             : *text == '"' ? "&quot;"
                                            : NULL;
        if (entity)
            strbuf_adds(out, entity);
        else
            strbuf_addc(out, *text);
    }
}

// A source expression of the policy: 'sha256-<base64>'.
static void add_hash_source(struct strbuf *out, const char *data, size_t bytes)
{
    char hex[SHA256_HEX_SIZE];
    unsigned char digest[32], base64[48];
    sha256_memory(hex, data, bytes);
    for (size_t i = 0; i < sizeof(digest); i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        digest[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    int length = EVP_EncodeBlock(base64, digest, sizeof(digest));
    strbuf_adds(out, "'sha256-");
    strbuf_add(out, base64, (size_t)length);
    strbuf_adds(out, "'");
}

static void add_json_text(struct strbuf *out, const char *text)
{
    json_t *value = json_string(text);
    value_add_json(out, value);
    json_decref(value);
}

// A column that holds one value throughout is written once.
static const json_t *constant_of(const struct report *report, const char *id)
{
    size_t index;
    json_t *row;
    const json_t *first = json_object_get(json_array_get(report->rows, 0), id);
    json_array_foreach(report->rows, index, row)
    {
        const json_t *value = json_object_get(row, id);
        bool is_same = value == first || (value && first && json_equal(value, first));
        if (!is_same)
            return NULL;
    }
    return first ? first : json_null();
}

static void add_numbers(struct strbuf *out, const struct report *report, const char *id)
{
    size_t index;
    json_t *row;
    strbuf_adds(out, ",\"values\":[");
    json_array_foreach(report->rows, index, row)
    {
        if (index)
            strbuf_addc(out, ',');
        value_add_json(out, json_object_get(row, id));
    }
    strbuf_addc(out, ']');
}

// Texts repeat: each is written once, rows hold its index, -1 for none.
static void add_texts(struct strbuf *out, const struct report *report, const char *id)
{
    json_t *known = json_object(), *row;
    struct strbuf codes = STRBUF_INIT, cell = STRBUF_INIT;
    size_t index;
    strbuf_adds(out, ",\"texts\":[");
    json_array_foreach(report->rows, index, row)
    {
        const json_t *value = json_object_get(row, id);
        json_int_t code = -1;
        strbuf_reset(&cell);
        value_add_text(&cell, value);
        if (cell.length > 0) {
            const json_t *seen = json_object_get(known, strbuf_text(&cell));
            code = seen ? json_integer_value(seen) : (json_int_t)json_object_size(known);
            if (!seen) {
                json_object_set_new(known, strbuf_text(&cell), json_integer(code));
                strbuf_adds(out, code ? "," : "");
                add_json_text(out, strbuf_text(&cell));
            }
        }
        strbuf_addf(&codes, "%s%lld", index ? "," : "", (long long)code);
    }
    strbuf_addf(out, "],\"codes\":[%s]", strbuf_text(&codes));
    strbuf_release(&codes);
    strbuf_release(&cell);
    json_decref(known);
}

static void add_column(struct strbuf *out, const struct report *report, const struct column *column)
{
    const json_t *constant = constant_of(report, column->id);
    strbuf_addf(out, "{\"id\":\"%s\",\"title\":", column->id);
    add_json_text(out, column->title);
    strbuf_adds(out, ",\"unit\":");
    add_json_text(out, column->unit);
    strbuf_addf(out, ",\"type\":\"%s\",\"group\":\"%s\",\"shown\":%s,\"help\":",
                column_type_name(column->type), column->group, column->is_shown ? "true" : "false");
    add_json_text(out, column->help);
    if (constant) {
        strbuf_adds(out, ",\"constant\":");
        value_add_json(out, constant);
    } else if (column->type == COLUMN_INTEGER || column->type == COLUMN_REAL) {
        add_numbers(out, report, column->id);
    } else {
        add_texts(out, report, column->id);
    }
    strbuf_addc(out, '}');
}

// Machine objects are nested: jansson writes them, and what HTML could mistake is escaped
// afterwards. Inside JSON these characters stand only in strings, so the escape is valid wherever
// they are.
static void add_machines(struct strbuf *out, const struct report *report)
{
    char *text = json_dumps(report->machines, JSON_COMPACT | JSON_ENSURE_ASCII);
    for (const char *c = text ? text : "[]"; *c; c++) {
        if (*c == '<' || *c == '>' || *c == '&')
            strbuf_addf(out, "\\u%04x", *c);
        else
            strbuf_addc(out, *c);
    }
    free(text);
}

static void add_data(struct strbuf *out, const struct report *report, const char *title)
{
    size_t count;
    const struct column *columns = report_columns(&count);
    strbuf_adds(out, "{\"schema\":1,\"title\":");
    add_json_text(out, title);
    strbuf_adds(out, ",\"journal\":");
    add_json_text(out, report->journal ? report->journal : "journal.jsonl");
    strbuf_addf(out, ",\"count\":%zu,\"machines\":", json_array_size(report->rows));
    add_machines(out, report);
    strbuf_adds(out, ",\"columns\":[\n");
    for (size_t i = 0; i < count; i++) {
        strbuf_adds(out, i ? ",\n" : "");
        add_column(out, report, &columns[i]);
    }
    strbuf_adds(out, "\n]}");
}

void report_write_html(const struct report *report, struct strbuf *out)
{
    const char *title = report->title ? report->title : "Inference benchmark";
    strbuf_adds(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src ");
    add_hash_source(out, report_page_js, report_page_js_bytes);
    strbuf_adds(out, "; style-src ");
    add_hash_source(out, report_page_css, report_page_css_bytes);
    strbuf_adds(out, "; font-src data:; img-src data:; base-uri 'none'; form-action 'none'\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    add_escaped(out, title);
    strbuf_adds(out, "</title>\n<style>");
    strbuf_add(out, report_page_css, report_page_css_bytes);
    strbuf_adds(out, "</style>\n</head>\n<body>\n<div id=\"page\"></div>\n<noscript>This page "
                     "needs JavaScript to "
                     "show its table; the same rows are in the CSV file beside it.</noscript>\n"
                     "<script type=\"application/json\" id=\"data\">");
    add_data(out, report, title);
    strbuf_adds(out, "</script>\n<script>");
    strbuf_add(out, report_page_js, report_page_js_bytes);
    strbuf_adds(out, "</script>\n</body>\n</html>\n");
}

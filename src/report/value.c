#include "report/value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static void add_real(struct strbuf *out, double number)
{
    if (isfinite(number))
        strbuf_addf(out, "%.*g", REPORT_DIGITS, number);
}

void value_add_text(struct strbuf *out, const json_t *value)
{
    switch (value ? json_typeof(value) : JSON_NULL) {
    case JSON_STRING:
        strbuf_add(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        strbuf_addf(out, "%lld", (long long)json_integer_value(value));
        break;
    case JSON_REAL:
        add_real(out, json_real_value(value));
        break;
    case JSON_TRUE:
        strbuf_adds(out, "true");
        break;
    case JSON_FALSE:
        strbuf_adds(out, "false");
        break;
    default:
        break;
    }
}

// U+2028 and U+2029 end a line in older JavaScript; in UTF-8 they are E2 80 A8 and E2 80 A9.
static bool is_line_separator(const char *text, size_t left)
{
    return left >= 3 && memcmp(text, "\xe2\x80", 2) == 0 && ((unsigned char)text[2] & 0xfe) == 0xa8;
}

static void add_quoted(struct strbuf *out, const char *text, size_t length)
{
    strbuf_addc(out, '"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            strbuf_addc(out, '\\');
            strbuf_addc(out, (char)c);
        } else if (c < 0x20 || c == 0x7f || c == '<' || c == '>' || c == '&') {
            strbuf_addf(out, "\\u%04x", c);
        } else if (is_line_separator(text + i, length - i)) {
            strbuf_adds(out, (unsigned char)text[i + 2] == 0xa8 ? "\\u2028" : "\\u2029");
            i += 2;
        } else {
            strbuf_addc(out, (char)c);
        }
    }
    strbuf_addc(out, '"');
}

void value_add_json(struct strbuf *out, const json_t *value)
{
    size_t before = out->length;
    if (json_is_string(value))
        add_quoted(out, json_string_value(value), json_string_length(value));
    else
        value_add_text(out, value);
    if (out->length == before)
        strbuf_adds(out, "null");
}

static int number_from_text(json_t **out, const struct column *column, const char *text,
                            struct dli_error *err)
{
    char *end = NULL;
    // strtod and strtoll skip white space and read "nan", "inf" and hexadecimal: none of them is
    // ours.
    bool is_plain = text[strspn(text, "0123456789+-.eE")] == '\0' && text[0] != '+';
    errno = 0;
    if (is_plain && column->type == COLUMN_INTEGER) {
        long long number = strtoll(text, &end, 10);
        if (end != text && *end == '\0' && errno == 0) {
            *out = json_integer(number);
            return DLI_OK;
        }
    }
    double real = is_plain ? strtod(text, &end) : NAN;
    if (!is_plain || end == text || *end != '\0' || !isfinite(real))
        return dli_fail(err, DLI_E_PARSE, "column %s: '%.40s' is not a number", column->id, text);
    *out = json_real(real);
    return DLI_OK;
}

int value_from_text(json_t **out, const struct column *column, const char *text,
                    struct dli_error *err)
{
    *out = NULL;
    if (column && text[0] == '\0') {
        *out = json_null();
        return DLI_OK;
    }
    if (column && (column->type == COLUMN_INTEGER || column->type == COLUMN_REAL))
        return number_from_text(out, column, text, err);
    if (column && column->type == COLUMN_BOOLEAN) {
        bool is_true = strcmp(text, "true") == 0;
        if (!is_true && strcmp(text, "false") != 0)
            return dli_fail(err, DLI_E_PARSE, "column %s: '%.40s' is neither true nor false",
                            column->id, text);
        *out = json_boolean(is_true);
        return DLI_OK;
    }
    *out = json_string_safe(text);
    return DLI_OK;
}

const char *row_text(const json_t *row, const char *id)
{
    const char *text = json_string_value(json_object_get(row, id));
    return text ? text : "";
}

double row_number(const json_t *row, const char *id)
{
    const json_t *value = json_object_get(row, id);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

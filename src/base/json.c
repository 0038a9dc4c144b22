#include "base/json.h"

#include <math.h>
#include <stdlib.h>

#include "base/strbuf.h"

int json_parse_object(json_t **out, const char *text, size_t bytes, struct dli_error *err)
{
    json_error_t error;
    *out = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (!*out)
        return dli_fail(err, DLI_E_PARSE, "JSON line %d, column %d: %s", error.line, error.column,
                        error.text);
    if (json_is_object(*out))
        return DLI_OK;
    json_decref(*out);
    *out = NULL;
    return dli_fail(err, DLI_E_PARSE, "JSON: expected an object");
}

static bool is_absent(const json_t *value)
{
    return !value || json_is_null(value);
}

int json_get_string(const char **out, const json_t *object, const char *key, struct dli_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (is_absent(value))
        return DLI_OK;
    if (!json_is_string(value))
        return dli_fail(err, DLI_E_PARSE, "'%s' must be a string", key);
    *out = json_string_value(value);
    return DLI_OK;
}

int json_get_int(int64_t *out, const json_t *object, const char *key, int64_t min, int64_t max,
                 struct dli_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (is_absent(value))
        return DLI_OK;
    if (!json_is_integer(value))
        return dli_fail(err, DLI_E_PARSE, "'%s' must be a whole number", key);
    int64_t number = json_integer_value(value);
    if (number < min || number > max)
        return dli_fail(err, DLI_E_PARSE, "'%s' is %lld, must be within %lld..%lld", key,
                        (long long)number, (long long)min, (long long)max);
    *out = number;
    return DLI_OK;
}

int json_get_double(double *out, const json_t *object, const char *key, struct dli_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (is_absent(value))
        return DLI_OK;
    if (!json_is_number(value))
        return dli_fail(err, DLI_E_PARSE, "'%s' must be a number", key);
    *out = json_number_value(value);
    return DLI_OK;
}

int json_get_bool(bool *out, const json_t *object, const char *key, struct dli_error *err)
{
    const json_t *value = json_object_get(object, key);
    if (is_absent(value))
        return DLI_OK;
    if (!json_is_boolean(value))
        return dli_fail(err, DLI_E_PARSE, "'%s' must be true or false", key);
    *out = json_is_true(value);
    return DLI_OK;
}

int json_get_object(json_t **out, const json_t *object, const char *key, struct dli_error *err)
{
    json_t *value = json_object_get(object, key);
    *out = is_absent(value) ? NULL : value;
    if (*out && !json_is_object(value))
        return dli_fail(err, DLI_E_PARSE, "'%s' must be an object", key);
    return DLI_OK;
}

int json_get_array(json_t **out, const json_t *object, const char *key, struct dli_error *err)
{
    json_t *value = json_object_get(object, key);
    *out = is_absent(value) ? NULL : value;
    if (*out && !json_is_array(value))
        return dli_fail(err, DLI_E_PARSE, "'%s' must be a list", key);
    return DLI_OK;
}

// Length of the valid UTF-8 sequence at `text`, 0 if it is not one.
static size_t utf8_length(const unsigned char *text)
{
    unsigned char lead = text[0];
    size_t length = lead < 0x80   ? 1
                    : lead < 0xC2 ? 0
                    : lead < 0xE0 ? 2
                    : lead < 0xF0 ? 3
                    : lead < 0xF5 ? 4
                                  : 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    if ((lead == 0xE0 && text[1] < 0xA0) || (lead == 0xED && text[1] > 0x9F) ||
        (lead == 0xF0 && text[1] < 0x90) || (lead == 0xF4 && text[1] > 0x8F))
        return 0;
    return length;
}

json_t *json_string_safe(const char *text)
{
    json_t *value = json_string(text);
    if (value)
        return value;
    struct strbuf clean = STRBUF_INIT;
    const unsigned char *next = (const unsigned char *)text;
    while (*next) {
        size_t length = utf8_length(next);
        if (length)
            strbuf_add(&clean, next, length);
        else
            strbuf_adds(&clean, "\xEF\xBF\xBD");
        next += length ? length : 1;
    }
    value = json_string(strbuf_text(&clean));
    strbuf_release(&clean);
    return value ? value : json_null();
}

void json_put_string(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, text ? json_string_safe(text) : json_null());
}

void json_put_int(json_t *object, const char *key, int64_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

void json_put_double(json_t *object, const char *key, double value)
{
    json_object_set_new(object, key, isfinite(value) ? json_real(value) : json_null());
}

void json_put_bool(json_t *object, const char *key, bool value)
{
    json_object_set_new(object, key, json_boolean(value));
}

char *json_to_line(const json_t *value)
{
    char *line = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    if (!line)
        abort();
    return line;
}

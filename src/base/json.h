/**
 * json.h - checked access to JSON values (jansson) that come from files, workers or the network.
 *
 * Getters leave `*out` as it was when the key is absent, so defaults are set before; a value of the
 * wrong type or out of range is DLI_E_PARSE naming the key. Strings are borrowed from the object.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <dli/error.h>

/** Parses one JSON object of `bytes` bytes; depth and duplicates checked. Free with json_decref. */
DLI_MUST_CHECK int json_parse_object(json_t **out, const char *text, size_t bytes,
                                     struct dli_error *err);

DLI_MUST_CHECK int json_get_string(const char **out, const json_t *object, const char *key,
                                   struct dli_error *err);
DLI_MUST_CHECK int json_get_int(int64_t *out, const json_t *object, const char *key, int64_t min,
                                int64_t max, struct dli_error *err);
DLI_MUST_CHECK int json_get_double(double *out, const json_t *object, const char *key,
                                   struct dli_error *err);
DLI_MUST_CHECK int json_get_bool(bool *out, const json_t *object, const char *key,
                                 struct dli_error *err);
/** The member as object or array, NULL when absent (0 returned); borrowed. */
DLI_MUST_CHECK int json_get_object(json_t **out, const json_t *object, const char *key,
                                   struct dli_error *err);
DLI_MUST_CHECK int json_get_array(json_t **out, const json_t *object, const char *key,
                                  struct dli_error *err);

/** Setters that never fail: NULL text and non-finite numbers store JSON null; bad UTF-8 is
 * replaced. */
void json_put_string(json_t *object, const char *key, const char *text);
void json_put_int(json_t *object, const char *key, int64_t value);
void json_put_double(json_t *object, const char *key, double value);
void json_put_bool(json_t *object, const char *key, bool value);

/** A JSON string value from any bytes: invalid UTF-8 becomes U+FFFD. New reference. */
json_t *json_string_safe(const char *text);

/** One line without newline, keys in insertion order; free with free(). */
char *json_to_line(const json_t *value);

#endif

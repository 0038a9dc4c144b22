// Scalars as people write them: numbers, durations, sizes, fractions, yes and no.
#include "plan/options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

int options_parse_double(double *out, const char *text, struct dli_error *err)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        return dli_fail(err, DLI_E_ARG, "'%.60s' is not a number", text);
    *out = value;
    return DLI_OK;
}

int options_parse_int(int64_t *out, const char *text, int64_t min, int64_t max,
                      struct dli_error *err)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end)
        return dli_fail(err, DLI_E_ARG, "'%.60s' is not a whole number", text);
    if (errno == ERANGE || value < min || value > max)
        return dli_fail(err, DLI_E_ARG, "'%.60s' is not within %lld..%lld", text, (long long)min,
                        (long long)max);
    *out = value;
    return DLI_OK;
}

int options_parse_bool(bool *out, const char *text, struct dli_error *err)
{
    static const char *const words[][2] = {
        {"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        for (int value = 0; value < 2; value++)
            if (strcasecmp(text, words[i][value]) == 0) {
                *out = value;
                return DLI_OK;
            }
    return dli_fail(err, DLI_E_ARG, "'%.60s' is neither yes nor no", text);
}

struct unit {
    const char *name;
    double factor;
};

// A number followed by a unit of the table (ended by a NULL name); "" is the unit left out.
static int parse_with_unit(double *out, const char *text, const struct unit *units,
                           const char *what, struct dli_error *err)
{
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || !isfinite(value) || value < 0)
        return dli_fail(err, DLI_E_ARG, "'%.60s' is not a %s", text, what);
    while (*end == ' ')
        end++;
    for (; units->name; units++)
        if (strcasecmp(end, units->name) == 0) {
            *out = value * units->factor;
            return DLI_OK;
        }
    return dli_fail(err, DLI_E_ARG, "'%.60s': unknown unit '%.20s' for a %s", text, end, what);
}

int options_parse_duration(int64_t *out_ns, const char *text, struct dli_error *err)
{
    static const struct unit units[] = {{"", 1e9},     {"ns", 1},     {"us", 1e3},
                                        {"ms", 1e6},   {"s", 1e9},    {"m", 6e10},
                                        {"min", 6e10}, {"h", 3.6e12}, {NULL, 0}};
    double value = 0;
    int result = parse_with_unit(&value, text, units, "duration like 500ms, 10s or 5min", err);
    if (result != DLI_OK)
        return result;
    if (value > 3.1536e16)
        return dli_fail(err, DLI_E_ARG, "'%.60s' is longer than a year", text);
    *out_ns = (int64_t)value;
    return DLI_OK;
}

int options_parse_bytes(int64_t *out, const char *text, struct dli_error *err)
{
    static const struct unit units[] = {
        {"", 1},          {"k", 1024},       {"KiB", 1024},       {"M", 1048576},
        {"MiB", 1048576}, {"G", 1073741824}, {"GiB", 1073741824}, {NULL, 0}};
    double value = 0;
    int result = parse_with_unit(&value, text, units, "size like 512M or 2G", err);
    if (result != DLI_OK)
        return result;
    if (value > 1e15)
        return dli_fail(err, DLI_E_ARG, "'%.60s' is more memory than any machine has", text);
    *out = (int64_t)value;
    return DLI_OK;
}

int options_parse_fraction(double *out, const char *text, struct dli_error *err)
{
    static const struct unit units[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};
    double value = 0;
    int result = parse_with_unit(&value, text, units, "fraction like 1% or 0.01", err);
    if (result != DLI_OK)
        return result;
    if (value <= 0 || value >= 1)
        return dli_fail(err, DLI_E_ARG, "'%.60s' is not between 0 and 1", text);
    *out = value;
    return DLI_OK;
}

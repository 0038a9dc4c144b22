/**
 * options.h - the option engine: text into the fields that a `struct dli_option` table describes.
 *
 * One engine serves backends, the command line and plan files. Strings that end up in a struct are
 * owned by a `struct options_owner`, which must outlive it. Not thread-safe.
 */
#ifndef PLAN_OPTIONS_H
#define PLAN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include <dli/options.h>

#include <dli/error.h>

/** Memory behind string and list options. Zeroed is empty. */
struct options_owner {
    int count;
    void **memory;
};

void options_owner_release(struct options_owner *owner);

/** The entry called `name`, NULL if the table (or NULL) has none. */
const struct dli_option *options_find(const struct dli_option *table, const char *name);

/** The nearest name of the table for a message, NULL if none is near. Borrowed. */
const char *options_nearest(const struct dli_option *table, const char *name);

/**
 * Parses `text` into the field of `base` that `option` describes; for a list it is appended.
 * DLI_E_ARG names the option, the text, and what is allowed.
 */
DLI_MUST_CHECK int options_set(void *base, const struct dli_option *option, const char *text,
                               struct options_owner *owner, struct dli_error *err);

/** A table over one struct, as options_parse_args takes several. */
struct options_group {
    void *base;
    const struct dli_option *table;
};

/**
 * Parses a command line (without the program's and subcommand's names) against `groups` (ended by a
 * NULL table): --name VALUE, --name=VALUE, -x VALUE, --flag, --no-flag, «--». What is no option is
 * moved to the front of `argv` in order and counted in `*argument_count`.
 */
DLI_MUST_CHECK int options_parse_args(int *argument_count, const char **argv, int argc,
                                      const struct options_group *groups,
                                      struct options_owner *owner, struct dli_error *err);

/** «250ms», «1.5s», «2min», «1h» or plain seconds -> nanoseconds; range 0 … 1 year. */
DLI_MUST_CHECK int options_parse_duration(int64_t *out_ns, const char *text, struct dli_error *err);
/** «512k», «64MiB», «2G» (powers of 1024) or plain bytes. */
DLI_MUST_CHECK int options_parse_bytes(int64_t *out, const char *text, struct dli_error *err);
/** «1%» or «0.01» -> 0.01; must lie in (0, 1). */
DLI_MUST_CHECK int options_parse_fraction(double *out, const char *text, struct dli_error *err);
DLI_MUST_CHECK int options_parse_int(int64_t *out, const char *text, int64_t min, int64_t max,
                                     struct dli_error *err);
DLI_MUST_CHECK int options_parse_double(double *out, const char *text, struct dli_error *err);
DLI_MUST_CHECK int options_parse_bool(bool *out, const char *text, struct dli_error *err);

#endif

/**
 * plan.h - from a command line or a plan file to the list of tests.
 *
 * Lists and ranges of the sweep keys multiply; tests that come out equal are kept once. Order: the
 * entries of the file as they stand, within an entry the product in the order of PLAN_KEYS, the
 * last key fastest. In sync mode streams and requests have no meaning and are dropped. Paths,
 * hashes and ids are filled in later by the catalog.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "base/strbuf.h"
#include "plan/keys.h"
#include "plan/options.h"

#define PLAN_MAX_TESTS 100000

struct plan {
    char *name;        /**< of the file, or NULL */
    char *description; /**< or NULL */
    int test_count;
    struct test *test;
};

/** What the command line adds to a plan. Everything is borrowed during the call. */
struct plan_context {
    const struct plan_texts *texts; /**< keys given on the command line; they win over the file's */
    const char *const *frameworks;  /**< what «all» stands for; NULL-terminated */
};

void plan_release(struct plan *plan);

/** Tests from the command line alone. DLI_E_ARG names the key. */
DLI_MUST_CHECK int plan_from_texts(struct plan *out, const struct plan_context *context,
                                   struct dli_error *err);

/**
 * Tests from a YAML plan file. Every problem found is one line «file:line: what; did you mean …» in
 * `problems` (up to 20); `err` holds the first.
 */
DLI_MUST_CHECK int plan_read(struct plan *out, const char *path, const struct plan_context *context,
                             struct strbuf *problems, struct dli_error *err);

/** As plan_read, from `bytes` bytes of text called `name` in messages. */
DLI_MUST_CHECK int plan_parse(struct plan *out, const char *text, size_t bytes, const char *name,
                              const struct plan_context *context, struct strbuf *problems,
                              struct dli_error *err);

/** Appends the product of `texts` to the plan; keys of the command line win over them. */
DLI_MUST_CHECK int plan_expand(struct plan *plan, const struct plan_texts *texts,
                               const struct plan_context *context, struct dli_error *err);

/** Drops tests that are equal to an earlier one. */
void plan_remove_duplicates(struct plan *plan);

/** A table of the tests for people. */
void plan_print(struct strbuf *out, const struct plan *plan);

#endif

/**
 * campaign.h - tests to rows to reports: what bench and replay have in common.
 *
 * A campaign lives in a folder: journal.jsonl, logs/, and at the end results.csv, results.jsonl and
 * results.html. The reports are made from the journal, so they hold every finished row whatever
 * happened.
 */
#ifndef CLI_CAMPAIGN_H
#define CLI_CAMPAIGN_H

#include "cli/probe.h"
#include "plan/plan.h"

struct campaign_options {
    const char *folder;
    const char *csv, *html, *jsonl; /**< further copies, or NULL */
    const char *title;              /**< of the page, or NULL */
    bool is_json;                   /**< rows to stdout as JSON lines instead of a table */
    bool is_quiet;
    bool is_resume;
    bool is_shuffled;
    bool is_unchecked; /**< outputs are not compared with a reference */
    int argc;          /**< the command line, for the journal */
    const char **argv;
};

/** Makes frameworks known: «all» and the formats each reads. Probes those of `plan`. */
void campaign_probe(struct backend_list *list, const struct plan *plan);

/** Files, hashes and references of all tests. Prints and returns an exit status. */
int campaign_resolve(struct plan *plan, struct backend_list *backends,
                     const struct campaign_options *options);

/**
 * For tests of a journal that will run again (those without a row, or all when `row` is NULL):
 * files of the zoo that the cache has lost. Prints and returns an exit status.
 */
int campaign_restore(struct test *test, json_t *const *row, int test_count, bool is_quiet);

/** Runs and reports. Returns an exit status. */
int campaign_run(const struct plan *plan, const struct campaign_options *options);

/** «results/20261123-180501», made from the time in UTC. Owned by the caller. */
char *campaign_default_folder(const char *prefix);

#endif

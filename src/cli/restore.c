// Before tests of a journal run again: what the cache has lost is made again.
#include "cli/campaign.h"
#include "cli/cli.h"
#include "cli/progress.h"

int campaign_restore(struct test *test, json_t *const *row, int test_count, bool is_quiet)
{
    struct dli_error err = {0};
    struct progress progress;
    progress_init(&progress, is_quiet);
    struct catalog_options catalog = {.on_step = progress_step, .data = &progress};
    for (int i = 0; i < test_count; i++) {
        bool is_finished = row && row[i];
        if (!is_finished && catalog_restore(&test[i], 1, &catalog, &err) != DLI_OK)
            return cli_fail(&err);
    }
    return CLI_OK;
}

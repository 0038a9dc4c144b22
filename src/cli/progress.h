/**
 * progress.h - a campaign as it goes, on stderr: one line per finished test and, on a terminal, one
 * that moves.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "runner/runner.h"

struct progress {
    bool is_quiet;
    bool is_terminal; /**< stderr is one */
    bool is_coloured;
};

void progress_init(struct progress *progress, bool is_quiet);
/** A runner_event_fn; `data` is the struct progress. */
void progress_show(const struct runner_event *event, void *data);
/** Work before the first test; a catalog's on_step. `data` is the struct progress. */
void progress_step(const char *text, void *data);
/** Removes the line that moves. */
void progress_clear(struct progress *progress);

#endif

/**
 * result.h - from figures to records: the measured columns of a row, and why they can or cannot be trusted.
 */
#ifndef WORKER_RESULT_H
#define WORKER_RESULT_H

#include "worker/session.h"

/** The measured columns of a row. Of a session without a backend (a loop that the caller owns) those of its start are left out. */
json_t *result_row(const struct session *s, const struct measure_result *m);

/** Runs the measure and sends `framework` and `result` records. */
DLI_MUST_CHECK int result_measure(struct session *s, struct dli_error *err);

/** Sends the settings that the framework really took. */
void result_send_settings(struct session *s);

/** [{name, type, dim}, …]. New reference. */
json_t *result_describe(const struct dli_tensor_desc *desc, int count);

#endif

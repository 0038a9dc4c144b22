/**
 * dli/log.h - diagnostics of a backend, as opposed to results.
 *
 * The core hands every backend a `struct dli_log *` that names it ("worker/openvino"). A backend
 * logs through `host->log` and never writes to stdout or stderr. Never log between submit and
 * complete: that is the timed region. Any thread may log.
 */
#ifndef DLI_LOG_H
#define DLI_LOG_H

#include <dli/error.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dli_log;

/** Levels, each with what may use it. */
enum dli_log_level {
    DLI_LOG_ERROR, /**< the test fails because of this */
    DLI_LOG_WARN,  /**< the number is still good, but the user should know */
    DLI_LOG_INFO,  /**< a step that takes seconds began or ended */
    DLI_LOG_DEBUG, /**< decisions: which device, which properties */
    DLI_LOG_TRACE  /**< anything, but never per request */
};

typedef void (*dli_log_fn)(struct dli_log *log, enum dli_log_level level, const char *format, ...)
    DLI_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif
#endif

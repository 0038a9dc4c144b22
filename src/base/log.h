/**
 * log.h - diagnostics on stderr: a tree of named logs («runner/worker-3/openvino»).
 *
 * stdout is data; logs and progress go to stderr. Levels and what may use them: dli/log.h. A log
 * must outlive its children. Any thread may write: one line is one write(2).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include <dli/log.h>

struct dli_log {
    const struct dli_log *parent;
    char name[32];
    enum dli_log_level level; /**< messages above it are not written */
};

/** A root log when `parent` is NULL, else a child that takes over its parent's level. */
void log_init(struct dli_log *log, const struct dli_log *parent, const char *name);
void log_write(struct dli_log *log, enum dli_log_level level, const char *format, ...)
    DLI_PRINTF(3, 4);

#define log_error(log, ...) log_write((log), DLI_LOG_ERROR, __VA_ARGS__)
#define log_warn(log, ...) log_write((log), DLI_LOG_WARN, __VA_ARGS__)
#define log_info(log, ...) log_write((log), DLI_LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...) log_write((log), DLI_LOG_DEBUG, __VA_ARGS__)

/** True when stderr is a terminal and NO_COLOR is not set. */
bool log_is_coloured(void);

#endif

#include "base/log.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/strbuf.h"

void log_init(struct dli_log *log, const struct dli_log *parent, const char *name)
{
    log->parent = parent;
    log->level = parent ? parent->level : DLI_LOG_WARN;
    snprintf(log->name, sizeof(log->name), "%s", name);
}

bool log_is_coloured(void)
{
    const char *no_color = getenv("NO_COLOR");
    return isatty(STDERR_FILENO) && !(no_color && *no_color);
}

static void add_path(struct strbuf *line, const struct dli_log *log)
{
    if (log->parent) {
        add_path(line, log->parent);
        strbuf_addc(line, '/');
    }
    strbuf_adds(line, log->name);
}

void log_write(struct dli_log *log, enum dli_log_level level, const char *format, ...)
{
    static const char *const names[] = {"error", "warning", "info", "debug", "trace"};
    static const char *const colours[] = {"\033[31m", "\033[33m", "", "\033[2m", "\033[2m"};
    struct strbuf line = STRBUF_INIT;
    va_list args;
    if (!log || level > log->level)
        return;
    bool is_coloured = log_is_coloured();
    if (is_coloured)
        strbuf_adds(&line, colours[level]);
    strbuf_addc(&line, '[');
    add_path(&line, log);
    strbuf_addf(&line, "] %s: ", names[level]);
    va_start(args, format);
    strbuf_addv(&line, format, args);
    va_end(args);
    if (is_coloured)
        strbuf_adds(&line, "\033[0m");
    strbuf_addc(&line, '\n');
    if (write(STDERR_FILENO, line.text, line.length) < 0)
        level = DLI_LOG_TRACE; // nowhere left to report it
    strbuf_release(&line);
}

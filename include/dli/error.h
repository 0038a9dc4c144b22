/**
 * dli/error.h - how a function says that it failed.
 *
 * A fallible function returns `int`: 0, or one of the negative codes below. Its last parameter is a
 * `struct dli_error *err` that lives on the caller's stack. The function that fails fills it with
 * one line: what is wrong, where, and what to do. Callers may prepend where with dli_error_prepend();
 * nobody overwrites. There is no thread-local state, so every function here may be called from any
 * thread. `err` may be NULL where a caller wants the code alone.
 */
#ifndef DLI_ERROR_H
#define DLI_ERROR_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define DLI_PRINTF(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))
#define DLI_MUST_CHECK __attribute__((warn_unused_result))
#else
#define DLI_PRINTF(format_index, first_arg)
#define DLI_MUST_CHECK
#endif

/** Codes. UNSUPPORTED and UNAVAILABLE are results (a row says why), not faults. */
enum dli_code {
    DLI_OK = 0,
    DLI_E_ARG = -1,         /**< an argument, option or configuration value is wrong */
    DLI_E_NOMEM = -2,       /**< memory for a size taken from a file, model or network */
    DLI_E_IO = -3,          /**< the operating system refused to read, write or start something */
    DLI_E_PARSE = -4,       /**< a file or message is malformed */
    DLI_E_NOTFOUND = -5,    /**< a named thing does not exist */
    DLI_E_UNSUPPORTED = -6, /**< understood, but this framework or format cannot do it */
    DLI_E_UNAVAILABLE = -7, /**< the framework or device is not on this machine */
    DLI_E_RUNTIME = -8,     /**< the framework reported a failure */
    DLI_E_TIMEOUT = -9,     /**< a limit of time was reached */
    DLI_E_CRASHED = -10,    /**< a worker died by a signal */
    DLI_E_MISMATCH = -11,   /**< outputs disagree with the reference, or a hash differs */
    DLI_E_PROTOCOL = -12    /**< a worker or module broke its contract */
};

struct dli_error {
    int code;       /**< enum dli_code */
    char text[256]; /**< one line, NUL-terminated, no trailing newline */
};

/** Name of a code as rows print it, e.g. "NOTFOUND"; "UNKNOWN" for anything else. */
static inline const char *dli_code_name(int code)
{
    static const char *const names[] = {"OK",      "ARG",         "NOMEM",       "IO",      "PARSE",
                                        "NOTFOUND", "UNSUPPORTED", "UNAVAILABLE", "RUNTIME", "TIMEOUT",
                                        "CRASHED", "MISMATCH",    "PROTOCOL"};
    int index = -code;
    return index >= 0 && index < (int)(sizeof(names) / sizeof(names[0])) ? names[index] : "UNKNOWN";
}

static inline int dli_fail(struct dli_error *err, int code, const char *format, ...) DLI_PRINTF(3, 4);
static inline void dli_error_prepend(struct dli_error *err, const char *format, ...)
    DLI_PRINTF(2, 3);

/** Fills `err` (unless NULL) and returns `code`, so that a function can `return dli_fail(...)`. */
static inline int dli_fail(struct dli_error *err, int code, const char *format, ...)
{
    if (err) {
        va_list args;
        va_start(args, format);
        err->code = code;
        vsnprintf(err->text, sizeof(err->text), format, args);
        va_end(args);
        err->text[strcspn(err->text, "\n")] = '\0';
    }
    return code;
}

/** Puts "where: " before the text already there; the tail is cut when 256 bytes are not enough. */
static inline void dli_error_prepend(struct dli_error *err, const char *format, ...)
{
    char where[256];
    char what[256];
    va_list args;
    if (!err)
        return;
    va_start(args, format);
    vsnprintf(where, sizeof(where), format, args);
    va_end(args);
    memcpy(what, err->text, sizeof(what));
    what[sizeof(what) - 1] = '\0';
    int length = snprintf(err->text, sizeof(err->text), "%s: ", where);
    if (length < 0 || (size_t)length >= sizeof(err->text))
        return;
    size_t bytes = strlen(what);
    size_t space = sizeof(err->text) - (size_t)length - 1;
    bytes = bytes < space ? bytes : space;
    memcpy(err->text + length, what, bytes);
    err->text[(size_t)length + bytes] = '\0';
}

#ifdef __cplusplus
}
#endif
#endif

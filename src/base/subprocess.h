/**
 * subprocess.h - a child in a process group of its own, without a shell.
 *
 * The child reads `input` from standard input, writes its standard output and error to a file and records to
 * descriptor 3. It dies with the thread that started it. Descriptors of ours do not reach it. One owner
 * thread per struct.
 */
#ifndef BASE_SUBPROCESS_H
#define BASE_SUBPROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <dli/error.h>

struct subprocess_spec {
    const char *const *argv; /**< NULL-terminated; argv[0] is looked up in PATH */
    const char *input;       /**< for standard input; NULL: empty */
    size_t input_bytes;
    const char *output_path; /**< for standard output and error, truncated; NULL: /dev/null */
    int64_t memory_bytes;    /**< limit of the address space; 0: none */
};

struct subprocess {
    pid_t pid;     /**< also its process group; 0: not running */
    int pid_fd;    /**< readable when it has ended */
    int record_fd; /**< non-blocking end of its descriptor 3 */
};

/** How a child ended. */
struct subprocess_end {
    bool is_signalled;
    int code; /**< exit status, or the signal */
    int64_t cpu_time_ns;
    int64_t peak_memory_bytes;
};

/** DLI_E_IO (also when the program cannot be executed: «NAME: No such file or directory»). */
DLI_MUST_CHECK int subprocess_start(struct subprocess *out, const struct subprocess_spec *spec, struct dli_error *err);

/** Sends a signal to the whole group; a group that is gone is no error. */
void subprocess_signal(const struct subprocess *child, int signal_number);

/** Waits for the end, kills what is left of the group, closes the descriptors. */
void subprocess_reap(struct subprocess *child, struct subprocess_end *end);

#endif

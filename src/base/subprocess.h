/**
 * subprocess.h - a child process under control: its own process group, bounded, watched, reaped.
 *
 * The child gets its input on descriptor 0 (from memory, so nothing can block), its output and
 * errors go to one descriptor, and what it writes to descriptor 3 comes back through a callback. It
 * inherits no other descriptor, has default signal handling and dies (KILL) with the thread that
 * started it. No shell is involved. subprocess_wait sleeps until something happens; nothing is
 * polled.
 */
#ifndef BASE_SUBPROCESS_H
#define BASE_SUBPROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <dli/error.h>

#define SUBPROCESS_RECORD_FD 3

/** Everything is borrowed during subprocess_start. */
struct subprocess_options {
    const char *const *argv; /**< NULL-terminated; argv[0] is searched in PATH if it has no '/' */
    const void *input;       /**< standard input; NULL: empty */
    size_t input_bytes;
    int log_fd; /**< standard output and error; -1: /dev/null */
    const char *const
        *environment; /**< changes, NULL-terminated: "NAME=value" sets, "NAME" removes; or NULL */
    int64_t memory_bytes; /**< limit of address space; 0: none */
};

struct subprocess {
    pid_t pid;        /**< also the process group */
    int pid_fd;       /**< readable when the child has ended */
    int record_fd;    /**< the parent's end of descriptor 3, non-blocking */
    int64_t start_ns; /**< right before fork */
};

/** How a child ended. */
enum subprocess_end_kind {
    SUBPROCESS_EXITED,    /**< by itself, with `exit_status` */
    SUBPROCESS_SIGNALLED, /**< by `signal`, which was not ours */
    SUBPROCESS_TIMED_OUT, /**< stopped at the deadline */
    SUBPROCESS_STOPPED    /**< stopped because a callback said so */
};

struct subprocess_end {
    enum subprocess_end_kind kind;
    int exit_status;
    int signal;
    bool is_killed; /**< TERM was not enough */
    int64_t wall_ns;
    int64_t cpu_ns;     /**< user and system time of the child and its reaped children */
    int64_t peak_bytes; /**< largest resident set */
};

/** Answers of the callbacks. */
enum subprocess_verdict { SUBPROCESS_GO_ON, SUBPROCESS_STOP, SUBPROCESS_KILL };

/** How to wait. A callback may change the deadline. */
struct subprocess_watch {
    int64_t deadline_ns; /**< CLOCK_MONOTONIC; 0: none */
    int64_t grace_ns;    /**< between TERM and KILL */
    int cancel_fd;       /**< -1: none */
    /** Bytes from descriptor 3; `bytes` 0: it was closed. After a verdict to stop, it is read no
     * more. */
    enum subprocess_verdict (*on_data)(const char *data, size_t bytes, void *user);
    /** `cancel_fd` is readable; the callback must read it. */
    enum subprocess_verdict (*on_cancel)(void *user);
    void *user;
};

/** Starts a child. DLI_E_NOTFOUND: no such program; DLI_E_IO: the system refuses. */
DLI_MUST_CHECK int subprocess_start(struct subprocess *out,
                                    const struct subprocess_options *options,
                                    struct dli_error *err);

/**
 * Waits for the end of the child, stops it where told (TERM to its group, KILL after the grace
 * time), kills what is left of its group, hands over what is left in the pipe, reaps and closes.
 * Call exactly once.
 */
void subprocess_wait(struct subprocess *process, struct subprocess_watch *watch,
                     struct subprocess_end *out);

/** "SIGSEGV" for SIGSEGV, "signal 40" for one without a name. `out` holds the text. */
const char *subprocess_signal_name(char out[24], int signal);

#endif

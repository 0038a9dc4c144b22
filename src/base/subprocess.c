#include "base/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

// Everything that the child needs between fork and exec, made before, because the child may then
// make only async-signal-safe calls. The descriptors are above those that the child overwrites.
struct launch {
    const struct subprocess_options *options;
    char **environment;
    pid_t parent;
    int input_fd;
    int log_fd;
    int record_fd;
    int failure_fd;
};

static bool is_named(const char *entry, const char *change)
{
    size_t length = strcspn(change, "=");
    return strncmp(entry, change, length) == 0 && entry[length] == '=';
}

// The parent's environment with the changes; strings are borrowed, the array is the caller's.
static char **make_environment(const char *const *change)
{
    size_t have = 0, changes = 0, count = 0;
    while (environ && environ[have])
        have++;
    while (change && change[changes])
        changes++;
    char **out = xcalloc(have + changes + 1, sizeof(*out));
    for (size_t i = 0; i < have; i++) {
        bool is_changed = false;
        for (size_t j = 0; j < changes; j++)
            is_changed = is_changed || is_named(environ[i], change[j]);
        if (!is_changed)
            out[count++] = environ[i];
    }
    for (size_t j = 0; j < changes; j++)
        if (strchr(change[j], '='))
            out[count++] = (char *)(uintptr_t)change[j];
    return out;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

// A copy of `fd` out of the way of 0…3, closed by exec; the original is closed if `is_owned`.
static int move_up(int fd, bool is_owned)
{
    int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 16);
    int error = errno;
    if (is_owned && fd >= 0)
        close(fd);
    errno = error;
    return moved;
}

static int make_input(const void *data, size_t bytes, struct dli_error *err)
{
    int fd = move_up(memfd_create("dli-input", MFD_CLOEXEC), true);
    if (fd < 0)
        return dli_fail(err, DLI_E_IO, "cannot make the input of a process: %s", strerror(errno));
    int result = file_write_all(fd, data, bytes, "input of a process", err);
    if (result == DLI_OK && lseek(fd, 0, SEEK_SET) != 0)
        result = dli_fail(err, DLI_E_IO, "input of a process: %s", strerror(errno));
    if (result != DLI_OK)
        close(fd);
    return result == DLI_OK ? fd : result;
}

// Signals that the parent blocks or ignores must not be so in the child.
static void reset_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool child_limits(const struct launch *launch)
{
    if (setpgid(0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return false;
    if (getppid() != launch->parent) // it died before the line above
        _exit(127);
    int64_t bytes = launch->options->memory_bytes;
    struct rlimit limit = {.rlim_cur = (rlim_t)bytes, .rlim_max = (rlim_t)bytes};
    if (bytes > 0 && setrlimit(RLIMIT_AS, &limit) != 0)
        return false;
    struct rlimit no_core = {0, 0}; // a crash must not write gigabytes beside the results
    return setrlimit(RLIMIT_CORE, &no_core) == 0;
}

static bool child_descriptors(const struct launch *launch)
{
    if (dup2(launch->input_fd, 0) < 0 || dup2(launch->log_fd, 1) < 0 ||
        dup2(launch->log_fd, 2) < 0 || dup2(launch->record_fd, SUBPROCESS_RECORD_FD) < 0)
        return false;
    if (syscall(SYS_close_range, SUBPROCESS_RECORD_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        return true;
    for (int fd = SUBPROCESS_RECORD_FD + 1; fd < 4096; fd++) // Linux before 5.11
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    return true;
}

static void child_run(const struct launch *launch)
{
    reset_signals();
    if (child_limits(launch) && child_descriptors(launch))
        execvpe(launch->options->argv[0], (char *const *)(uintptr_t)launch->options->argv,
                launch->environment);
    int error = errno;
    ssize_t written = write(launch->failure_fd, &error, sizeof(error));
    (void)written;
    _exit(127);
}

// Reads the child's errno from the pipe that a successful exec closes.
static int await_exec(struct subprocess *process, int failure_fd, const char *program,
                      struct dli_error *err)
{
    int error = 0;
    ssize_t got;
    do
        got = read(failure_fd, &error, sizeof(error));
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof(error))
        return DLI_OK;
    waitpid(process->pid, NULL, 0);
    bool is_missing = error == ENOENT || error == EACCES || error == ENOEXEC || error == ENOTDIR;
    return dli_fail(err, is_missing ? DLI_E_NOTFOUND : DLI_E_IO, "cannot start %s: %s", program,
                    strerror(error));
}

static int make_pipe(int end[2])
{
    int raw[2];
    if (pipe2(raw, O_CLOEXEC) != 0)
        return -1;
    end[0] = move_up(raw[0], true);
    end[1] = move_up(raw[1], true);
    return end[0] < 0 || end[1] < 0 ? -1 : 0;
}

static int fork_child(struct subprocess *out, struct launch *launch, struct dli_error *err)
{
    out->start_ns = clock_now_ns();
    out->pid = fork();
    if (out->pid == 0)
        child_run(launch);
    if (out->pid < 0)
        return dli_fail(err, DLI_E_IO, "cannot start a process: %s", strerror(errno));
    setpgid(out->pid, out->pid); // also here: whoever comes first
    return DLI_OK;
}

int subprocess_start(struct subprocess *out, const struct subprocess_options *options,
                     struct dli_error *err)
{
    struct launch launch = {.options = options, .parent = getpid(), .log_fd = -1};
    int record[2] = {-1, -1}, failure[2] = {-1, -1};
    int null_fd = -1;
    *out = (struct subprocess){.pid = -1, .pid_fd = -1, .record_fd = -1};
    launch.environment = make_environment(options->environment);
    launch.input_fd = make_input(options->input, options->input_bytes, err);
    int result = launch.input_fd < 0 ? launch.input_fd : DLI_OK;
    if (result != DLI_OK)
        goto out;
    if (options->log_fd < 0)
        null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    launch.log_fd = move_up(options->log_fd < 0 ? null_fd : options->log_fd, false);
    if (launch.log_fd < 0 || make_pipe(record) != 0 || make_pipe(failure) != 0) {
        result = dli_fail(err, DLI_E_IO, "cannot make pipes to a process: %s", strerror(errno));
        goto out;
    }
    launch.record_fd = record[1];
    launch.failure_fd = failure[1];
    result = fork_child(out, &launch, err);
    close_fd(&record[1]);
    close_fd(&failure[1]);
    if (result == DLI_OK)
        result = await_exec(out, failure[0], options->argv[0], err);
    if (result != DLI_OK)
        goto out;
    out->pid_fd = (int)syscall(SYS_pidfd_open, out->pid, 0);
    if (out->pid_fd < 0 || fcntl(record[0], F_SETFL, O_NONBLOCK) != 0) {
        result = dli_fail(err, DLI_E_IO, "cannot watch a process: %s", strerror(errno));
        kill(-out->pid, SIGKILL);
        waitpid(out->pid, NULL, 0);
        close_fd(&out->pid_fd);
        goto out;
    }
    out->record_fd = record[0];
    record[0] = -1;
out:
    for (int i = 0; i < 2; i++) {
        close_fd(&record[i]);
        close_fd(&failure[i]);
    }
    close_fd(&launch.log_fd);
    close_fd(&null_fd);
    close_fd(&launch.input_fd);
    free(launch.environment);
    return result;
}

// State of one subprocess_wait.
struct wait {
    struct subprocess *process;
    struct subprocess_watch *watch;
    struct subprocess_end *end;
    bool is_stopping; /**< TERM is sent */
    int64_t kill_ns;  /**< when KILL follows; 0: it was sent, or nothing is being stopped */
};

static void wait_kill(struct wait *wait)
{
    kill(-wait->process->pid, SIGKILL);
    wait->end->is_killed = true;
    wait->is_stopping = true;
    wait->kill_ns = 0;
}

static void wait_stop(struct wait *wait, enum subprocess_end_kind reason, bool is_kill)
{
    if (!wait->is_stopping)
        wait->end->kind = reason;
    if (is_kill) {
        wait_kill(wait);
    } else if (!wait->is_stopping) {
        kill(-wait->process->pid, SIGTERM);
        wait->is_stopping = true;
        wait->kill_ns = clock_now_ns() + wait->watch->grace_ns;
    }
}

static void wait_obey(struct wait *wait, enum subprocess_verdict verdict)
{
    if (verdict != SUBPROCESS_GO_ON)
        wait_stop(wait, SUBPROCESS_STOPPED, verdict == SUBPROCESS_KILL);
}

// Reads what is in the pipe; with `is_rest` until nothing is left, else one piece.
static void wait_read(struct wait *wait, bool is_rest)
{
    char piece[65536];
    int *fd = &wait->process->record_fd;
    while (*fd >= 0) {
        ssize_t bytes = read(*fd, piece, sizeof(piece));
        if (bytes < 0 && errno == EINTR)
            continue;
        if (bytes < 0 && errno == EAGAIN)
            return;
        enum subprocess_verdict verdict =
            wait->watch->on_data(piece, bytes > 0 ? (size_t)bytes : 0, wait->watch->user);
        if (verdict != SUBPROCESS_GO_ON || bytes <= 0)
            close_fd(fd);
        if (!is_rest) {
            wait_obey(wait, verdict);
            return;
        }
    }
}

// The next moment at which something is due, -1 for none.
static int64_t wait_due(const struct wait *wait)
{
    if (wait->is_stopping)
        return wait->kill_ns > 0 ? wait->kill_ns : -1;
    return wait->watch->deadline_ns > 0 ? wait->watch->deadline_ns : -1;
}

static int wait_sleep(const struct wait *wait, struct pollfd poll_fds[3])
{
    int64_t due_ns = wait_due(wait);
    struct timespec timeout = {0, 0};
    if (due_ns >= 0) {
        int64_t left_ns = due_ns - clock_now_ns();
        left_ns = left_ns > 0 ? left_ns : 0;
        timeout.tv_sec = (time_t)(left_ns / NS_PER_S);
        timeout.tv_nsec = (long)(left_ns % NS_PER_S);
    }
    poll_fds[0] = (struct pollfd){.fd = wait->process->pid_fd, .events = POLLIN};
    poll_fds[1] = (struct pollfd){.fd = wait->process->record_fd, .events = POLLIN};
    poll_fds[2] = (struct pollfd){.fd = wait->watch->cancel_fd, .events = POLLIN};
    return ppoll(poll_fds, 3, due_ns >= 0 ? &timeout : NULL, NULL);
}

// False when the child has ended.
static bool wait_step(struct wait *wait)
{
    struct pollfd poll_fds[3];
    int ready = wait_sleep(wait, poll_fds);
    if (ready < 0)
        return true; // a signal handler of the caller ran
    int64_t due_ns = wait_due(wait);
    if (due_ns >= 0 && clock_now_ns() >= due_ns && !(poll_fds[0].revents & POLLIN))
        wait_stop(wait, SUBPROCESS_TIMED_OUT, wait->is_stopping);
    if (poll_fds[2].revents)
        wait_obey(wait, wait->watch->on_cancel(wait->watch->user));
    if (poll_fds[0].revents)
        return false;
    if (poll_fds[1].revents)
        wait_read(wait, false);
    return true;
}

static void reap(struct subprocess *process, struct subprocess_end *end)
{
    struct rusage usage;
    int status = 0;
    pid_t got;
    do
        got = wait4(process->pid, &status, 0, &usage);
    while (got < 0 && errno == EINTR);
    end->wall_ns = clock_now_ns() - process->start_ns;
    if (got != process->pid)
        return;
    end->cpu_ns = ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
                  ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * NS_PER_US;
    end->peak_bytes = (int64_t)usage.ru_maxrss * 1024;
    end->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (end->kind == SUBPROCESS_EXITED && end->signal)
        end->kind = SUBPROCESS_SIGNALLED;
}

void subprocess_wait(struct subprocess *process, struct subprocess_watch *watch,
                     struct subprocess_end *out)
{
    struct wait wait = {.process = process, .watch = watch, .end = out};
    *out = (struct subprocess_end){.kind = SUBPROCESS_EXITED};
    while (wait_step(&wait))
        continue;
    // The child is not reaped yet, so its process group cannot belong to anybody else.
    kill(-process->pid, SIGKILL);
    wait_read(&wait, true);
    reap(process, out);
    close_fd(&process->record_fd);
    close_fd(&process->pid_fd);
}

const char *subprocess_signal_name(char out[24], int signal)
{
    const char *name = sigabbrev_np(signal);
    if (name)
        snprintf(out, 24, "SIG%s", name);
    else
        snprintf(out, 24, "signal %d", signal);
    return out;
}

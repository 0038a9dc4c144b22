#include "base/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

enum { RECORD_FD = 3 };

struct plumbing {
    int input, output, record[2], failure[2];
};

static void close_if_open(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_all(struct plumbing *p)
{
    close_if_open(&p->input);
    close_if_open(&p->output);
    for (int i = 0; i < 2; i++) {
        close_if_open(&p->record[i]);
        close_if_open(&p->failure[i]);
    }
}

// Standard input is a file in memory, so neither side ever waits for the other.
static int lay(struct plumbing *p, const struct subprocess_spec *spec, struct dli_error *err)
{
    *p = (struct plumbing){-1, -1, {-1, -1}, {-1, -1}};
    const char *output = spec->output_path ? spec->output_path : "/dev/null";
    p->input = memfd_create("input", MFD_CLOEXEC);
    if (p->input < 0)
        return dli_fail(err, DLI_E_IO, "cannot start a process: %s", strerror(errno));
    if (spec->input_bytes) {
        int result = file_write_all(p->input, spec->input, spec->input_bytes, "input of a process", err);
        if (result != DLI_OK)
            return result;
        lseek(p->input, 0, SEEK_SET);
    }
    p->output = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (p->output < 0)
        return dli_fail(err, DLI_E_IO, "%s: cannot create: %s", output, strerror(errno));
    if (pipe2(p->record, O_CLOEXEC) != 0 || pipe2(p->failure, O_CLOEXEC) != 0)
        return dli_fail(err, DLI_E_IO, "cannot start a process: %s", strerror(errno));
    return DLI_OK;
}

static void limit_memory(int64_t bytes)
{
    struct rlimit limit = {(rlim_t)bytes, (rlim_t)bytes};
    if (bytes > 0)
        setrlimit(RLIMIT_AS, &limit);
}

// A descriptor that must survive the shuffling below 4 is first moved out of the way.
static int lift(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 10);
}

static void become(const struct subprocess_spec *spec, const struct plumbing *p, pid_t parent)
{
    sigset_t none;
    int input = lift(p->input), output = lift(p->output), record = lift(p->record[1]), failure = lift(p->failure[1]);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // it died before the line above
        _exit(127);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    dup2(record, RECORD_FD);
    close_range((unsigned)RECORD_FD + 1, (unsigned)failure - 1, 0);
    close_range((unsigned)failure + 1, ~0U, 0);
    limit_memory(spec->memory_bytes);
    execvp(spec->argv[0], (char *const *)spec->argv);
    int code = errno;
    if (write(failure, &code, sizeof(code)) < 0)
        _exit(126);
    _exit(127);
}

int subprocess_start(struct subprocess *out, const struct subprocess_spec *spec, struct dli_error *err)
{
    struct plumbing p;
    int code = 0;
    memset(out, 0, sizeof(*out));
    int result = lay(&p, spec, err);
    if (result != DLI_OK)
        goto out;
    pid_t parent = getpid();
    out->pid = fork();
    if (out->pid == 0)
        become(spec, &p, parent);
    if (out->pid < 0) {
        out->pid = 0;
        result = dli_fail(err, DLI_E_IO, "cannot start a process: %s", strerror(errno));
        goto out;
    }
    setpgid(out->pid, out->pid);
    close_if_open(&p.failure[1]);
    if (read(p.failure[0], &code, sizeof(code)) == (ssize_t)sizeof(code)) {
        waitpid(out->pid, NULL, 0);
        out->pid = 0;
        result = dli_fail(err, DLI_E_IO, "%s: cannot run: %s", spec->argv[0], strerror(code));
        goto out;
    }
    out->pid_fd = (int)syscall(SYS_pidfd_open, out->pid, 0);
    out->record_fd = p.record[0];
    p.record[0] = -1;
    fcntl(out->record_fd, F_SETFL, O_NONBLOCK);
    fcntl(out->pid_fd, F_SETFD, FD_CLOEXEC);
out:
    close_all(&p);
    return result;
}

void subprocess_signal(const struct subprocess *child, int signal_number)
{
    if (child->pid > 0)
        kill(-child->pid, signal_number);
}

static int64_t timeval_ns(struct timeval t)
{
    return (int64_t)t.tv_sec * NS_PER_S + (int64_t)t.tv_usec * NS_PER_US;
}

void subprocess_reap(struct subprocess *child, struct subprocess_end *end)
{
    int status = 0;
    struct rusage usage = {0};
    if (child->pid <= 0)
        return;
    // The leader's zombie keeps the group's number from being used again until the kill is done.
    siginfo_t info;
    while (waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        continue;
    subprocess_signal(child, SIGKILL);
    while (wait4(child->pid, &status, 0, &usage) < 0 && errno == EINTR)
        continue;
    end->is_signalled = WIFSIGNALED(status);
    end->code = end->is_signalled ? WTERMSIG(status) : WEXITSTATUS(status);
    end->cpu_time_ns = timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime);
    end->peak_memory_bytes = (int64_t)usage.ru_maxrss * 1024;
    close(child->pid_fd);
    close(child->record_fd);
    child->pid = 0;
}

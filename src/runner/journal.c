#include "runner/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/strbuf.h"

struct journal {
    int fd;
    off_t bytes; /**< of whole lines that are on the disk */
    char *path;
};

static int lock_journal(int fd, const char *path, struct dli_error *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return DLI_OK;
    if (errno == EWOULDBLOCK)
        return dli_fail(err, DLI_E_ARG, "%s: another run of DLI is writing it; wait for its end",
                        path);
    return dli_fail(err, DLI_E_IO, "%s: cannot lock: %s", path, strerror(errno));
}

static int sync_folder(const char *path, struct dli_error *err)
{
    char *folder = xstrdup(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = DLI_OK;
    // Some network file systems cannot sync folders (EINVAL) and need no sync.
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
        result = dli_fail(err, DLI_E_IO, "%s: cannot sync: %s", folder, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(folder);
    return result;
}

static int fail_exists(const char *path, struct dli_error *err)
{
    return dli_fail(
        err, DLI_E_ARG,
        "%s: there is a campaign already; continue it with --resume, or choose another folder",
        path);
}

static int put_in_place(const char *temporary, const char *path, struct dli_error *err)
{
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return DLI_OK;
    if (errno == EEXIST)
        return fail_exists(path, err);
    // Not every file system knows RENAME_NOREPLACE.
    if (errno == EINVAL || errno == ENOSYS) {
        if (file_exists(path))
            return fail_exists(path, err);
        if (rename(temporary, path) == 0)
            return DLI_OK;
    }
    return dli_fail(err, DLI_E_IO, "%s: cannot create: %s", path, strerror(errno));
}

static struct journal *journal_new(int fd, const char *path)
{
    struct journal *journal = xcalloc(1, sizeof(*journal));
    journal->fd = fd;
    journal->path = xstrdup(path);
    return journal;
}

int journal_create(struct journal **out, const char *path, const char *text, size_t bytes,
                   struct dli_error *err)
{
    *out = NULL;
    if (file_exists(path))
        return fail_exists(path, err);
    char *temporary = xasprintf("%s.%ld.new", path, (long)getpid());
    int fd = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) {
        int result = dli_fail(err, DLI_E_IO, "%s: cannot create: %s", path, strerror(errno));
        free(temporary);
        return result;
    }
    struct journal *journal = journal_new(fd, path);
    int result = lock_journal(fd, path, err);
    if (result == DLI_OK)
        result = journal_append_text(journal, text, bytes, err);
    if (result == DLI_OK)
        result = put_in_place(temporary, path, err);
    if (result == DLI_OK)
        result = sync_folder(path, err);
    else
        unlink(temporary);
    free(temporary);
    if (result == DLI_OK)
        *out = journal;
    else
        journal_close(journal);
    return result;
}

// Length up to and including the last newline; -1 when it cannot be read.
static off_t whole_lines(int fd)
{
    off_t end = lseek(fd, 0, SEEK_END);
    while (end > 0) {
        char piece[4096];
        off_t start = end > (off_t)sizeof(piece) ? end - (off_t)sizeof(piece) : 0;
        ssize_t got = pread(fd, piece, (size_t)(end - start), start);
        if (got != end - start)
            return -1;
        const char *newline = memrchr(piece, '\n', (size_t)got);
        if (newline)
            return start + (newline - piece) + 1;
        end = start;
    }
    return end;
}

int journal_open(struct journal **out, const char *path, struct dli_error *err)
{
    *out = NULL;
    int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return dli_fail(err, errno == ENOENT ? DLI_E_NOTFOUND : DLI_E_IO, "%s: %s", path,
                        strerror(errno));
    struct journal *journal = journal_new(fd, path);
    int result = lock_journal(fd, path, err);
    if (result == DLI_OK) {
        journal->bytes = whole_lines(fd);
        if (journal->bytes < 0 || ftruncate(fd, journal->bytes) != 0)
            result = dli_fail(err, DLI_E_IO, "%s: cannot cut its torn end off: %s", path,
                              strerror(errno));
    }
    if (result == DLI_OK)
        *out = journal;
    else
        journal_close(journal);
    return result;
}

int journal_append_text(struct journal *journal, const char *text, size_t bytes,
                        struct dli_error *err)
{
    int result = file_write_all(journal->fd, text, bytes, journal->path, err);
    if (result == DLI_OK && fdatasync(journal->fd) != 0)
        result = dli_fail(err, DLI_E_IO, "%s: cannot write: %s", journal->path, strerror(errno));
    if (result == DLI_OK) {
        journal->bytes += (off_t)bytes;
        return DLI_OK;
    }
    // Half a record must not stay in the way of what is appended on resume; a reader copes if this
    // fails.
    if (ftruncate(journal->fd, journal->bytes) == 0)
        fdatasync(journal->fd);
    return result;
}

int journal_append(struct journal *journal, json_t *record, struct dli_error *err)
{
    char *line = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(record);
    if (!line)
        abort();
    size_t bytes = strlen(line);
    line[bytes] = '\n'; // in place of the NUL
    int result = journal_append_text(journal, line, bytes + 1, err);
    free(line);
    return result;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    close(journal->fd);
    free(journal->path);
    free(journal);
}

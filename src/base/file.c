#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read(struct strbuf *out, const char *path, size_t limit_bytes, struct dli_error *err)
{
    int result = DLI_OK;
    bool is_stdin = strcmp(path, "-") == 0;
    size_t start = out->length;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (!file)
        return dli_fail(err, errno == ENOENT ? DLI_E_NOTFOUND : DLI_E_IO, "%s: %s", path,
                        strerror(errno));
    for (;;) {
        char chunk[65536];
        size_t bytes = fread(chunk, 1, sizeof(chunk), file);
        if (bytes > limit_bytes - (out->length - start)) {
            result = dli_fail(err, DLI_E_NOMEM, "%s: larger than %zu bytes", path, limit_bytes);
            break;
        }
        strbuf_add(out, chunk, bytes);
        if (bytes < sizeof(chunk))
            break;
    }
    if (result == DLI_OK && ferror(file))
        result = dli_fail(err, DLI_E_IO, "%s: cannot read: %s", path, strerror(errno));
    if (result != DLI_OK) {
        out->length = start;
        if (out->text)
            out->text[start] = '\0';
    }
    if (!is_stdin)
        fclose(file);
    return result;
}

int file_write_all(int fd, const void *data, size_t bytes, const char *what, struct dli_error *err)
{
    const char *next = data;
    while (bytes > 0) {
        ssize_t written = write(fd, next, bytes);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return dli_fail(err, DLI_E_IO, "%s: cannot write: %s", what, strerror(errno));
        next += written;
        bytes -= (size_t)written;
    }
    return DLI_OK;
}

int file_write_atomic(const char *path, const void *data, size_t bytes, struct dli_error *err)
{
    char *temporary = xasprintf("%s.%ld.tmp", path, (long)getpid());
    int result = DLI_OK;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        result = dli_fail(err, DLI_E_IO, "%s: cannot create: %s", path, strerror(errno));
        goto out;
    }
    result = file_write_all(fd, data, bytes, path, err);
    if (result == DLI_OK && fsync(fd) != 0)
        result = dli_fail(err, DLI_E_IO, "%s: cannot write: %s", path, strerror(errno));
    if (close(fd) != 0 && result == DLI_OK)
        result = dli_fail(err, DLI_E_IO, "%s: cannot write: %s", path, strerror(errno));
    if (result == DLI_OK && rename(temporary, path) != 0)
        result = dli_fail(err, DLI_E_IO, "%s: cannot replace: %s", path, strerror(errno));
    if (result != DLI_OK)
        unlink(temporary);
out:
    free(temporary);
    return result;
}

int file_make_folders(const char *path, struct dli_error *err)
{
    char *partial = xstrdup(path);
    int result = DLI_OK;
    for (char *c = partial + 1; result == DLI_OK && *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        if (mkdir(partial, 0755) != 0 && errno != EEXIST)
            result = dli_fail(err, DLI_E_IO, "%s: cannot create: %s", partial, strerror(errno));
        *c = '/';
    }
    if (result == DLI_OK && mkdir(partial, 0755) != 0 && errno != EEXIST)
        result = dli_fail(err, DLI_E_IO, "%s: cannot create: %s", partial, strerror(errno));
    if (result == DLI_OK && !file_is_folder(path))
        result = dli_fail(err, DLI_E_IO, "%s: exists and is not a folder", path);
    free(partial);
    return result;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

int64_t file_bytes(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) ? (int64_t)info.st_size : -1;
}

bool file_read_line(char *out, size_t out_bytes, const char *path)
{
    FILE *file = fopen(path, "r");
    bool is_read = file && fgets(out, (int)out_bytes, file);
    if (is_read)
        out[strcspn(out, "\n")] = '\0';
    if (file)
        fclose(file);
    return is_read;
}

const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *file_extension(const char *path)
{
    const char *name = file_name(path);
    const char *dot = strrchr(name, '.');
    return dot && dot != name ? dot + 1 : "";
}

int file_cache_folder(struct strbuf *out, const char *below, struct dli_error *err)
{
    const char *own = getenv("DLI_CACHE_DIR");
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (own && *own)
        strbuf_addf(out, "%s/%s", own, below);
    else if (xdg && *xdg)
        strbuf_addf(out, "%s/dli/%s", xdg, below);
    else if (home && *home)
        strbuf_addf(out, "%s/.cache/dli/%s", home, below);
    else
        return dli_fail(err, DLI_E_ARG, "no cache folder: set HOME or DLI_CACHE_DIR");
    return file_make_folders(strbuf_text(out), err);
}

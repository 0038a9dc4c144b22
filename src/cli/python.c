#include "cli/python.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"

static char *program_folder(void)
{
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (length <= 0)
        return xstrdup(".");
    path[length] = '\0';
    *strrchr(path, '/') = '\0';
    return xstrdup(path);
}

// The first path that `access` allows; a tail that begins with '/' is below the program's folder. NULL: none.
static char *first_of(const char *folder, const char *const *tails, int mode)
{
    for (; *tails; tails++) {
        char *path = **tails == '/' ? xasprintf("%s%s", folder, *tails) : xstrdup(*tails);
        if (access(path, mode) == 0)
            return path;
        free(path);
    }
    return NULL;
}

static char *find_in_path(const char *name)
{
    const char *rest = getenv("PATH");
    if (strchr(name, '/'))
        return access(name, X_OK) == 0 ? xstrdup(name) : NULL;
    while (rest && *rest) {
        size_t length = strcspn(rest, ":");
        char *path = xasprintf("%.*s/%s", (int)length, rest, name);
        if (length && access(path, X_OK) == 0)
            return path;
        free(path);
        rest += length + (rest[length] == ':');
    }
    return NULL;
}

const char *const *python_worker_find(struct python_worker *out)
{
    static const char *const interpreters[] = {"/../.venv-dli/bin/python", ".venv-dli/bin/python", NULL};
    static const char *const packages[] = {"/python/__main__.py", "/../lib/dli/python/__main__.py", NULL};
    const char *given = getenv("DLI_PYTHON");
    char *folder = program_folder();
    memset(out, 0, sizeof(*out));
    out->interpreter = given && *given ? find_in_path(given) : first_of(folder, interpreters, X_OK);
    out->package = first_of(folder, packages, R_OK);
    free(folder);
    if (!out->interpreter)
        return NULL;
    out->line[0] = out->interpreter;
    out->line[1] = out->package ? out->package : "-m";
    out->line[2] = out->package ? NULL : "dli.worker";
    return out->line;
}

void python_worker_release(struct python_worker *worker)
{
    free(worker->interpreter);
    free(worker->package);
    memset(worker, 0, sizeof(*worker));
}

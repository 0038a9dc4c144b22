#include "host/module.h"

#include <dirent.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/nearest.h"

enum { MAX_FOLDERS = 32, MAX_MODULES = 256 };

struct folders {
    int count;
    char *path[MAX_FOLDERS];
};

static void add_folder(struct folders *folders, char *path)
{
    if (folders->count < MAX_FOLDERS)
        folders->path[folders->count++] = path;
    else
        free(path);
}

static void list_folders(struct folders *folders)
{
    char program[4096];
    const char *own = getenv("DLI_BACKEND_PATH");
    folders->count = 0;
    while (own && *own) {
        size_t length = strcspn(own, ":");
        if (length)
            add_folder(folders, xasprintf("%.*s", (int)length, own));
        own += length + (own[length] == ':');
    }
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (length > 0) {
        program[length] = '\0';
        *strrchr(program, '/') = '\0';
        add_folder(folders, xasprintf("%s/backends", program));
        add_folder(folders, xasprintf("%s/../lib/dli/backends", program));
    }
    add_folder(folders, xstrdup(DLI_BACKEND_FOLDER));
}

static void release_folders(struct folders *folders)
{
    for (int i = 0; i < folders->count; i++)
        free(folders->path[i]);
}

struct modules {
    int count;
    char *name[MAX_MODULES + 1];
    char *path[MAX_MODULES];
};

static void add_module(struct modules *modules, const char *folder, const char *file)
{
    size_t length = strlen(file);
    if (length <= 3 || strcmp(file + length - 3, ".so") != 0 || modules->count == MAX_MODULES)
        return;
    char *name = xasprintf("%.*s", (int)length - 3, file);
    for (int i = 0; i < modules->count; i++)
        if (strcmp(modules->name[i], name) == 0) { // an earlier folder wins
            free(name);
            return;
        }
    modules->name[modules->count] = name;
    modules->path[modules->count++] = xasprintf("%s/%s", folder, file);
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void list_modules(struct modules *modules)
{
    struct folders folders;
    memset(modules, 0, sizeof(*modules));
    list_folders(&folders);
    for (int i = 0; i < folders.count; i++) {
        struct dirent **entry = NULL;
        int count = scandir(folders.path[i], &entry, NULL, compare_entries);
        for (int k = 0; k < count; k++) {
            add_module(modules, folders.path[i], entry[k]->d_name);
            free(entry[k]);
        }
        free(entry);
    }
    release_folders(&folders);
}

static void release_modules(struct modules *modules)
{
    for (int i = 0; i < modules->count; i++) {
        free(modules->name[i]);
        free(modules->path[i]);
    }
}

void module_each(void (*visit)(const char *, const char *, void *), void *data)
{
    struct modules modules;
    list_modules(&modules);
    for (int i = 0; i < modules.count; i++)
        visit(modules.name[i], modules.path[i], data);
    release_modules(&modules);
}

static int fail_missing(const char *name, const struct modules *modules, struct dli_error *err)
{
    const char *nearest = nearest_name(name, (const char *const *)modules->name);
    struct strbuf known = STRBUF_INIT;
    for (int i = 0; i < modules->count; i++)
        strbuf_addf(&known, "%s%s", i ? ", " : "", modules->name[i]);
    int result;
    if (nearest)
        result =
            dli_fail(err, DLI_E_NOTFOUND, "no backend '%.60s'; did you mean '%s'?", name, nearest);
    else
        result = dli_fail(err, DLI_E_NOTFOUND, "no backend '%.60s'; there are: %s", name,
                          known.length ? strbuf_text(&known)
                                       : "none (was it built? set DLI_BACKEND_PATH)");
    strbuf_release(&known);
    return result;
}

int module_find(struct strbuf *out, const char *name, struct dli_error *err)
{
    struct modules modules;
    int result = DLI_OK;
    if (strchr(name, '/')) {
        strbuf_adds(out, name);
        return file_exists(name) ? DLI_OK : dli_fail(err, DLI_E_NOTFOUND, "%s: no such file", name);
    }
    list_modules(&modules);
    int found = 0;
    while (found < modules.count && strcmp(modules.name[found], name) != 0)
        found++;
    if (found < modules.count)
        strbuf_adds(out, modules.path[found]);
    else
        result = fail_missing(name, &modules, err);
    release_modules(&modules);
    return result;
}

static int check_table(const struct dli_backend *backend, const char *path, struct dli_error *err)
{
    // Nothing but the number may be read from a table of another ABI.
    if (!backend)
        return dli_fail(err, DLI_E_PROTOCOL, "%s: gives no backend", path);
    if (backend->abi != DLI_ABI)
        return dli_fail(err, DLI_E_UNAVAILABLE,
                        "%s: made for ABI %u, this program has %u: build it again", path,
                        backend->abi, (unsigned)DLI_ABI);
    if (!backend->name || !*backend->name || !backend->description || !backend->formats)
        return dli_fail(err, DLI_E_PROTOCOL, "%s: name, description or formats are missing", path);
    if (!backend->probe || !backend->load || !backend->io_describe || !backend->submit ||
        !backend->unload)
        return dli_fail(err, DLI_E_PROTOCOL,
                        "%s: a required hook is missing (probe, load, io_describe, submit, unload)",
                        path);
    return DLI_OK;
}

int module_load(const struct dli_backend **out, const char *path, struct dli_error *err)
{
    union {
        void *object;
        dli_backend_entry_fn function;
    } entry;
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!module)
        return dli_fail(err, DLI_E_UNAVAILABLE, "%s", dlerror());
    entry.object = dlsym(module, DLI_BACKEND_SYMBOL);
    if (!entry.object)
        return dli_fail(err, DLI_E_PROTOCOL, "%s: no function %s: not a backend of dli", path,
                        DLI_BACKEND_SYMBOL);
    *out = entry.function();
    return check_table(*out, path, err);
}

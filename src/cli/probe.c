#include "cli/probe.h"

#include <stdlib.h>

#include "base/strbuf.h"
#include "cli/cli.h"
#include "runner/runner.h"
#include "worker/worker.h"

struct backend_info *backends_add(struct backend_list *list, const char *name)
{
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->item[i].name, name) == 0)
            return &list->item[i];
    list->item = xrealloc(list->item, (size_t)list->count + 1, sizeof(*list->item));
    struct backend_info *info = &list->item[list->count++];
    *info = (struct backend_info){.name = xstrdup(name)};
    return info;
}

static void add_found(const char *name, const char *path, void *data)
{
    (void)path;
    (void)backends_add(data, name);
}

void backends_find(struct backend_list *list)
{
    worker_each_module(add_found, list);
}

static void take_formats(struct backend_info *info)
{
    const json_t *formats = json_object_get(info->record, "formats");
    size_t count = json_array_size(formats);
    size_t kept = 0;
    info->formats = xcalloc(count + 1, sizeof(*info->formats));
    for (size_t i = 0; i < count; i++)
        if (json_is_string(json_array_get(formats, i)))
            info->formats[kept++] = json_string_value(json_array_get(formats, i));
}

void backends_probe(struct backend_info *info)
{
    struct dli_error err = {0};
    if (info->record || info->reason)
        return;
    if (runner_probe(&info->record, cli_worker, info->name, &err) != DLI_OK) {
        info->reason = xstrdup(err.text);
        return;
    }
    const char *error = json_string_value(json_object_get(info->record, "error"));
    info->reason = error ? xstrdup(error) : NULL;
    take_formats(info);
}

void backends_release(struct backend_list *list)
{
    for (int i = 0; i < list->count; i++) {
        free(list->item[i].name);
        free(list->item[i].reason);
        free(list->item[i].formats);
        json_decref(list->item[i].record);
    }
    free(list->item);
    memset(list, 0, sizeof(*list));
}

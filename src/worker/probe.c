// Probe mode: what a backend is and what it finds on this machine.
#include <stdlib.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "host/module.h"
#include "plan/options.h"
#include "worker/records.h"
#include "worker/worker.h"

static json_t *list_formats(const struct dli_backend *backend)
{
    json_t *list = json_array();
    for (const char *const *format = backend->formats; *format; format++)
        json_array_append_new(list, json_string_safe(*format));
    return list;
}

static json_t *list_capabilities(const struct dli_backend *backend)
{
    static const struct {
        unsigned bit;
        const char *name;
    } known[] = {{DLI_CAP_ASYNC, "async"},
                 {DLI_CAP_CONCURRENT, "concurrent"},
                 {DLI_CAP_CONTEXTS, "contexts"},
                 {DLI_CAP_RESHAPE, "reshape"},
                 {DLI_CAP_DEVICE_TIME, "device-time"}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (backend->capabilities & known[i].bit)
            json_array_append_new(list, json_string(known[i].name));
    return list;
}

static json_t *list_options(const struct dli_backend *backend)
{
    json_t *list = json_array();
    for (const struct dli_option *option = backend->options; option && option->name; option++) {
        json_t *entry = json_object();
        json_put_string(entry, "name", option->name);
        json_put_string(entry, "unit", option->unit);
        json_put_string(entry, "help", option->help);
        for (int i = 0; option->type == DLI_OPTION_CHOICE && option->choices[i]; i++) {
            json_t *choices = json_object_get(entry, "choices");
            if (!choices)
                json_object_set_new(entry, "choices", choices = json_array());
            json_array_append_new(choices, json_string_safe(option->choices[i]));
        }
        json_array_append_new(list, entry);
    }
    return list;
}

static void put_probe(json_t *fields, const struct dli_probe *probe)
{
    json_t *devices = json_array();
    json_put_string(fields, "version", probe->version);
    for (int i = 0; i < probe->device_count && i < DLI_MAX_DEVICES; i++) {
        json_t *entry = json_object();
        json_put_string(entry, "id", probe->device[i].id);
        json_put_string(entry, "name", probe->device[i].name);
        json_put_int(entry, "memory_bytes", (int64_t)probe->device[i].memory_bytes);
        json_array_append_new(devices, entry);
    }
    json_object_set_new(fields, "devices", devices);
}

int worker_probe(const char *name, int record_fd, int64_t start_ns, struct dli_error *err)
{
    struct records records = {.fd = record_fd};
    struct strbuf path = STRBUF_INIT;
    struct dli_error failure = {0};
    const struct dli_backend *backend = NULL;
    struct dli_probe *probe = xcalloc(1, sizeof(*probe));
    json_t *fields = json_object();
    records_hello(&records, start_ns);
    int result = module_find(&path, name, &failure);
    json_put_string(fields, "name", name);
    if (result == DLI_OK) {
        json_put_string(fields, "module", strbuf_text(&path));
        result = module_load(&backend, strbuf_text(&path), &failure);
    }
    if (result == DLI_OK) {
        json_put_string(fields, "name", backend->name);
        json_put_string(fields, "description", backend->description);
        json_object_set_new(fields, "formats", list_formats(backend));
        json_object_set_new(fields, "capabilities", list_capabilities(backend));
        json_object_set_new(fields, "options", list_options(backend));
        result = backend->probe(probe, &failure);
    }
    if (result == DLI_OK)
        put_probe(fields, probe);
    else
        json_put_string(fields, "error", failure.text);
    records_send(&records, "backend", fields);
    records_send(&records, "end", NULL);
    free(probe);
    strbuf_release(&path);
    return records.result == DLI_OK ? DLI_OK : dli_fail(err, DLI_E_IO, "the records could not be written");
}

void worker_each_module(void (*visit)(const char *name, const char *path, void *data), void *data)
{
    module_each(visit, data);
}

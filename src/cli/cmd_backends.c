// dli backends: which frameworks this machine can run, and what each takes.
#include <stdlib.h>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/probe.h"

#define DLI_OPT_BASE struct backends_arguments
struct backends_arguments {
    bool is_json, is_options;
};

static const struct dli_option options[] = {
    {"json", DLI_OPT_BOOL(is_json), .help = "print JSON"},
    {"options", DLI_OPT_BOOL(is_options), .help = "print what -o takes for each backend"},
    DLI_OPTIONS_END};

static const struct command_example examples[] = {
    {"dli backends", "version, devices and formats, or why a framework cannot be used"},
    {"dli backends openvino --options", "options of one backend"},
    {"dli backends ./mine.so", "a backend of your own, by path"},
    {NULL, NULL}};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void add_words(struct strbuf *out, const json_t *list)
{
    size_t index;
    json_t *item;
    json_array_foreach(list, index, item)
    {
        strbuf_addf(out, "%s%s", index ? ", " : "",
                    json_is_string(item) ? json_string_value(item) : text_of(item, "id"));
    }
}

static void add_devices(struct strbuf *out, const json_t *devices)
{
    size_t index;
    json_t *device;
    json_array_foreach(devices, index, device)
    {
        strbuf_addf(out, "  %-12s %s: %s\n", index ? "" : "devices", text_of(device, "id"),
                    text_of(device, "name"));
    }
}

static void add_options(struct strbuf *out, const char *name, const json_t *list)
{
    size_t index;
    json_t *option;
    json_array_foreach(list, index, option)
    {
        char *shown =
            xasprintf("-o %s.%s=%s", name, text_of(option, "name"), text_of(option, "unit"));
        strbuf_addf(out, "  %-40s %s\n", shown, text_of(option, "help"));
        const json_t *choices = json_object_get(option, "choices");
        if (choices) {
            strbuf_addf(out, "  %-40s one of: ", "");
            add_words(out, choices);
            strbuf_addc(out, '\n');
        }
        free(shown);
    }
}

static void add_backend(struct strbuf *out, const struct backend_info *info, bool has_options)
{
    const json_t *record = info->record;
    strbuf_addf(out, "%s %s", record ? text_of(record, "name") : info->name,
                text_of(record, "version"));
    if (record)
        strbuf_addf(out, "%s%s", *text_of(record, "version") ? " - " : "- ",
                    text_of(record, "description"));
    strbuf_addc(out, '\n');
    if (info->reason)
        strbuf_addf(out, "  %-12s %s\n", "unavailable", info->reason);
    add_devices(out, json_object_get(record, "devices"));
    if (record) {
        strbuf_addf(out, "  %-12s ", "formats");
        add_words(out, json_object_get(record, "formats"));
        strbuf_addf(out, "\n  %-12s ", "can");
        add_words(out, json_object_get(record, "capabilities"));
        strbuf_addf(out, "\n  %-12s %s\n", "module", text_of(record, "module"));
    }
    if (has_options)
        add_options(out, text_of(record, "name"), json_object_get(record, "options"));
}

static json_t *describe(const struct backend_info *info)
{
    json_t *object = info->record ? json_copy(info->record) : json_object();
    if (!info->record)
        json_put_string(object, "name", info->name);
    json_put_bool(object, "available", info->reason == NULL);
    if (info->reason)
        json_put_string(object, "error", info->reason);
    json_object_del(object, "record");
    return object;
}

static int print_list(struct backend_list *list, const struct backends_arguments *given)
{
    struct strbuf text = STRBUF_INIT;
    json_t *json = json_array();
    for (int i = 0; i < list->count; i++) {
        backends_probe(&list->item[i]);
        if (given->is_json)
            json_array_append_new(json, describe(&list->item[i]));
        else
            add_backend(&text, &list->item[i], given->is_options);
    }
    int status = given->is_json ? cli_print_json(json_incref(json)) : cli_print(&text);
    json_decref(json);
    strbuf_release(&text);
    return status;
}

static int run(const struct cli_command *command, int argc, const char **argv)
{
    struct backends_arguments given = {0};
    struct cli_arguments arguments;
    struct backend_list list = {0};
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, &given, NULL, &status))
        return status;
    for (int i = 0; i < arguments.count; i++)
        (void)backends_add(&list, arguments.text[i]);
    if (arguments.count == 0)
        backends_find(&list);
    status = print_list(&list, &given);
    for (int i = 0; i < list.count && arguments.count > 0; i++)
        status = status == CLI_OK && list.item[i].reason ? CLI_FAILED : status;
    backends_release(&list);
    cli_arguments_release(&arguments);
    return status;
}

const struct cli_command cmd_backends = {
    .text = {.name = "backends",
             .arguments = "[NAME...]",
             .summary = "frameworks of this machine: versions, devices, formats, options",
             .description = "Asks every backend in a process of its own. A framework that cannot "
                            "be used is listed with the reason. Exit status 1 when "
                            "a backend that was named cannot be used.",
             .options = {options},
             .examples = examples},
    .run = run};

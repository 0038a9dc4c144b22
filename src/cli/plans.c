#include "cli/plans.h"

#include <stdlib.h>

// «all» in the texts or a file, or no framework named at all.
static bool needs_all(const struct plan_texts *texts, const char *file)
{
    const struct dli_list *list = &texts->value[PLAN_FRAMEWORK];
    for (int i = 0; i < list->count; i++)
        if (strcmp(list->text[i], "all") == 0)
            return true;
    return list->count == 0 || file;
}

// Usable frameworks; null measures the harness, not the machine.
static const char **usable(struct backend_list *backends, bool is_probed)
{
    const char **names = xcalloc((size_t)backends->count + 1, sizeof(*names));
    int count = 0;
    for (int i = 0; i < backends->count && is_probed; i++) {
        if (strcmp(backends->item[i].name, "null") == 0)
            continue;
        backends_probe(&backends->item[i]);
        if (!backends->item[i].reason)
            names[count++] = backends->item[i].name;
    }
    return names;
}

static int from_file(struct plan *out, const char *file, const struct plan_context *context)
{
    struct strbuf problems = STRBUF_INIT;
    struct dli_error err = {0};
    int result = plan_read(out, file, context, &problems, &err);
    if (result != DLI_OK)
        fputs(problems.length ? strbuf_text(&problems) : err.text, stderr);
    if (result != DLI_OK && !problems.length)
        fputc('\n', stderr);
    strbuf_release(&problems);
    return result == DLI_OK ? CLI_OK : result == DLI_E_IO ? CLI_SYSTEM : CLI_USAGE;
}

static int from_words(struct plan *out, const struct cli_command *command,
                      const struct plan_context *context)
{
    struct dli_error err = {0};
    if (plan_from_texts(out, context, &err) == DLI_OK)
        return CLI_OK;
    return cli_usage(command, "%s", err.text);
}

// What the user typed before any option is a model.
static void add_models(struct plan_texts *texts, struct cli_arguments *arguments)
{
    struct dli_list *models = &texts->value[PLAN_MODEL];
    const char **merged = xcalloc((size_t)(models->count + arguments->count) + 1, sizeof(*merged));
    int count = 0;
    for (int i = 0; i < arguments->count; i++)
        merged[count++] = arguments->text[i];
    for (int i = 0; i < models->count; i++)
        merged[count++] = models->text[i];
    models->count = count;
    models->text = merged;
    arguments->owner.memory =
        xrealloc(arguments->owner.memory, (size_t)arguments->owner.count + 1, sizeof(void *));
    arguments->owner.memory[arguments->owner.count++] = merged;
}

int plans_read(struct plan *out, struct backend_list *backends, const struct cli_command *command,
               const char *file, struct cli_arguments *arguments, struct plan_texts *texts)
{
    static const char *every[] = {"all"};
    if (arguments->count > 0)
        add_models(texts, arguments);
    if (!file && texts->value[PLAN_MODEL].count == 0)
        return cli_usage(
            command, "no model: name one, e.g. zoo:resnet-50 or model.onnx, or give --plan FILE");
    backends_find(backends);
    const char **names = usable(backends, needs_all(texts, file));
    if (!file && texts->value[PLAN_FRAMEWORK].count == 0)
        texts->value[PLAN_FRAMEWORK] = (struct dli_list){1, every};
    struct plan_context context = {.texts = texts, .frameworks = names};
    int status = file ? from_file(out, file, &context) : from_words(out, command, &context);
    if (status == CLI_OK && out->test_count == 0)
        status =
            cli_usage(command, "no framework can be used on this machine; 'dli backends' says why");
    free(names);
    return status;
}

// dli models: what DLI knows about models before anything runs them.
#include <jansson.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "catalog/catalog.h"
#include "cli/commands.h"

#define DLI_OPT_BASE struct models_arguments
struct models_arguments {
    bool is_json;
    int batch;
};

static const struct dli_option options[] = {
    {"json", DLI_OPT_BOOL(is_json), .help = "print JSON"},
    {"batch", DLI_OPT_INT(batch), DLI_RANGE(1, 65536), .unit = "N",
     .help = "batch that zoo models are written for (default 1)", .letter = 'b'},
    DLI_OPTIONS_END};

static const struct command_example examples[] = {
    {"dli models zoo:resnet-50 model.onnx", "file, format, hash, parameters, multiply-adds"},
    {NULL, NULL}};

static json_t *describe(const struct test_model *model)
{
    json_t *object = json_object();
    json_put_string(object, "model", model->model);
    json_put_string(object, "format", model->format);
    json_put_string(object, "path", model->path);
    json_put_string(object, "weights_path", model->weights_path);
    json_put_int(object, "bytes",
                 file_bytes(model->path) +
                     (model->weights_path ? file_bytes(model->weights_path) : 0));
    json_put_string(object, "sha256", model->sha256);
    json_object_set_new(object, "parameters",
                        model->parameter_count < 0 ? json_null()
                                                   : json_integer(model->parameter_count));
    json_object_set_new(object, "macs",
                        model->mac_count < 0 ? json_null() : json_integer(model->mac_count));
    return object;
}

static void add_count(struct strbuf *out, int64_t count, double unit)
{
    if (count < 0)
        strbuf_addf(out, " %12s", "unknown");
    else
        strbuf_addf(out, " %12.3f", (double)count / unit);
}

static void add_table(struct strbuf *out, const struct test *test, int count)
{
    strbuf_addf(out, "%-32s %-11s %10s %12s %12s  %-12s %s\n", "model", "format", "MiB",
                "M parameters", "G MAC", "sha256", "file");
    for (int i = 0; i < count; i++) {
        const struct test_model *model = &test[i].model[0];
        int64_t bytes =
            file_bytes(model->path) + (model->weights_path ? file_bytes(model->weights_path) : 0);
        strbuf_addf(out, "%-32s %-11s %10.2f", model->model, model->format,
                    (double)bytes / (1 << 20));
        add_count(out, model->parameter_count, 1e6);
        add_count(out, model->mac_count, 1e9);
        strbuf_addf(out, "  %.12s %s\n", model->sha256, model->path);
    }
}

static int print_models(const struct test *test, int count, bool is_json)
{
    struct strbuf text = STRBUF_INIT;
    if (is_json) {
        json_t *list = json_array();
        for (int i = 0; i < count; i++)
            json_array_append_new(list, describe(&test[i].model[0]));
        return cli_print_json(list);
    }
    add_table(&text, test, count);
    int status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

static int run(const struct cli_command *command, int argc, const char **argv)
{
    struct models_arguments given = {.batch = 1};
    struct cli_arguments arguments;
    struct dli_error err = {0};
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, &given, NULL, &status))
        return status;
    if (arguments.count == 0)
        status =
            cli_usage(command, "no model: name a file or a zoo model ('dli zoo list' lists those)");
    struct test *test = xcalloc((size_t)arguments.count + 1, sizeof(*test));
    for (int i = 0; i < arguments.count; i++) {
        test_init(&test[i]);
        struct test_model *model = test_add_model(&test[i]);
        model->model = xstrdup(arguments.text[i]);
        model->batch = given.batch;
    }
    struct catalog_options catalog = {.has_no_reference = true};
    if (status == CLI_OK && catalog_resolve(test, arguments.count, &catalog, &err) != DLI_OK)
        status = cli_fail(&err);
    else if (status == CLI_OK)
        status = print_models(test, arguments.count, given.is_json);
    for (int i = 0; i < arguments.count; i++)
        test_release(&test[i]);
    free(test);
    cli_arguments_release(&arguments);
    return status;
}

const struct cli_command cmd_models = {
    .text = {.name = "models",
             .arguments = "MODEL...",
             .summary = "what is known about models: file, format, hash, size, work",
             .description =
                 "Finds model files and zoo models as 'dli bench' would (a zoo model is written "
                 "into the cache) and prints their "
                 "format, size, SHA-256, trained parameters and multiply-adds of one batch.",
             .options = {options},
             .examples = examples},
    .run = run};

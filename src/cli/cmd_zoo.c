// dli zoo: architectures that need no download.
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/commands.h"
#include "zoo/emit.h"
#include "zoo/zoo.h"

#define DLI_OPT_BASE struct zoo_arguments
struct zoo_arguments {
    bool is_json, is_layers;
    const char *out, *format;
};

static const struct dli_option list_options[] = {
    {"json", DLI_OPT_BOOL(is_json), .help = "print JSON"}, DLI_OPTIONS_END};

static const struct command_example list_examples[] = {
    {"dli zoo list", "all models by family"},
    {"dli zoo list mobile", "those whose name or family has this in it"},
    {NULL, NULL}};

struct listing {
    const char *pattern;
    json_t *json;
    struct strbuf text;
    int count;
};

static bool contains(const char *text, const char *pattern)
{
    for (; *text; text++) {
        size_t i = 0;
        while (pattern[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)pattern[i]))
            i++;
        if (!pattern[i])
            return true;
    }
    return !*pattern;
}

static void list_one(const struct zoo_family *family, const struct zoo_variant *variant, void *data)
{
    struct listing *listing = data;
    int64_t width = variant->width ? variant->width : variant->height;
    if (!contains(variant->name, listing->pattern) && !contains(family->name, listing->pattern) &&
        !contains(family->task, listing->pattern))
        return;
    listing->count++;
    strbuf_addf(&listing->text, "%-40s %-16s %-18s %4lldx%-5lld %s\n", variant->name, family->name,
                family->task, (long long)variant->height, (long long)width,
                variant->about ? variant->about : "");
    json_t *entry = json_object();
    json_put_string(entry, "name", variant->name);
    json_put_string(entry, "family", family->name);
    json_put_string(entry, "task", family->task);
    json_put_string(entry, "source", family->source);
    json_put_string(entry, "about", variant->about);
    json_put_int(entry, "height", variant->height);
    json_put_int(entry, "width", width);
    json_put_bool(entry, "approximate", variant->is_approximate);
    json_put_bool(entry, "has_width_multiplier", family->has_multiplier);
    json_array_append_new(listing->json, entry);
}

static int list(const struct cli_command *command, int argc, const char **argv)
{
    struct zoo_arguments given = {0};
    struct cli_arguments arguments;
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, &given, NULL, &status))
        return status;
    struct listing listing = {.pattern = arguments.count ? arguments.text[0] : "",
                              .json = json_array()};
    strbuf_addf(&listing.text, "%-40s %-16s %-18s %10s %s\n", "model", "family", "task", "input",
                "about");
    zoo_each(list_one, &listing);
    if (given.is_json)
        status = cli_print_json(json_incref(listing.json));
    else if (listing.count)
        status = cli_print(&listing.text);
    else
        status = cli_usage(command, "the zoo has nothing like '%s'", listing.pattern);
    json_decref(listing.json);
    strbuf_release(&listing.text);
    cli_arguments_release(&arguments);
    return status;
}

const struct cli_command cmd_zoo_list = {
    .text = {.name = "zoo list",
             .arguments = "[PART-OF-NAME]",
             .summary = "list the architectures that DLI can build",
             .description = "Every model is built by DLI itself, with random weights that are the "
                            "same on every machine: speed needs no "
                            "training. Names are compared without case, '-', '_' and '.'.",
             .options = {list_options},
             .examples = list_examples},
    .run = list};

static const struct dli_option show_options[] = {
    {"json", DLI_OPT_BOOL(is_json), .help = "print JSON with parameters and macs"},
    {"layers", DLI_OPT_BOOL(is_layers),
     .help = "print every layer with its shape, parameters and multiply-adds"},
    DLI_OPTIONS_END};

static const struct command_example show_examples[] = {
    {"dli zoo show resnet-50", "inputs, outputs, parameters, multiply-adds"},
    {"dli zoo show 'mobilenet-v2?input=320&width=0.5' --layers", "layer by layer at another size"},
    {"dli zoo show torchvision/resnet50 --json", "for programs"},
    {NULL, NULL}};

static json_t *describe_values(struct graph_value *const *value, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_t *dim = json_array();
        for (int d = 0; d < value[i]->rank; d++)
            json_array_append_new(dim, json_integer(value[i]->dim[d]));
        json_array_append_new(list, json_pack("{s:s,s:s,s:o}", "name", value[i]->name, "type",
                                              dli_type_name(value[i]->type), "dim", dim));
    }
    return list;
}

static json_t *describe(const struct zoo_model *model, const struct graph *graph)
{
    struct graph_counts counts = graph_count(graph);
    json_t *object = json_object();
    json_put_string(object, "model", graph->name);
    json_put_string(object, "family", model->family->name);
    json_put_string(object, "task", model->family->task);
    json_put_string(object, "source", model->family->source);
    json_put_bool(object, "approximate", model->variant->is_approximate);
    json_put_int(object, "parameters", counts.trainable);
    json_put_int(object, "parameters_folded", counts.folded);
    json_put_int(object, "parameters_total", counts.total);
    json_put_int(object, "macs", counts.macs);
    json_put_int(object, "weight_bytes", counts.weight_bytes);
    json_put_int(object, "activation_elements", counts.activation_elements);
    json_put_int(object, "layers", graph->node_count);
    json_object_set_new(object, "inputs", describe_values(graph->input, graph->input_count));
    json_object_set_new(object, "outputs", describe_values(graph->output, graph->output_count));
    return object;
}

static void add_values(struct strbuf *out, const char *what, struct graph_value *const *value,
                       int count)
{
    for (int i = 0; i < count; i++) {
        strbuf_addf(out, "%-15s %s %s ", what, value[i]->name, dli_type_name(value[i]->type));
        for (int d = 0; d < value[i]->rank; d++)
            strbuf_addf(out, "%s%lld", d ? "x" : "", (long long)value[i]->dim[d]);
        strbuf_addc(out, '\n');
    }
}

static void add_description(struct strbuf *out, const struct zoo_model *model,
                            const struct graph *graph)
{
    struct graph_counts counts = graph_count(graph);
    strbuf_addf(out, "%s: %s, family %s\n", graph->name, model->family->task, model->family->name);
    if (model->variant->about)
        strbuf_addf(out, "%-15s %s\n", "about", model->variant->about);
    strbuf_addf(out, "%-15s %s\n", "source", model->family->source);
    if (model->variant->is_approximate)
        strbuf_addf(
            out,
            "%-15s does the same work; not compared with the published topology layer by layer\n",
            "approximate");
    add_values(out, "input", graph->input, graph->input_count);
    add_values(out, "output", graph->output, graph->output_count);
    strbuf_addf(out, "%-15s %lld (%.3f M); after folding batch norm %.3f M\n", "parameters",
                (long long)counts.trainable, (double)counts.trainable / 1e6,
                (double)counts.folded / 1e6);
    strbuf_addf(out, "%-15s %lld (%.3f G)\n", "multiply-adds", (long long)counts.macs,
                (double)counts.macs / 1e9);
    strbuf_addf(out, "%-15s %.1f MiB in float32, %d layers\n", "weights",
                (double)counts.weight_bytes / (1 << 20), graph->node_count);
}

static int open_graph(struct zoo_model *model, struct graph *graph, const char *spec)
{
    struct dli_error err = {0};
    int result = zoo_find(model, spec, &err);
    if (result != DLI_OK)
        return cli_fail(&err);
    result = zoo_build(graph, model, &err);
    if (result == DLI_OK)
        return CLI_OK;
    graph_release(graph);
    return cli_fail(&err);
}

static int print_graph(const struct zoo_model *model, const struct graph *graph,
                       const struct zoo_arguments *given)
{
    struct strbuf text = STRBUF_INIT;
    if (given->is_json)
        return cli_print_json(describe(model, graph));
    add_description(&text, model, graph);
    if (given->is_layers) {
        strbuf_addc(&text, '\n');
        zoo_print_layers(&text, graph);
    }
    int status = cli_print(&text);
    strbuf_release(&text);
    return status;
}

static int show(const struct cli_command *command, int argc, const char **argv)
{
    struct zoo_arguments given = {0};
    struct cli_arguments arguments;
    struct zoo_model model;
    struct graph graph;
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, &given, NULL, &status))
        return status;
    if (arguments.count != 1)
        status = cli_usage(command, "one model, please; 'dli zoo list' lists them");
    else
        status = open_graph(&model, &graph, arguments.text[0]);
    if (status == CLI_OK) {
        status = print_graph(&model, &graph, &given);
        graph_release(&graph);
    }
    cli_arguments_release(&arguments);
    return status;
}

const struct cli_command cmd_zoo_show = {
    .text = {.name = "zoo show",
             .arguments = "NAME",
             .summary = "describe a zoo model: shapes, parameters, multiply-adds, layers",
             .description = "Parameters are trained values (weights, biases, two per normalised "
                            "channel); multiply-adds are those of "
                            "convolutions and matrix products. NAME may carry parameters: "
                            "'resnet-50?input=320&classes=10&batch=8'.",
             .options = {show_options},
             .examples = show_examples},
    .run = show};

static const struct dli_option write_options[] = {
    {"out", DLI_OPT_STRING(out), .unit = "FILE",
     .help = "file to write (default NAME with the format's extension, in this folder)"},
    {"format", DLI_OPT_STRING(format), .unit = "NAME", .help = "format (default onnx)"},
    DLI_OPTIONS_END};

static const struct command_example write_examples[] = {
    {"dli zoo write resnet-50 --out resnet-50.onnx", "a file that any ONNX runtime loads"},
    {"dli zoo write 'resnet-50?batch=8'", "at batch 8"},
    {NULL, NULL}};

static int write_graph(const struct graph *graph, const struct zoo_model *model,
                       const struct zoo_arguments *given)
{
    struct dli_error err = {0};
    char sha256[SHA256_HEX_SIZE];
    const struct emitter *emitter = emit_find(given->format ? given->format : "onnx");
    if (!emitter) {
        fprintf(stderr, "dli: error: the zoo does not write '%s'; it writes", given->format);
        for (const struct emitter *const *known = emitters; *known; known++)
            fprintf(stderr, "%s %s", known == emitters ? "" : ",", (*known)->format);
        fputc('\n', stderr);
        return CLI_USAGE;
    }
    char *path = given->out
                     ? xstrdup(given->out)
                     : xasprintf("%s.%s", file_name(model->variant->name), emitter->extension);
    int64_t begin_ns = clock_now_ns();
    int result = emit_file(graph, emitter, path, sha256, &err);
    double seconds = (double)(clock_now_ns() - begin_ns) / NS_PER_S;
    char *weights = emit_weights_path(emitter, path);
    int64_t bytes = file_bytes(path) + (weights ? file_bytes(weights) : 0);
    if (result == DLI_OK)
        printf("%s%s%s: %.1f MiB in %.2f s, sha256 %s\n", path, weights ? ", " : "",
               weights ? weights : "", (double)bytes / (1 << 20), seconds, sha256);
    free(weights);
    free(path);
    return result == DLI_OK ? CLI_OK : cli_fail(&err);
}

static int write_model(const struct cli_command *command, int argc, const char **argv)
{
    struct zoo_arguments given = {0};
    struct cli_arguments arguments;
    struct zoo_model model;
    struct graph graph;
    int status = CLI_OK;
    if (!cli_parse(&arguments, command, argc, argv, &given, NULL, &status))
        return status;
    if (arguments.count != 1)
        status = cli_usage(command, "one model, please; 'dli zoo list' lists them");
    else
        status = open_graph(&model, &graph, arguments.text[0]);
    if (status == CLI_OK) {
        status = write_graph(&graph, &model, &given);
        graph_release(&graph);
    }
    cli_arguments_release(&arguments);
    return status;
}

const struct cli_command cmd_zoo_write = {
    .text = {.name = "zoo write",
             .arguments = "NAME",
             .summary = "write a zoo model to a file",
             .description = "The same name gives the same bytes on every machine.",
             .options = {write_options},
             .examples = write_examples},
    .run = write_model};

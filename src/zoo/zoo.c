#include "zoo/zoo.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/nearest.h"
#include "base/random.h"

enum { MAX_NAMES = 1024, MAX_INPUT = 8192, MAX_CLASSES = 1000000 };

int64_t zoo_divisible(double channels)
{
    int64_t rounded = (int64_t)(channels + 4) / 8 * 8;
    if (rounded < 8)
        rounded = 8;
    return (double)rounded < 0.9 * channels ? rounded + 8 : rounded;
}

bool zoo_is_spec(const char *text)
{
    return strncmp(text, "zoo:", 4) == 0;
}

// Equal without case, '-', '_' and '.'; a folder like torchvision/ counts.
static bool is_same_name(const char *a, size_t a_length, const char *b)
{
    const char *end = a + a_length;
    for (;;) {
        while (a < end && strchr("-_.", *a))
            a++;
        while (*b && strchr("-_.", *b))
            b++;
        if (a == end || !*b)
            return a == end && !*b;
        if (tolower((unsigned char)*a++) != tolower((unsigned char)*b++))
            return false;
    }
}

void zoo_each(void (*visit)(const struct zoo_family *, const struct zoo_variant *, void *), void *data)
{
    for (const struct zoo_family *const *family = zoo_families; *family; family++)
        for (const struct zoo_variant *variant = (*family)->variant; variant->name; variant++)
            visit(*family, variant, data);
}

static int fail_unknown(const char *name, size_t length, struct dli_error *err)
{
    const char *names[MAX_NAMES + 1];
    int count = 0;
    char text[DLI_MAX_NAME];
    snprintf(text, sizeof(text), "%.*s", (int)length, name);
    for (const struct zoo_family *const *family = zoo_families; *family; family++)
        for (const struct zoo_variant *variant = (*family)->variant; variant->name && count < MAX_NAMES; variant++)
            names[count++] = variant->name;
    names[count] = NULL;
    const char *nearest = nearest_name(text, names);
    if (nearest)
        return dli_fail(err, DLI_E_NOTFOUND, "the zoo has no '%.80s'; did you mean '%s'?", text, nearest);
    return dli_fail(err, DLI_E_NOTFOUND, "the zoo has no '%.80s'; 'dli zoo list' shows what it has", text);
}

static int find_name(struct zoo_model *out, const char *name, size_t length, struct dli_error *err)
{
    for (const struct zoo_family *const *family = zoo_families; *family; family++)
        for (const struct zoo_variant *variant = (*family)->variant; variant->name; variant++)
            if (is_same_name(name, length, variant->name)) {
                out->family = *family;
                out->variant = variant;
                return DLI_OK;
            }
    return fail_unknown(name, length, err);
}

static int parse_number(int64_t *out, const char *key, const char *text, size_t length, int64_t min, int64_t max,
                        struct dli_error *err)
{
    char copy[32];
    char *end = NULL;
    snprintf(copy, sizeof(copy), "%.*s", (int)length, text);
    errno = 0;
    long long value = strtoll(copy, &end, 10);
    if (length == 0 || length >= sizeof(copy) || *end || errno || value < min || value > max)
        return dli_fail(err, DLI_E_ARG, "%s=%.30s: must be a whole number within %lld..%lld", key, copy, (long long)min,
                        (long long)max);
    *out = value;
    return DLI_OK;
}

static int parse_input(struct zoo_model *out, const char *text, size_t length, struct dli_error *err)
{
    const char *cross = memchr(text, 'x', length);
    size_t first = cross ? (size_t)(cross - text) : length;
    int64_t min = out->family->min_input;
    int result = parse_number(&out->params.height, "input", text, first, min, MAX_INPUT, err);
    out->params.width = out->params.height;
    if (result == DLI_OK && cross)
        result = parse_number(&out->params.width, "input", cross + 1, length - first - 1, min, MAX_INPUT, err);
    return result;
}

static int parse_multiplier(struct zoo_model *out, const char *text, size_t length, struct dli_error *err)
{
    char copy[32];
    char *end = NULL;
    if (!out->family->has_multiplier)
        return dli_fail(err, DLI_E_ARG, "width: family %s has no width multiplier", out->family->name);
    snprintf(copy, sizeof(copy), "%.*s", (int)length, text);
    double value = strtod(copy, &end);
    if (length == 0 || *end || !(value >= 0.05 && value <= 8))
        return dli_fail(err, DLI_E_ARG, "width=%.30s: must be a number within 0.05..8", copy);
    out->params.multiplier = value;
    return DLI_OK;
}

static int parse_pair(struct zoo_model *out, const char *pair, size_t length, struct dli_error *err)
{
    static const char *const keys[] = {"batch", "input", "classes", "width", "seed", NULL};
    char key[32];
    const char *equals = memchr(pair, '=', length);
    size_t key_length = equals ? (size_t)(equals - pair) : length;
    const char *value = equals ? equals + 1 : pair + length;
    size_t value_length = length - (size_t)(value - pair);
    int64_t seed = 0;
    int result;
    snprintf(key, sizeof(key), "%.*s", (int)key_length, pair);
    if (strcmp(key, "batch") == 0) {
        out->has_batch = true;
        return parse_number(&out->params.batch, key, value, value_length, 1, 65536, err);
    }
    if (strcmp(key, "input") == 0)
        return parse_input(out, value, value_length, err);
    if (strcmp(key, "classes") == 0)
        return parse_number(&out->params.classes, key, value, value_length, 1, MAX_CLASSES, err);
    if (strcmp(key, "width") == 0)
        return parse_multiplier(out, value, value_length, err);
    if (strcmp(key, "seed") == 0) {
        result = parse_number(&seed, key, value, value_length, 0, INT64_MAX, err);
        out->seed = (uint64_t)seed;
        out->has_seed = true;
        return result;
    }
    const char *nearest = nearest_name(key, keys);
    return dli_fail(err, DLI_E_ARG, "unknown key '%s'%s%s; keys are batch, input, classes, width, seed", key,
                    nearest ? "; did you mean " : "", nearest ? nearest : "");
}

int zoo_find(struct zoo_model *out, const char *spec, struct dli_error *err)
{
    const char *name = zoo_is_spec(spec) ? spec + 4 : spec;
    size_t length = strcspn(name, "?");
    memset(out, 0, sizeof(*out));
    out->seed = 1;
    int result = find_name(out, name, length, err);
    if (result != DLI_OK)
        return result;
    const struct zoo_variant *variant = out->variant;
    out->params = (struct zoo_params){.batch = 1,
                                      .height = variant->height,
                                      .width = variant->width ? variant->width : variant->height,
                                      .classes = variant->classes ? variant->classes : 1000,
                                      .multiplier = 1};
    const char *next = name + length;
    while (result == DLI_OK && *next) {
        const char *pair = next + 1;
        size_t pair_length = strcspn(pair, "&");
        result = parse_pair(out, pair, pair_length, err);
        next = pair + pair_length;
    }
    if (result != DLI_OK)
        dli_error_prepend(err, "%s", variant->name);
    return result;
}

void zoo_canonical(struct strbuf *out, const struct zoo_model *model)
{
    const struct zoo_variant *variant = model->variant;
    const struct zoo_params *params = &model->params;
    char mark = '?';
    strbuf_adds(out, variant->name);
    if (params->batch != 1) {
        strbuf_addf(out, "%cbatch=%lld", mark, (long long)params->batch);
        mark = '&';
    }
    if (params->classes != (variant->classes ? variant->classes : 1000)) {
        strbuf_addf(out, "%cclasses=%lld", mark, (long long)params->classes);
        mark = '&';
    }
    if (params->height != variant->height || params->width != (variant->width ? variant->width : variant->height)) {
        strbuf_addf(out, "%cinput=%lldx%lld", mark, (long long)params->height, (long long)params->width);
        mark = '&';
    }
    if (model->seed != 1) {
        strbuf_addf(out, "%cseed=%llu", mark, (unsigned long long)model->seed);
        mark = '&';
    }
    if (params->multiplier != 1)
        strbuf_addf(out, "%cwidth=%.6g", mark, params->multiplier);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Names decide weights and become names in files, so two equal ones are a fault of the architecture.
static void check_names(struct graph *g)
{
    int count = 0;
    int limit = g->input_count + g->weight_count + g->node_count;
    const char **names = xcalloc((size_t)limit, sizeof(*names));
    for (int i = 0; i < g->input_count; i++)
        names[count++] = g->input[i]->name;
    for (const struct graph_value *weight = g->first_weight; weight; weight = weight->next)
        names[count++] = weight->name;
    for (const struct graph_node *node = g->first_node; node; node = node->next)
        names[count++] = node->output->name;
    qsort(names, (size_t)count, sizeof(*names), compare_names);
    for (int i = 1; i < count; i++)
        if (strcmp(names[i], names[i - 1]) == 0)
            build_fail(g, "the name '%s' is used twice", names[i]);
    free(names);
}

int zoo_build(struct graph *graph, const struct zoo_model *model, struct dli_error *err)
{
    struct strbuf name = STRBUF_INIT;
    zoo_canonical(&name, model);
    graph_init(graph, strbuf_text(&name), model->seed);
    strbuf_release(&name);
    model->family->build(graph, model->variant, &model->params);
    check_names(graph);
    return graph_finish(graph, err);
}

void zoo_fill_input(float *out, size_t count, const char *name, uint64_t seed)
{
    random_fill_f32(out, count, random_key(seed, name), 0, -1.7320508f, 1.7320508f);
}

static int64_t node_parameters(const struct graph_node *node)
{
    int64_t count = 0;
    for (int i = 0; i < node->input_count; i++) {
        const struct weight *weight = node->input[i]->weight;
        if (weight && weight->role != WEIGHT_CONSTANT && weight->role != WEIGHT_MEAN && weight->role != WEIGHT_VARIANCE)
            count += graph_elements(node->input[i]);
    }
    return count;
}

void zoo_print_layers(struct strbuf *out, const struct graph *graph)
{
    struct graph_counts counts = graph_count(graph);
    strbuf_addf(out, "%-44s %-20s %-20s %12s %16s\n", "layer", "operator", "output", "parameters", "multiply-adds");
    for (const struct graph_node *node = graph->first_node; node; node = node->next) {
        char shape[96] = "";
        size_t length = 0;
        for (int i = 0; i < node->output->rank && length < sizeof(shape); i++)
            length += (size_t)snprintf(shape + length, sizeof(shape) - length, "%s%lld", i ? "x" : "",
                                       (long long)node->output->dim[i]);
        strbuf_addf(out, "%-44s %-20s %-20s %12lld %16lld\n", node->name, graph_op_name(node->op), shape,
                    (long long)node_parameters(node), (long long)graph_node_macs(node));
    }
    strbuf_addf(out, "%d layers, %lld parameters (%lld after folding batch norm, %lld with running statistics), %.3f G multiply-adds\n",
                graph->node_count, (long long)counts.trainable, (long long)counts.folded, (long long)counts.total,
                (double)counts.macs / 1e9);
    if (graph->training_trainable)
        strbuf_addf(out, "%lld of the parameters are in a head that only training uses; its layers are left out\n",
                    (long long)graph->training_trainable);
}

// Plan files. Everything is read as text and given to the key's own parser, so `no`, `1e3` and
// `0x10` mean what the key says. Aliases are refused; depth and size are bounded by the schema and
// the file limit.
#include <stdlib.h>
#include <yaml.h>

#include "base/nearest.h"
#include "plan/plan.h"

enum { MAX_PROBLEMS = 20, MAX_TESTS_IN_FILE = 10000 };

struct reading {
    yaml_document_t *document;
    const char *name;
    const struct plan_context *context;
    struct options_owner owner;
    struct strbuf *problems;
    int problem_count;
    struct dli_error *err;
};

static int line_of(const yaml_node_t *node)
{
    return (int)node->start_mark.line + 1;
}

static void add_problem(struct reading *r, int line, const char *format, ...) DLI_PRINTF(3, 4);
static void add_problem(struct reading *r, int line, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (r->problem_count++ == 0)
        dli_fail(r->err, DLI_E_PARSE, "%s:%d: %s", r->name, line, text);
    if (r->problem_count <= MAX_PROBLEMS)
        strbuf_addf(r->problems, "%s:%d: %s\n", r->name, line, text);
}

static const char *text_of(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

static yaml_node_t *node_at(struct reading *r, int index)
{
    return yaml_document_get_node(r->document, index);
}

// A scalar without NULs inside; otherwise a problem is noted and NULL returned.
static const char *scalar(struct reading *r, const yaml_node_t *node, const char *key)
{
    if (node->type != YAML_SCALAR_NODE) {
        add_problem(r, line_of(node), "'%.60s' must be a plain value here", key);
        return NULL;
    }
    if (strlen(text_of(node)) != node->data.scalar.length) {
        add_problem(r, line_of(node), "'%.60s' contains a NUL byte", key);
        return NULL;
    }
    return text_of(node);
}

static void append(struct reading *r, struct dli_list *list, const char *text)
{
    struct dli_option option = {.name = "value", .type = DLI_OPTION_LIST};
    if (options_set(list, &option, text, &r->owner, r->err) != DLI_OK)
        abort(); // appending to a list cannot fail
}

// `option: {openvino.KEY: value}`: pairs become the texts «openvino.KEY=value».
static void read_pairs(struct reading *r, const yaml_node_t *node, struct dli_list *list)
{
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const char *name = scalar(r, node_at(r, pair->key), "option");
        const char *value = scalar(r, node_at(r, pair->value), "option");
        if (!name || !value)
            continue;
        char *text = xasprintf("%s=%s", name, value);
        append(r, list, text);
        free(text);
    }
}

static void read_value(struct reading *r, enum plan_key key, const yaml_node_t *node,
                       struct dli_list *list)
{
    const char *name = plan_key_name(key);
    if (node->type == YAML_MAPPING_NODE &&
        (key == PLAN_OPTION || key == PLAN_SHAPE || key == PLAN_INPUT)) {
        read_pairs(r, node, list);
    } else if (node->type == YAML_SEQUENCE_NODE) {
        yaml_node_item_t *item = node->data.sequence.items.start;
        if (item == node->data.sequence.items.top)
            add_problem(r, line_of(node), "'%s' is an empty list", name);
        for (; item < node->data.sequence.items.top; item++) {
            const char *text = scalar(r, node_at(r, *item), name);
            if (text)
                append(r, list, text);
        }
    } else {
        const char *text = scalar(r, node, name);
        if (text)
            append(r, list, text);
    }
}

static void note_unknown(struct reading *r, const yaml_node_t *node, const char *name,
                         const char *const *known)
{
    const char *nearest = known ? nearest_name(name, known) : options_nearest(plan_options, name);
    if (nearest)
        add_problem(r, line_of(node), "unknown key '%.60s'; did you mean '%s'?", name, nearest);
    else
        add_problem(r, line_of(node), "unknown key '%.60s'; docs/plan.md lists the keys", name);
}

static void read_entry(struct reading *r, const yaml_node_t *node, struct plan_texts *texts)
{
    bool is_seen[PLAN_KEY_COUNT] = {false};
    if (node->type != YAML_MAPPING_NODE) {
        add_problem(r, line_of(node), "expected 'key: value' lines");
        return;
    }
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key_node = node_at(r, pair->key);
        const char *name = scalar(r, key_node, "key");
        int key = name ? plan_key_find(name) : -1;
        if (!name)
            continue;
        if (key < 0) {
            note_unknown(r, key_node, name, NULL);
        } else if (is_seen[key]) {
            add_problem(r, line_of(key_node), "'%s' is given twice", name);
        } else {
            is_seen[key] = true;
            texts->value[key] = (struct dli_list){0, NULL};
            read_value(r, (enum plan_key)key, node_at(r, pair->value), &texts->value[key]);
        }
    }
}

static void expand_entry(struct reading *r, struct plan *plan, const yaml_node_t *node,
                         const struct plan_texts *texts)
{
    struct dli_error err = {0};
    if (r->problem_count == 0 && plan_expand(plan, texts, r->context, &err) != DLI_OK)
        add_problem(r, line_of(node), "%s", err.text);
}

static void read_tests(struct reading *r, struct plan *plan, const yaml_node_t *node,
                       const struct plan_texts *defaults)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        add_problem(r, line_of(node), "'tests' must be a list ('- model: …')");
        return;
    }
    if (node->data.sequence.items.top - node->data.sequence.items.start > MAX_TESTS_IN_FILE) {
        add_problem(r, line_of(node), "'tests' has more than %d entries", MAX_TESTS_IN_FILE);
        return;
    }
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        struct plan_texts texts = *defaults;
        const yaml_node_t *entry = node_at(r, *item);
        read_entry(r, entry, &texts);
        expand_entry(r, plan, entry, &texts);
    }
}

static void read_top(struct reading *r, struct plan *plan, const yaml_node_t *root)
{
    static const char *const keys[] = {"name", "description", "defaults", "tests", NULL};
    const yaml_node_t *found[4] = {NULL, NULL, NULL, NULL};
    struct plan_texts defaults = {0};
    if (!root || root->type != YAML_MAPPING_NODE) {
        add_problem(r, root ? line_of(root) : 1,
                    "a plan has the keys name, description, defaults and tests");
        return;
    }
    for (yaml_node_pair_t *pair = root->data.mapping.pairs.start;
         pair < root->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key_node = node_at(r, pair->key);
        const char *name = scalar(r, key_node, "key");
        int key = 0;
        while (name && keys[key] && strcmp(keys[key], name) != 0)
            key++;
        if (name && !keys[key])
            note_unknown(r, key_node, name, keys);
        else if (name && found[key])
            add_problem(r, line_of(key_node), "'%s' is given twice", name);
        else if (name)
            found[key] = node_at(r, pair->value);
    }
    const char *name = found[0] ? scalar(r, found[0], "name") : NULL;
    const char *description = found[1] ? scalar(r, found[1], "description") : NULL;
    plan->name = name ? xstrdup(name) : NULL;
    plan->description = description ? xstrdup(description) : NULL;
    if (found[2])
        read_entry(r, found[2], &defaults);
    if (found[3])
        read_tests(r, plan, found[3], &defaults);
    else
        expand_entry(r, plan, root, &defaults);
}

// What the schema can never need, found in the events before a document is built: aliases, which
// libyaml expands into shared nodes, and nesting, whose cost in libyaml grows with the square of
// the depth.
static const char *find_forbidden(const char *text, size_t bytes)
{
    enum { MAX_DEPTH = 16 };
    yaml_parser_t parser;
    const char *problem = NULL;
    int depth = 0;
    bool is_over = false;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    while (!is_over && !problem) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event))
            break;
        depth += event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
        depth -= event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        if (event.type == YAML_ALIAS_EVENT)
            problem = "aliases ('*name') are not supported: write the values out";
        else if (depth > MAX_DEPTH)
            problem = "nested too deeply";
        is_over = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return problem;
}

int plan_parse(struct plan *out, const char *text, size_t bytes, const char *name,
               const struct plan_context *context, struct strbuf *problems, struct dli_error *err)
{
    yaml_parser_t parser;
    yaml_document_t document;
    struct reading r = {
        .document = &document, .name = name, .context = context, .problems = problems, .err = err};
    memset(out, 0, sizeof(*out));
    const char *forbidden = find_forbidden(text, bytes);
    if (forbidden) {
        add_problem(&r, 1, "%s", forbidden);
        return DLI_E_PARSE;
    }
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, bytes);
    if (!yaml_parser_load(&parser, &document)) {
        add_problem(&r, (int)parser.problem_mark.line + 1, "not YAML: %s",
                    parser.problem ? parser.problem : "damaged");
    } else {
        read_top(&r, out, yaml_document_get_root_node(&document));
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    if (r.problem_count > MAX_PROBLEMS)
        strbuf_addf(problems, "%s: and %d problems more\n", name, r.problem_count - MAX_PROBLEMS);
    if (r.problem_count > 0)
        plan_release(out);
    else
        plan_remove_duplicates(out);
    options_owner_release(&r.owner);
    return r.problem_count ? DLI_E_PARSE : DLI_OK;
}

#include "zoo/fingerprint.h"

#include "base/strbuf.h"

// To be raised when the rule that makes weights from a description changes.
enum { WEIGHT_RULE = 1 };

static void add_dims(struct strbuf *text, const struct graph_value *value)
{
    strbuf_addf(text, " %s:%d", value->name, value->type);
    for (int i = 0; i < value->rank; i++)
        strbuf_addf(text, "%c%lld", i ? 'x' : '=', (long long)value->dim[i]);
}

static void add_list(struct strbuf *text, const int64_t *values, int count)
{
    for (int i = 0; i < count; i++)
        strbuf_addf(text, " %lld", (long long)values[i]);
}

static void add_weight(struct strbuf *text, const struct graph_value *value)
{
    const struct weight *weight = value->weight;
    add_dims(text, value);
    strbuf_addf(text, " %d %a %a", weight->role, (double)weight->low, (double)weight->high);
    for (int64_t i = 0; weight->values && i < graph_elements(value); i++)
        strbuf_addf(text, " %a", weight->values[i]);
    strbuf_addc(text, '\n');
}

static void add_node(struct strbuf *text, const struct graph_node *node)
{
    const struct graph_attributes *a = &node->attribute;
    strbuf_addf(text, "%s %s", graph_op_name(node->op), node->name);
    for (int i = 0; i < node->input_count; i++)
        strbuf_addf(text, " %s", node->input[i]->name);
    add_dims(text, node->output);
    add_list(text, a->kernel, 2);
    add_list(text, a->stride, 2);
    add_list(text, a->dilation, 2);
    add_list(text, a->pad, 4);
    add_list(text, a->perm, DLI_MAX_RANK);
    strbuf_addf(text, " %lld %lld %lld %d%d%d %a %a %a %a\n", (long long)a->group, (long long)a->axis, (long long)a->size,
                a->ceil_mode, a->count_include_pad, a->transpose_b, (double)a->alpha, (double)a->beta, (double)a->bias,
                (double)a->epsilon);
}

void graph_fingerprint(char out[SHA256_HEX_SIZE], const struct graph *graph)
{
    struct strbuf text = STRBUF_INIT;
    strbuf_addf(&text, "%d %s %llu\n", WEIGHT_RULE, graph->name, (unsigned long long)graph->seed);
    for (int i = 0; i < graph->input_count; i++)
        add_dims(&text, graph->input[i]);
    for (int i = 0; i < graph->output_count; i++)
        add_dims(&text, graph->output[i]);
    for (const struct graph_value *weight = graph->first_weight; weight; weight = weight->next)
        add_weight(&text, weight);
    for (const struct graph_node *node = graph->first_node; node; node = node->next)
        add_node(&text, node);
    sha256_memory(out, strbuf_text(&text), text.length);
    strbuf_release(&text);
}

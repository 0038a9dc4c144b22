// Nodes and attributes of a GraphDef.
#include <ctype.h>

#include "zoo/emit/tensorflow.h"

static bool is_input(const struct lite *l, const struct lite_tensor *tensor)
{
    for (int i = 0; i < l->graph->input_count; i++)
        if (l->placed[l->graph->input[i]->index][LITE_PLAIN] == tensor)
            return true;
    return false;
}

const char *tf_clean_name(struct tf_graph *g, const char *name)
{
    char *clean =
        arena_printf(&g->l->arena, "%s%s", isalnum((unsigned char)*name) ? "" : "n", name);
    for (char *c = clean; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_./-", *c))
            *c = '_';
    return clean;
}

const char *tf_name(struct tf_graph *g, const struct lite_tensor *tensor)
{
    const char *clean = tf_clean_name(g, tensor->name);
    // The number keeps layers apart from the model's inputs and outputs, which keep their names.
    return is_input(g->l, tensor) ? clean
                                  : arena_printf(&g->l->arena, "%s.%d", clean, tensor->index);
}

Tensorflow__NodeDef *tf_add(struct tf_graph *g, const char *name, const char *op, int input_count,
                            const char *const *input)
{
    struct arena *arena = &g->l->arena;
    struct tf_node *node = arena_alloc(arena, sizeof(*node));
    Tensorflow__NodeDef *def = &node->def;
    tensorflow__node_def__init(def);
    def->name = (char *)name;
    def->op = (char *)op;
    def->n_input = (size_t)input_count;
    def->input = arena_alloc(arena, (size_t)input_count * sizeof(*def->input));
    for (int i = 0; i < input_count; i++)
        def->input[i] = (char *)input[i];
    def->attr = arena_alloc(arena, TF_MAX_ATTRIBUTES * sizeof(*def->attr));
    *(g->last ? &g->last->next : &g->first) = node;
    g->last = node;
    return def;
}

static Tensorflow__AttrValue *set(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key)
{
    Tensorflow__NodeDef__AttrEntry *entry = arena_alloc(&g->l->arena, sizeof(*entry));
    Tensorflow__AttrValue *value = arena_alloc(&g->l->arena, sizeof(*value));
    tensorflow__node_def__attr_entry__init(entry);
    tensorflow__attr_value__init(value);
    entry->key = (char *)key;
    entry->value = value;
    node->attr[node->n_attr++] = entry;
    return value;
}

void tf_set_type(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, enum tf_type value)
{
    Tensorflow__AttrValue *attr = set(g, node, key);
    attr->has_type = 1;
    attr->type = value;
}

void tf_set_int(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, int64_t value)
{
    Tensorflow__AttrValue *attr = set(g, node, key);
    attr->has_i = 1;
    attr->i = value;
}

void tf_set_float(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, float value)
{
    Tensorflow__AttrValue *attr = set(g, node, key);
    attr->has_f = 1;
    attr->f = value;
}

void tf_set_bool(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, bool value)
{
    Tensorflow__AttrValue *attr = set(g, node, key);
    attr->has_b = 1;
    attr->b = value;
}

void tf_set_text(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, const char *value)
{
    Tensorflow__AttrValue *attr = set(g, node, key);
    attr->has_s = 1;
    attr->s.len = strlen(value);
    attr->s.data = (uint8_t *)(uintptr_t)value;
}

void tf_set_ints(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, int count,
                 const int64_t *value)
{
    Tensorflow__AttrValue__ListValue *list = arena_alloc(&g->l->arena, sizeof(*list));
    tensorflow__attr_value__list_value__init(list);
    list->n_i = (size_t)count;
    list->i = arena_alloc(&g->l->arena, (size_t)count * sizeof(*list->i));
    memcpy(list->i, value, (size_t)count * sizeof(*value));
    set(g, node, key)->list = list;
}

Tensorflow__TensorShapeProto *tf_shape(struct tf_graph *g, int rank, const int64_t *dim)
{
    struct arena *arena = &g->l->arena;
    Tensorflow__TensorShapeProto *shape = arena_alloc(arena, sizeof(*shape));
    tensorflow__tensor_shape_proto__init(shape);
    shape->n_dim = (size_t)rank;
    shape->dim = arena_alloc(arena, (size_t)rank * sizeof(*shape->dim));
    for (int i = 0; i < rank; i++) {
        shape->dim[i] = arena_alloc(arena, sizeof(*shape->dim[i]));
        tensorflow__tensor_shape_proto__dim__init(shape->dim[i]);
        shape->dim[i]->has_size = 1;
        shape->dim[i]->size = dim[i];
    }
    return shape;
}

void tf_set_shape(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, int rank,
                  const int64_t *dim)
{
    set(g, node, key)->shape = tf_shape(g, rank, dim);
}

/**
 * tensorflow.h - nodes of a GraphDef under construction. Everything belongs to the lowered graph's
 * arena.
 */
#ifndef ZOO_EMIT_TENSORFLOW_H
#define ZOO_EMIT_TENSORFLOW_H

#include "zoo/emit/tensorflow.pb-c.h"
#include "zoo/emit/tflite.h"

/** enum DataType of tensorflow/core/framework/types.proto. */
enum tf_type { TF_DT_FLOAT = 1, TF_DT_INT32 = 3 };

#define TF_MAX_ATTRIBUTES 8

struct tf_node {
    Tensorflow__NodeDef def;
    struct tf_node *next;
};

struct tf_graph {
    struct lite *l;
    struct lite_tensor **tensor; /**< by index, as they were after lowering */
    struct tf_node *first, *last;
};

/** Name of the node that makes a tensor. */
const char *tf_name(struct tf_graph *g, const struct lite_tensor *tensor);
/** A name as TensorFlow takes it: other characters become '_'. */
const char *tf_clean_name(struct tf_graph *g, const char *name);

/** Appends a node; attributes are added afterwards. Strings are borrowed from the arena. */
Tensorflow__NodeDef *tf_add(struct tf_graph *g, const char *name, const char *op, int input_count,
                            const char *const *input);
void tf_set_type(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key,
                 enum tf_type value);
void tf_set_int(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, int64_t value);
void tf_set_float(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, float value);
void tf_set_bool(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, bool value);
void tf_set_text(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, const char *value);
void tf_set_ints(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, int count,
                 const int64_t *value);
void tf_set_shape(struct tf_graph *g, Tensorflow__NodeDef *node, const char *key, int rank,
                  const int64_t *dim);
Tensorflow__TensorShapeProto *tf_shape(struct tf_graph *g, int rank, const int64_t *dim);

/** tensorflow_ops.c: one operator of the lowered graph. */
void tf_operator(struct tf_graph *g, const struct lite_op *op);

#endif

/**
 * tflite.h - a graph lowered to the tensors and operators of TensorFlow Lite, for the formats of
 * TensorFlow: tflite.c writes it as it is, tensorflow.c in the words of TensorFlow itself.
 *
 * Numbers are those of the official schema (tensorflow/compiler/mlir/lite/schema/schema.fbs). A
 * value of four dimensions may exist in two layouts, as the graph has it (NCHW) and with the
 * channels last (NHWC), which is what TensorFlow Lite's convolutions and pools take; a conversion
 * is made when first asked for. Inputs and outputs of the model keep the graph's layout. Everything
 * belongs to the arena.
 */
#ifndef ZOO_EMIT_TFLITE_H
#define ZOO_EMIT_TFLITE_H

#include "zoo/emit.h"
#include "zoo/emit/flatbuffer.h"
#include "zoo/graph.h"

enum lite_type { LITE_FLOAT32 = 0, LITE_INT32 = 2 };
enum lite_layout { LITE_PLAIN, LITE_LAST }; /**< NCHW; channels last */
enum lite_activation { LITE_NONE = 0, LITE_RELU = 1, LITE_RELU6 = 3 };

/** enum BuiltinOperator of the schema. */
enum lite_code {
    LITE_ADD = 0,
    LITE_AVERAGE_POOL_2D = 1,
    LITE_CONCATENATION = 2,
    LITE_CONV_2D = 3,
    LITE_DEPTHWISE_CONV_2D = 4,
    LITE_FULLY_CONNECTED = 9,
    LITE_LRN = 13,
    LITE_LOGISTIC = 14,
    LITE_MAX_POOL_2D = 17,
    LITE_MUL = 18,
    LITE_RELU_OP = 19,
    LITE_RELU6_OP = 21,
    LITE_RESHAPE = 22,
    LITE_SOFTMAX = 25,
    LITE_TANH = 28,
    LITE_PAD = 34,
    LITE_TRANSPOSE = 39,
    LITE_MEAN = 40,
    LITE_SUB = 41,
    LITE_DIV = 42,
    LITE_MAXIMUM = 55,
    LITE_MINIMUM = 57,
    LITE_PADV2 = 60,
    LITE_SLICE = 65,
    LITE_RSQRT = 76,
    LITE_HARD_SWISH = 117,
    LITE_BATCH_MATMUL = 126,
    LITE_BROADCAST_TO = 130,
    LITE_GELU = 150
};

/** union BuiltinOptions of the schema; 0: the operator has none. */
enum lite_options {
    LITE_OPT_CONV = 1,
    LITE_OPT_DEPTHWISE = 2,
    LITE_OPT_POOL = 5,
    LITE_OPT_FULLY_CONNECTED = 8,
    LITE_OPT_SOFTMAX = 9,
    LITE_OPT_CONCATENATION = 10,
    LITE_OPT_ADD = 11,
    LITE_OPT_LRN = 13,
    LITE_OPT_RESHAPE = 17,
    LITE_OPT_MUL = 21,
    LITE_OPT_PAD = 22,
    LITE_OPT_TRANSPOSE = 26,
    LITE_OPT_REDUCER = 27,
    LITE_OPT_SUB = 28,
    LITE_OPT_DIV = 29,
    LITE_OPT_MAXIMUM = 39,
    LITE_OPT_PADV2 = 43,
    LITE_OPT_SLICE = 48,
    LITE_OPT_HARD_SWISH = 91,
    LITE_OPT_BATCH_MATMUL = 101,
    LITE_OPT_BROADCAST_TO = 104,
    LITE_OPT_GELU = 116
};

struct lite_tensor {
    const char *name;
    enum lite_type type;
    int index, rank;
    int64_t dim[DLI_MAX_RANK];
    /** A constant is a weight, its dimensions in the order `perm`, each value times scale[its first
     * index]. */
    const struct graph_value *weight;
    int perm[DLI_MAX_RANK];
    const float *scale;
    const void *values; /**< or a constant written out */
    uint64_t data_at;   /**< where its vector lies in the file */
    struct lite_tensor *next;
};

struct lite_op {
    enum lite_code code;
    enum lite_options options;
    int version;
    int input_count, field_count;
    int32_t *input; /**< indices of tensors, -1: none */
    int32_t output;
    struct flatbuffer_field field[8];
    struct lite_op *next;
};

struct lite {
    const struct graph *graph;
    const char *format; /**< that errors name */
    struct arena arena;
    int tensor_count, op_count;
    struct lite_tensor *first_tensor, *last_tensor;
    struct lite_op *first_op, *last_op;
    struct lite_tensor *(*placed)[2]; /**< by index of the graph's value and layout */
    const struct graph_node **reader; /**< the only node that reads a value, else NULL */
    bool *is_fused;                   /**< by index of a node's output: another node has made it */
    int result;                       /**< 0, or the first failure */
    struct dli_error *err;
};

/** Keeps the first failure: DLI_E_UNSUPPORTED with the operator's name and what of it TensorFlow
 * Lite lacks. */
void lite_refuse(struct lite *l, const struct graph_node *node, const char *what);

struct lite_tensor *lite_tensor_new(struct lite *l, const char *name, int rank, const int64_t *dim);
struct lite_tensor *lite_constant_i32(struct lite *l, int rank, int count, const int64_t *values);
/** Borrows `values`, which must live as long as the arena. */
struct lite_tensor *lite_constant_f32(struct lite *l, int rank, int64_t count, const float *values);
struct lite_tensor *lite_scalar(struct lite *l, float value);
struct lite_tensor *lite_weight(struct lite *l, const struct graph_value *weight, int rank,
                                const int64_t *dim, const int *perm);

/** The value in a layout, converted if need be. Only values of 4 dimensions have LITE_LAST. */
struct lite_tensor *lite_get(struct lite *l, const struct graph_value *value,
                             enum lite_layout layout);
/** The value in whatever layout has the bytes of LITE_PLAIN: for what only reinterprets them. */
struct lite_tensor *lite_get_bytes(struct lite *l, const struct graph_value *value);
/** The layout that a value exists in; LITE_LAST where both do. */
enum lite_layout lite_layout_of(const struct lite *l, const struct graph_value *value);
/** A new tensor that is `value` in a layout. */
struct lite_tensor *lite_make(struct lite *l, const struct graph_value *value,
                              enum lite_layout layout);

/** Adds an operator. NULL inputs are left out. */
struct lite_op *lite_add(struct lite *l, enum lite_code code, enum lite_options options,
                         struct lite_tensor *output, int input_count,
                         struct lite_tensor *const *input);
struct lite_op *lite_add2(struct lite *l, enum lite_code code, enum lite_options options,
                          struct lite_tensor *output, struct lite_tensor *a, struct lite_tensor *b);
void lite_option(struct lite_op *op, int id, int bytes, uint32_t value);
void lite_option_float(struct lite_op *op, int id, float value);

/** Of a dimension of the graph's order in a layout. */
int lite_axis(int64_t axis, int rank, enum lite_layout layout);

/** The node that alone reads `value`, if it is of this operator and reads it as its input 0; else
 * NULL. */
const struct graph_node *lite_reader(const struct lite *l, const struct graph_value *value,
                                     enum graph_op op);
/** What follows `*value` and can be fused into the operator that makes it; *value moves on past it.
 */
enum lite_activation lite_fuse_activation(struct lite *l, const struct graph_value **value);

/**
 * Lowers a whole graph. `out` is initialised in any case; the caller releases its arena.
 * DLI_E_UNSUPPORTED names the operator that cannot be expressed. `format` begins the texts of errors.
 */
DLI_MUST_CHECK int lite_lower(struct lite *out, const struct graph *graph, const char *format,
                              struct dli_error *err);

/** tflite_constant.c: constants, 4 bytes per element. */
int64_t lite_elements(const struct lite_tensor *tensor);
bool lite_is_constant(const struct lite_tensor *tensor);
/** Writes all values of a constant in the order of its dimensions. */
DLI_MUST_CHECK int lite_write_constant(const struct lite *l, const struct lite_tensor *tensor,
                                       emit_write_fn write, void *sink);

/** tflite_window.c: convolution and pooling. */
void lite_conv(struct lite *l, const struct graph_node *node);
void lite_pool(struct lite *l, const struct graph_node *node);
/** tflite_ops.c: every operator. */
void lite_node(struct lite *l, const struct graph_node *node);

#endif

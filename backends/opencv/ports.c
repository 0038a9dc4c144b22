// Inputs and outputs of an ONNX file, read from its protobuf by field numbers of onnx.proto:
// ModelProto.graph = 7; GraphProto.initializer = 5, input = 11, output = 12; TensorProto.name = 8;
// ValueInfoProto.name = 1, type = 2; TypeProto.tensor_type = 1; Tensor.elem_type = 1, shape = 2;
// TensorShapeProto.dim = 1; Dimension.dim_value = 1. Everything else, above all the weights, is
// stepped over.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opencv.h"

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/** What is left of a message. */
struct view {
    const unsigned char *at, *end;
    bool is_damaged;
};

struct field {
    int number;
    uint64_t value;      /**< of a varint */
    struct view content; /**< of bytes; empty for others */
};

static uint64_t take_varint(struct view *v)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && v->at < v->end; shift += 7) {
        unsigned char byte = *v->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    v->is_damaged = true;
    return 0;
}

// The next field; false at the end or where the message is damaged.
static bool next(struct field *out, struct view *v)
{
    if (v->at == v->end || v->is_damaged)
        return false;
    uint64_t tag = take_varint(v);
    *out = (struct field){.number = (int)(tag >> 3 & 0x7fffffff)};
    uint64_t bytes = 0;
    switch (tag & 7) {
    case WIRE_VARINT:
        out->value = take_varint(v);
        return !v->is_damaged;
    case WIRE_64:
        bytes = 8;
        break;
    case WIRE_32:
        bytes = 4;
        break;
    case WIRE_BYTES:
        bytes = take_varint(v);
        break;
    default:
        v->is_damaged = true;
    }
    if (v->is_damaged || bytes > (uint64_t)(v->end - v->at)) {
        v->is_damaged = true;
        return false;
    }
    out->content = (struct view){.at = v->at, .end = v->at + bytes};
    v->at += bytes;
    return true;
}

/** The content of the last field of this number; empty if there is none. */
static struct view child(struct view message, int number)
{
    struct view found = {NULL, NULL, false};
    struct field field;
    while (next(&field, &message)) {
        if (field.number == number)
            found = field.content;
    }
    return found;
}

static bool is_same(struct view a, struct view b)
{
    return a.end - a.at == b.end - b.at &&
           (a.at == b.at || memcmp(a.at, b.at, (size_t)(a.end - a.at)) == 0);
}

// Old files list their weights among the inputs.
static bool is_initializer(struct view graph, struct view name)
{
    struct field field;
    while (next(&field, &graph)) {
        if (field.number == 5 && is_same(child(field.content, 8), name))
            return true;
    }
    return false;
}

static int read_dims(struct dli_tensor_desc *out, struct view shape, struct dli_error *err)
{
    struct field dim, value;
    while (next(&dim, &shape)) {
        if (dim.number != 1)
            continue;
        if (out->rank == DLI_MAX_RANK)
            return dli_fail(err, DLI_E_UNSUPPORTED, "'%s' has more than %d dimensions", out->name,
                            DLI_MAX_RANK);
        int64_t size = DLI_DYNAMIC;
        while (next(&value, &dim.content)) {
            if (value.number == 1 && value.value > 0 && value.value <= INT32_MAX)
                size = (int64_t)value.value;
        }
        out->dim[out->rank++] = size;
    }
    return DLI_OK;
}

static int read_port(struct dli_tensor_desc *out, struct view info, struct dli_error *err)
{
    struct view name = child(info, 1), tensor = child(child(info, 2), 1);
    struct field field;
    size_t bytes = (size_t)(name.end - name.at);
    uint64_t type = 0;
    if (bytes >= DLI_MAX_NAME)
        return dli_fail(err, DLI_E_UNSUPPORTED, "a name of %zu bytes", bytes);
    if (bytes > 0)
        memcpy(out->name, name.at, bytes);
    out->type = DLI_F32;
    int rc = read_dims(out, child(tensor, 2), err);
    while (next(&field, &tensor)) {
        if (field.number == 1)
            type = field.value;
    }
    // 1 is float; OpenCV computes in nothing else.
    if (rc == DLI_OK && type != 1)
        rc = dli_fail(err, DLI_E_UNSUPPORTED,
                      "'%s' has elements of ONNX type %llu, OpenCV wants float", out->name,
                      (unsigned long long)type);
    return rc;
}

static bool is_text(struct view v, const char *text)
{
    size_t bytes = strlen(text);
    return (size_t)(v.end - v.at) == bytes && memcmp(v.at, text, bytes) == 0;
}

/** Whether an attribute is a number, or has a number, other than 0. */
static bool has_nonzero(struct view node, const char *name)
{
    struct field attribute, part;
    while (next(&attribute, &node)) {
        if (attribute.number != 5 || !is_text(child(attribute.content, 1), name))
            continue;
        while (next(&part, &attribute.content)) {
            if (part.number == 3 && part.value != 0)
                return true;
            for (struct view packed = part.content; part.number == 8 && packed.at < packed.end;
                 packed.at++) {
                if (*packed.at)
                    return true;
            }
            if (part.number == 8 && part.value != 0)
                return true;
        }
    }
    return false;
}

static bool is_product_of_results(struct view graph, struct view value)
{
    struct field node;
    while (next(&node, &graph)) {
        if (node.number == 1 && is_same(child(node.content, 2), value))
            return is_text(child(node.content, 4), "MatMul") &&
                   !is_initializer(graph, child(node.content, 1));
    }
    return false;
}

// Whether the first input of a node is a product of two results.
static bool follows_product(struct view graph, struct view node)
{
    struct field input;
    while (next(&input, &node)) {
        if (input.number == 1)
            return is_product_of_results(graph, input.content);
    }
    return false;
}

// Nodes that OpenCV 4.6 takes and then computes wrongly: no error tells it, but the outputs.
static const char *known_fault(struct view graph, struct view node, bool has_fusion)
{
    struct view type = child(node, 4);
    if (is_text(type, "HardSigmoid"))
        return "HardSigmoid";
    if (is_text(type, "AveragePool") && has_nonzero(node, "count_include_pad") &&
        has_nonzero(node, "pads"))
        return "AveragePool that counts its padding";
    if (has_fusion && is_text(type, "Mul") && follows_product(graph, node))
        return "(without fusion=no) Mul after a MatMul of two results";
    return NULL;
}

static int check_nodes(struct view graph, bool has_fusion, struct dli_error *err)
{
    struct view rest = graph;
    struct field field;
    while (next(&field, &rest)) {
        const char *fault =
            field.number == 1 ? known_fault(graph, field.content, has_fusion) : NULL;
        struct view name = fault ? child(field.content, 3) : rest;
        if (fault)
            return dli_fail(err, DLI_E_UNSUPPORTED, "%s '%.*s': this OpenCV computes it wrongly",
                            fault, (int)(name.end - name.at < 100 ? name.end - name.at : 100),
                            (const char *)name.at);
    }
    return DLI_OK;
}

static int read_graph(struct dli_io *out, struct view graph, bool has_fusion, struct dli_error *err)
{
    struct view rest = graph;
    struct field field;
    int rc = DLI_OK;
    while (rc == DLI_OK && next(&field, &rest)) {
        bool is_input = field.number == 11;
        int *count = is_input ? &out->input_count : &out->output_count;
        if ((!is_input && field.number != 12) ||
            (is_input && is_initializer(graph, child(field.content, 1))))
            continue;
        if (*count == DLI_MAX_IO)
            return dli_fail(err, DLI_E_UNSUPPORTED, "more than %d inputs or outputs", DLI_MAX_IO);
        rc = read_port(is_input ? &out->input[*count] : &out->output[*count], field.content, err);
        (*count)++;
    }
    if (rc == DLI_OK && (rest.is_damaged || out->input_count == 0 || out->output_count == 0))
        rc = dli_fail(err, DLI_E_PARSE, "no ONNX model, or a damaged one");
    return rc ? rc : check_nodes(graph, has_fusion, err);
}

int ports_read(struct dli_io *out, const char *path, bool has_fusion, struct dli_error *err)
{
    struct stat status;
    memset(out, 0, sizeof(*out));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        int code = errno == ENOENT || errno == ENOTDIR ? DLI_E_NOTFOUND : DLI_E_IO;
        dli_fail(err, code, "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return code;
    }
    size_t bytes = status.st_size > 0 ? (size_t)status.st_size : 0;
    void *file = bytes > 0 ? mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    close(fd);
    if (file == MAP_FAILED)
        return dli_fail(err, DLI_E_PARSE, "%s: empty, or cannot be read", path);
    struct view whole = {file, (const unsigned char *)file + bytes, false};
    int rc = read_graph(out, child(whole, 7), has_fusion, err);
    munmap(file, bytes);
    return rc;
}

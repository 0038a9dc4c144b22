// Names, types and shapes of a model's inputs and outputs.
#include <stdio.h>
#include <string.h>

#include "openvino.h"

static const struct {
    enum dli_type dli;
    ov_element_type_e ov;
} types[] = {{DLI_F32, F32}, {DLI_F16, F16}, {DLI_BF16, BF16},   {DLI_F64, F64}, {DLI_I8, I8},
             {DLI_U8, U8},   {DLI_I16, I16}, {DLI_U16, U16},     {DLI_I32, I32}, {DLI_U32, U32},
             {DLI_I64, I64}, {DLI_U64, U64}, {DLI_BOOL, BOOLEAN}};

ov_element_type_e ov_type_of(enum dli_type type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].dli == type)
            return types[i].ov;
    }
    return DYNAMIC;
}

enum dli_type ov_type_from(ov_element_type_e type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (types[i].ov == type)
            return types[i].dli;
    }
    return DLI_TYPE_NONE;
}

static int describe_shape(struct dli_tensor_desc *out, const ov_output_const_port_t *port,
                          struct dli_error *err)
{
    ov_partial_shape_t shape = {0};
    int rc = DLI_OK;
    if (ov_port_get_partial_shape(port, &shape) != OK)
        return ov_failed(err, DLI_E_RUNTIME, "shape of a model's port");
    if (ov_rank_is_dynamic(shape.rank)) {
        // An open rank is told as one open dimension: as input it needs --shape, as output it is
        // filled in after each inference.
        out->rank = 1;
        out->dim[0] = DLI_DYNAMIC;
    } else if (shape.rank.max > DLI_MAX_RANK) {
        rc = dli_fail(err, DLI_E_UNSUPPORTED, "'%s' has %lld dimensions, more than %d", out->name,
                      (long long)shape.rank.max, DLI_MAX_RANK);
    } else {
        out->rank = (int)shape.rank.max;
        for (int i = 0; i < out->rank; i++)
            out->dim[i] = ov_dimension_is_dynamic(shape.dims[i]) ? DLI_DYNAMIC : shape.dims[i].max;
    }
    ov_partial_shape_free(&shape);
    return rc;
}

static int describe_port(struct dli_tensor_desc *out, const ov_output_const_port_t *port,
                         const char *kind, size_t index, struct dli_error *err)
{
    char *name = NULL;
    ov_element_type_e type = DYNAMIC;
    memset(out, 0, sizeof(*out));
    // Ports without a name exist (IR written by hand): they get one.
    if (ov_port_get_any_name(port, &name) == OK && name)
        snprintf(out->name, sizeof(out->name), "%s", name);
    else
        snprintf(out->name, sizeof(out->name), "%s%zu", kind, index);
    ov_free(name);
    if (ov_port_get_element_type(port, &type) != OK)
        return ov_failed(err, DLI_E_RUNTIME, "type of a model's port");
    out->type = ov_type_from(type);
    if (out->type == DLI_TYPE_NONE)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "%s '%s' has an element type that is no plain number", kind, out->name);
    return describe_shape(out, port, err);
}

static ov_status_e port_at(ov_output_const_port_t **out, const struct priv *p, bool is_input,
                           size_t i)
{
    if (p->compiled)
        return is_input ? ov_compiled_model_input_by_index(p->compiled, i, out)
                        : ov_compiled_model_output_by_index(p->compiled, i, out);
    return is_input ? ov_model_const_input_by_index(p->model, i, out)
                    : ov_model_const_output_by_index(p->model, i, out);
}

static ov_status_e count_ports(size_t *out, const struct priv *p, bool is_input)
{
    if (p->compiled)
        return is_input ? ov_compiled_model_inputs_size(p->compiled, out)
                        : ov_compiled_model_outputs_size(p->compiled, out);
    return is_input ? ov_model_inputs_size(p->model, out) : ov_model_outputs_size(p->model, out);
}

static int describe_side(struct dli_tensor_desc *out, int *out_count, const struct priv *p,
                         bool is_input, struct dli_error *err)
{
    const char *kind = is_input ? "input" : "output";
    size_t count = 0;
    if (count_ports(&count, p, is_input) != OK)
        return ov_failed(err, DLI_E_RUNTIME, "number of the model's ports");
    if (count > DLI_MAX_IO)
        return dli_fail(err, DLI_E_UNSUPPORTED, "the model has %zu %ss, more than %d", count, kind,
                        DLI_MAX_IO);
    for (size_t i = 0; i < count; i++) {
        ov_output_const_port_t *port = NULL;
        if (port_at(&port, p, is_input, i) != OK)
            return ov_failed(err, DLI_E_RUNTIME, "a model's port");
        int rc = describe_port(&out[i], port, kind, i, err);
        ov_output_const_port_free(port);
        if (rc)
            return rc;
    }
    *out_count = (int)count;
    return DLI_OK;
}

int ports_describe(struct dli_io *out, const struct priv *p, struct dli_error *err)
{
    int rc = describe_side(out->input, &out->input_count, p, true, err);
    return rc ? rc : describe_side(out->output, &out->output_count, p, false, err);
}

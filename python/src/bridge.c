// A Python application as a table of hooks: finding, loading, describing.
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/strbuf.h"
#include "bridge.h"

// The string attribute or item as UTF-8 that lives as long as *kept. NULL with a Python exception.
static const char *utf8(PyObject *text, PyObject **kept)
{
    *kept = text ? PyUnicode_AsUTF8String(text) : NULL;
    return *kept ? PyBytes_AsString(*kept) : NULL;
}

static int copy_text(char *out, size_t out_bytes, PyObject *text)
{
    PyObject *kept = NULL;
    const char *bytes = utf8(text, &kept);
    if (bytes)
        snprintf(out, out_bytes, "%s", bytes);
    Py_XDECREF(kept);
    return bytes ? 0 : -1;
}

static int probe(struct dli_probe *out, struct dli_error *err)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *version = NULL, *devices = NULL;
    memset(out, 0, sizeof(*out));
    PyObject *answer = core_call_bridge("probe", NULL);
    int result = answer && PyArg_ParseTuple(answer, "OO", &version, &devices) && copy_text(out->version, sizeof(out->version), version) == 0
                     ? DLI_OK
                     : core_take_exception(err);
    Py_ssize_t count = result == DLI_OK ? PyList_Size(devices) : 0;
    for (Py_ssize_t i = 0; i < count && i < DLI_MAX_DEVICES; i++) {
        struct dli_device *device = &out->device[out->device_count++];
        PyObject *entry = PyList_GetItem(devices, i);
        if (copy_text(device->id, sizeof(device->id), PyTuple_GetItem(entry, 0)) != 0 ||
            copy_text(device->name, sizeof(device->name), PyTuple_GetItem(entry, 1)) != 0)
            result = core_take_exception(err);
    }
    Py_XDECREF(answer);
    PyGILState_Release(state);
    return result;
}

static json_t *settings_json(const struct dli_settings *s, const struct dli_model *model)
{
    json_t *object = json_object();
    json_t *options = json_object();
    json_put_string(object, "path", model->path);
    json_put_string(object, "weights_path", model->weights_path);
    json_put_string(object, "format", model->format);
    json_put_string(object, "device", s->device ? s->device : "CPU");
    json_put_string(object, "precision", dli_type_name(s->precision));
    json_put_string(object, "hint", s->hint);
    json_put_int(object, "threads", s->threads);
    json_put_int(object, "streams", s->streams);
    json_put_int(object, "requests", s->requests);
    json_put_bool(object, "is_async", s->is_async);
    if (s->pin_threads >= 0)
        json_put_bool(object, "pin", s->pin_threads == 1);
    for (int i = 0; i < s->pair_count; i++)
        json_put_string(options, s->pair[i].key, s->pair[i].value);
    json_object_set_new(object, "options", options);
    return object;
}

static int load(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err)
{
    struct bridge_priv *p = ctx->priv;
    PyGILState_STATE state = PyGILState_Ensure();
    p->host = ctx->host;
    p->is_shared = ctx->settings->is_async;
    p->app = core_call_bridge("load", Py_BuildValue("(ON)", p->module, core_json(settings_json(ctx->settings, model))));
    int result = p->app ? DLI_OK : core_take_exception(err);
    PyObject *pending = p->app ? PyObject_GetAttrString(p->app, "is_pending") : NULL;
    p->is_pending = p->is_shared && pending && PyObject_IsTrue(pending) == 1;
    PyErr_Clear();
    Py_XDECREF(pending);
    PyGILState_Release(state);
    return result;
}

static int take_desc(struct dli_tensor_desc *out, PyObject *entry)
{
    PyObject *name = NULL, *dim = NULL;
    int type = 0;
    memset(out, 0, sizeof(*out));
    if (!PyArg_ParseTuple(entry, "OiO", &name, &type, &dim) || copy_text(out->name, sizeof(out->name), name) != 0)
        return -1;
    Py_ssize_t rank = PyTuple_Size(dim);
    if (rank < 0 || rank > DLI_MAX_RANK) {
        PyErr_SetString(PyExc_NotImplementedError, "a tensor has too many dimensions");
        return -1;
    }
    out->type = (enum dli_type)type;
    out->rank = (int)rank;
    for (Py_ssize_t d = 0; d < rank; d++)
        out->dim[d] = PyLong_AsLongLong(PyTuple_GetItem(dim, d));
    return PyErr_Occurred() ? -1 : 0;
}

static int take_side(struct dli_tensor_desc *out, int *out_count, PyObject *list)
{
    Py_ssize_t count = PyList_Size(list);
    if (count < 0 || count > DLI_MAX_IO) {
        PyErr_SetString(PyExc_NotImplementedError, "the model has too many inputs or outputs");
        return -1;
    }
    *out_count = (int)count;
    for (Py_ssize_t i = 0; i < count; i++)
        if (take_desc(&out[i], PyList_GetItem(list, i)) != 0)
            return -1;
    return 0;
}

static int io_describe(struct dli_context *ctx, struct dli_io *out, struct dli_error *err)
{
    struct bridge_priv *p = ctx->priv;
    PyObject *inputs = NULL, *outputs = NULL;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *answer = core_call_bridge("describe_io", PyTuple_Pack(1, p->app));
    bool is_good = answer && PyArg_ParseTuple(answer, "OO", &inputs, &outputs) && take_side(out->input, &out->input_count, inputs) == 0 &&
                   take_side(out->output, &out->output_count, outputs) == 0;
    int result = is_good ? DLI_OK : core_take_exception(err);
    Py_XDECREF(answer);
    PyGILState_Release(state);
    return result;
}

static int reshape(struct dli_context *ctx, const struct dli_io *io, struct dli_error *err)
{
    struct bridge_priv *p = ctx->priv;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *shapes = PyDict_New();
    for (int i = 0; shapes && i < io->input_count; i++) {
        PyObject *dim = PyList_New(io->input[i].rank);
        for (int d = 0; dim && d < io->input[i].rank; d++)
            PyList_SetItem(dim, d, PyLong_FromLongLong(io->input[i].dim[d]));
        if (dim)
            PyDict_SetItemString(shapes, io->input[i].name, dim);
        Py_XDECREF(dim);
    }
    PyObject *none = shapes ? core_call_bridge("reshape", PyTuple_Pack(2, p->app, shapes)) : NULL;
    int result = none ? DLI_OK : core_take_exception(err);
    Py_XDECREF(none);
    Py_XDECREF(shapes);
    PyGILState_Release(state);
    return result;
}

static int compile(struct dli_context *ctx, struct dli_error *err)
{
    struct bridge_priv *p = ctx->priv;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *none = core_call_bridge("compile", PyTuple_Pack(1, p->app));
    int result = none ? DLI_OK : core_take_exception(err);
    Py_XDECREF(none);
    PyGILState_Release(state);
    return result;
}

static int optimal_requests(struct dli_context *ctx)
{
    struct bridge_priv *p = ctx->priv;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *count = PyObject_GetAttrString(p->app, "optimal_requests");
    long value = count ? PyLong_AsLong(count) : 0;
    PyErr_Clear();
    Py_XDECREF(count);
    PyGILState_Release(state);
    return value > 0 && value < 10000 ? (int)value : 0;
}

static void tell(PyObject *entry, dli_setting_fn tell_one, void *data)
{
    PyObject *key = NULL, *value = NULL, *kept_key = NULL, *kept_value = NULL;
    if (!PyArg_ParseTuple(entry, "OO", &key, &value))
        return;
    const char *key_text = utf8(key, &kept_key);
    const char *value_text = utf8(value, &kept_value);
    if (key_text && value_text)
        tell_one(key_text, value_text, data);
    Py_XDECREF(kept_key);
    Py_XDECREF(kept_value);
}

static void effective(struct dli_context *ctx, dli_setting_fn tell_one, void *data)
{
    struct bridge_priv *p = ctx->priv;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *list = core_call_bridge("effective", PyTuple_Pack(1, p->app));
    Py_ssize_t count = list ? PyList_Size(list) : 0;
    for (Py_ssize_t i = 0; i < count; i++)
        tell(PyList_GetItem(list, i), tell_one, data);
    PyErr_Clear();
    Py_XDECREF(list);
    PyGILState_Release(state);
}

static void unload(struct dli_context *ctx)
{
    struct bridge_priv *p = ctx->priv;
    PyGILState_STATE state = PyGILState_Ensure();
    Py_XDECREF(p->app);
    p->app = NULL;
    PyGILState_Release(state);
}

// Strings of a Python list, kept for the life of the process; NULL-terminated.
static const char **copy_list(PyObject *list)
{
    Py_ssize_t count = PyList_Size(list);
    if (count < 0)
        return NULL;
    const char **out = xcalloc((size_t)count + 1, sizeof(*out));
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *kept = NULL;
        const char *text = utf8(PyList_GetItem(list, i), &kept);
        out[i] = xstrdup(text ? text : "");
        Py_XDECREF(kept);
    }
    return out;
}

static const struct dli_backend *make_table(PyObject *module, PyObject *formats, unsigned capabilities, const char *name)
{
    struct dli_backend *table = xcalloc(1, sizeof(*table));
    struct bridge_priv *defaults = xcalloc(1, sizeof(*defaults));
    Py_INCREF(module);
    defaults->module = module;
    *table = (struct dli_backend){.abi = DLI_ABI,
                                  .name = xstrdup(name),
                                  .description = "a Python application",
                                  .formats = copy_list(formats),
                                  .capabilities = capabilities | DLI_CAP_RESHAPE,
                                  .priv_size = sizeof(struct bridge_priv),
                                  .priv_defaults = defaults,
                                  .probe = probe,
                                  .load = load,
                                  .io_describe = io_describe,
                                  .reshape = reshape,
                                  .compile = compile,
                                  .optimal_requests = optimal_requests,
                                  .effective = effective,
                                  .request_init = bridge_request_init,
                                  .set_input = bridge_set_input,
                                  .submit = bridge_submit,
                                  .get_output = bridge_get_output,
                                  .request_release = bridge_request_release,
                                  .unload = unload};
    return table;
}

static int find(const struct dli_backend **out, const struct test_model *model, struct dli_error *err)
{
    PyObject *module = NULL, *formats = NULL;
    unsigned capabilities = 0;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *answer = core_call_bridge("find", Py_BuildValue("(zz)", model->framework, model->module));
    int result = answer && PyArg_ParseTuple(answer, "OOI", &module, &formats, &capabilities) ? DLI_OK : core_take_exception(err);
    if (result == DLI_OK)
        *out = make_table(module, formats, capabilities, model->framework ? model->framework : model->module);
    Py_XDECREF(answer);
    PyGILState_Release(state);
    return result;
}

const struct worker_host bridge_host = {.host = TEST_PYTHON, .find = find, .take_outputs = bridge_take_outputs};

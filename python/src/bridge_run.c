// Requests of a Python application: the hooks inside the timed region.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"

PyGILState_STATE bridge_enter(struct bridge_slot *slot)
{
    unsigned long self = (unsigned long)pthread_self();
    if (slot->thread != self) {
        // Once per thread: otherwise every call would make and destroy a state of the interpreter, which threads made by
        // Python do not pay.
        PyGILState_Ensure();
        PyEval_SaveThread();
        slot->thread = self;
    }
    return PyGILState_Ensure();
}

// Request.done: the framework's callback. Takes an exception that the inference raised, or nothing.
static PyObject *done(PyObject *capsule, PyObject *args)
{
    struct bridge_slot *slot = PyCapsule_GetPointer(capsule, NULL);
    PyObject *problem = Py_None;
    int status = DLI_OK;
    if (!slot || !PyArg_ParseTuple(args, "|O", &problem))
        return NULL;
    if (problem != Py_None) {
        PyErr_SetObject((PyObject *)Py_TYPE(problem), problem);
        status = core_take_exception(NULL);
    }
    slot->host->complete(slot->request, status);
    Py_RETURN_NONE;
}

static PyMethodDef done_method = {"done", done, METH_VARARGS, "Says that the inference has ended."};

static int take_methods(struct bridge_slot *slot, PyObject *made)
{
    slot->copy_in = PyObject_GetAttrString(made, "copy_in");
    slot->infer = slot->copy_in ? PyObject_GetAttrString(made, "infer") : NULL;
    slot->copy_out = slot->infer ? PyObject_GetAttrString(made, "copy_out") : NULL;
    return slot->copy_out ? 0 : -1;
}

int bridge_request_init(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    struct bridge_priv *p = ctx->priv;
    struct bridge_slot *slot = calloc(1, sizeof(*slot));
    if (!slot)
        return dli_fail(err, DLI_E_NOMEM, "no memory for a request");
    slot->request = request;
    slot->host = p->host;
    request->priv = slot;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *capsule = PyCapsule_New(slot, NULL, NULL);
    PyObject *callback = capsule ? PyCFunction_New(&done_method, capsule) : NULL;
    PyObject *made = callback ? PyObject_CallMethod(p->app, "request", "O", p->is_pending ? callback : Py_None) : NULL;
    int result = made && take_methods(slot, made) == 0 ? DLI_OK : core_take_exception(err);
    Py_XDECREF(made);
    Py_XDECREF(callback);
    Py_XDECREF(capsule);
    PyGILState_Release(state);
    return result;
}

// A list of read-only NumPy arrays over the inputs' memory.
static PyObject *make_arrays(const struct bridge_slot *slot)
{
    const struct dli_request *request = slot->request;
    PyObject *arrays = PyList_New(request->input_count);
    for (int i = 0; arrays && i < request->input_count; i++) {
        const struct dli_tensor *tensor = &request->input[i];
        PyObject *dim = PyTuple_New(tensor->desc.rank);
        for (int d = 0; dim && d < tensor->desc.rank; d++)
            PyTuple_SetItem(dim, d, PyLong_FromLongLong(tensor->desc.dim[d]));
        PyObject *view = dim ? PyMemoryView_FromMemory((char *)(uintptr_t)slot->given[i], (Py_ssize_t)tensor->bytes, PyBUF_READ) : NULL;
        PyObject *args = view ? Py_BuildValue("(NsN)", view, dli_type_name(tensor->desc.type), dim) : NULL;
        PyObject *array = args ? core_call_bridge("array", args) : NULL;
        if (!array) {
            Py_DECREF(arrays);
            return NULL;
        }
        PyList_SetItem(arrays, i, array);
    }
    return arrays;
}

// Borrowed; made once per input set. NULL with a Python exception.
static PyObject *arrays_of(struct bridge_slot *slot)
{
    for (int i = 0; i < slot->set_count; i++)
        if (slot->set[i].first == slot->given[0])
            return slot->set[i].arrays;
    PyObject *arrays = make_arrays(slot);
    int place = slot->set_count < BRIDGE_MAX_SETS ? slot->set_count++ : BRIDGE_MAX_SETS - 1;
    Py_XDECREF(slot->set[place].arrays);
    slot->set[place] = (struct bridge_set){arrays ? slot->given[0] : NULL, arrays};
    return arrays;
}

int bridge_set_input(struct dli_context *ctx, struct dli_request *request, int index, const void *data, size_t bytes,
                     struct dli_error *err)
{
    struct bridge_priv *p = ctx->priv;
    struct bridge_slot *slot = request->priv;
    (void)bytes;
    slot->given[index] = data;
    if (index + 1 < request->input_count)
        return DLI_OK;
    PyGILState_STATE state = p->is_shared ? bridge_enter(slot) : PyGILState_UNLOCKED;
    PyObject *arrays = arrays_of(slot);
    PyObject *none = arrays ? PyObject_CallFunctionObjArgs(slot->copy_in, arrays, NULL) : NULL;
    int result = none ? DLI_OK : core_take_exception(err);
    Py_XDECREF(none);
    if (p->is_shared)
        PyGILState_Release(state);
    return result;
}

int bridge_submit(struct dli_context *ctx, struct dli_request *request, struct dli_error *err)
{
    struct bridge_priv *p = ctx->priv;
    struct bridge_slot *slot = request->priv;
    PyGILState_STATE state = p->is_shared ? bridge_enter(slot) : PyGILState_UNLOCKED;
    PyObject *none = PyObject_CallObject(slot->infer, NULL);
    int result = !none ? core_take_exception(err) : p->is_pending ? DLI_PENDING : DLI_DONE;
    Py_XDECREF(none);
    if (p->is_shared)
        PyGILState_Release(state);
    return result;
}

// The outputs stay NumPy arrays, as the application gets them; nothing is copied to `data`.
int bridge_get_output(struct dli_context *ctx, struct dli_request *request, int index, void *data, size_t capacity,
                      struct dli_error *err)
{
    struct bridge_priv *p = ctx->priv;
    struct bridge_slot *slot = request->priv;
    (void)data;
    (void)capacity;
    if (index > 0)
        return DLI_OK;
    PyGILState_STATE state = p->is_shared ? bridge_enter(slot) : PyGILState_UNLOCKED;
    PyObject *outputs = PyObject_CallObject(slot->copy_out, NULL);
    PyObject *before = slot->outputs;
    slot->outputs = outputs;
    Py_XDECREF(before);
    int result = outputs ? DLI_OK : core_take_exception(err);
    if (p->is_shared)
        PyGILState_Release(state);
    return result;
}

// dli.bridge.describe answers [(address, bytes, type, dim, array), …].
static int take_output(struct dli_tensor *out, PyObject *entry)
{
    unsigned long long address = 0;
    Py_ssize_t bytes = 0;
    int type = 0;
    PyObject *dim = NULL, *array = NULL;
    if (!PyArg_ParseTuple(entry, "KniOO", &address, &bytes, &type, &dim, &array))
        return -1;
    Py_ssize_t rank = PyTuple_Size(dim);
    if (rank < 0 || rank > DLI_MAX_RANK) {
        PyErr_SetString(PyExc_NotImplementedError, "an output has too many dimensions");
        return -1;
    }
    out->data = (void *)(uintptr_t)address;
    out->bytes = (size_t)bytes;
    out->desc.type = (enum dli_type)type;
    out->desc.rank = (int)rank;
    for (Py_ssize_t d = 0; d < rank; d++)
        out->desc.dim[d] = PyLong_AsLongLong(PyTuple_GetItem(dim, d));
    return PyErr_Occurred() ? -1 : 0;
}

int bridge_take_outputs(struct dli_request *request, struct dli_error *err)
{
    struct bridge_slot *slot = request->priv;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *list = core_call_bridge("describe", Py_BuildValue("(Oi)", slot->outputs ? slot->outputs : Py_None, request->output_count));
    int result = list ? DLI_OK : core_take_exception(err);
    for (int i = 0; result == DLI_OK && i < request->output_count; i++)
        if (take_output(&request->output[i], PyList_GetItem(list, i)) != 0)
            result = core_take_exception(err);
    Py_XDECREF(slot->described);
    slot->described = list;
    PyGILState_Release(state);
    return result;
}

void bridge_request_release(struct dli_context *ctx, struct dli_request *request)
{
    struct bridge_slot *slot = request->priv;
    (void)ctx;
    if (!slot)
        return;
    PyGILState_STATE state = PyGILState_Ensure();
    PyObject *kept[] = {slot->copy_in, slot->infer, slot->copy_out, slot->outputs, slot->described};
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        Py_XDECREF(kept[i]);
    for (int i = 0; i < slot->set_count; i++)
        Py_XDECREF(slot->set[i].arrays);
    PyGILState_Release(state);
    free(slot);
    request->priv = NULL;
}

// dli._core.Backend: one model in one backend module, driven from Python. python/dli/backend.py gives it its face.
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "core.h"
#include "host/context.h"
#include "worker/result.h"

struct backend_object {
    PyObject_HEAD struct host_context *context; /**< on the heap: it must not move */
    struct host_requests requests;
    struct test test;
    bool is_open;  /**< requests exist */
    sem_t ended;   /**< posted by complete */
    _Atomic int status;
};

static void complete(struct dli_request *request, int status)
{
    struct backend_object *o = request->core;
    o->status = status;
    sem_post(&o->ended);
}

static void dealloc(PyObject *self)
{
    struct backend_object *o = (struct backend_object *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (o->context) {
        host_requests_close(&o->requests);
        host_context_close(o->context);
        sem_destroy(&o->ended);
    }
    free(o->context);
    test_release(&o->test);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static int open_model(struct backend_object *o, const char *text, size_t bytes, struct dli_error *err)
{
    struct strbuf path = STRBUF_INIT;
    json_t *object = NULL;
    const struct dli_backend *backend = NULL;
    int result = json_parse_object(&object, text, bytes, err);
    if (result == DLI_OK)
        result = test_from_json(&o->test, object, err);
    json_decref(object);
    const struct test_model *model = result == DLI_OK ? &o->test.model[0] : NULL;
    if (result == DLI_OK)
        result = module_find(&path, model->module ? model->module : model->framework, err);
    if (result == DLI_OK)
        result = module_load(&backend, strbuf_text(&path), err);
    strbuf_release(&path);
    if (result != DLI_OK)
        return result;
    o->context = xcalloc(1, sizeof(*o->context));
    sem_init(&o->ended, 0, 0);
    result = host_context_open(o->context, backend, &o->test, model, complete, err);
    return result == DLI_OK ? host_context_load(o->context, model, err) : result;
}

static PyObject *make(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    const char *text = NULL;
    Py_ssize_t bytes = 0;
    struct dli_error err = {0};
    (void)keywords;
    if (!PyArg_ParseTuple(args, "s#", &text, &bytes))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    PyObject *self = allocate(type, 0);
    if (!self || open_model((struct backend_object *)self, text, (size_t)bytes, &err) == DLI_OK)
        return self;
    Py_DECREF(self);
    return core_raise(&err);
}

static PyObject *describe(PyObject *self, PyObject *unused)
{
    const struct host_context *c = ((struct backend_object *)self)->context;
    json_t *object = json_object();
    (void)unused;
    json_object_set_new(object, "inputs", result_describe(c->io.input, c->io.input_count));
    json_object_set_new(object, "outputs", result_describe(c->io.output, c->io.output_count));
    return core_json(object);
}

static void put_setting(const char *key, const char *value, void *data)
{
    json_put_string(data, key, value);
}

static PyObject *effective(PyObject *self, PyObject *unused)
{
    struct host_context *c = ((struct backend_object *)self)->context;
    json_t *object = json_object();
    (void)unused;
    if (c->backend->effective)
        c->backend->effective(&c->context, put_setting, object);
    return core_json(object);
}

// set_shape(index, dims): what the next reshape gives to input `index`.
static PyObject *set_shape(PyObject *self, PyObject *args)
{
    struct host_context *c = ((struct backend_object *)self)->context;
    PyObject *dim = NULL;
    int index = 0;
    if (!PyArg_ParseTuple(args, "iO!", &index, &PyTuple_Type, &dim))
        return NULL;
    Py_ssize_t rank = PyTuple_Size(dim);
    if (index < 0 || index >= c->io.input_count || rank < 0 || rank > DLI_MAX_RANK) {
        PyErr_SetString(PyExc_ValueError, "no such input, or too many dimensions");
        return NULL;
    }
    c->io.input[index].rank = (int)rank;
    for (Py_ssize_t d = 0; d < rank; d++)
        c->io.input[index].dim[d] = PyLong_AsLongLong(PyTuple_GetItem(dim, d));
    return PyErr_Occurred() ? NULL : Py_BuildValue("");
}

static PyObject *reshape(PyObject *self, PyObject *unused)
{
    struct host_context *c = ((struct backend_object *)self)->context;
    struct dli_error err = {0};
    (void)unused;
    int result = c->backend->reshape ? c->backend->reshape(&c->context, &c->io, &err)
                                     : dli_fail(&err, DLI_E_UNSUPPORTED, "%s cannot change the shape of a model", c->backend->name);
    return result == DLI_OK ? Py_BuildValue("") : core_raise(&err);
}

// Compiles, and makes the one request.
static PyObject *compile(PyObject *self, PyObject *unused)
{
    struct backend_object *o = (struct backend_object *)self;
    struct dli_error err = {0};
    int result = DLI_OK;
    (void)unused;
    if (o->is_open)
        Py_RETURN_NONE;
    Py_BEGIN_ALLOW_THREADS
    result = host_context_compile(o->context, &err);
    if (result == DLI_OK)
        result = host_requests_open(&o->requests, o->context, 1, &err);
    Py_END_ALLOW_THREADS
    if (result != DLI_OK)
        return core_raise(&err);
    o->requests.request[0].core = o;
    o->is_open = true;
    Py_RETURN_NONE;
}

// The request, or NULL with a Python exception.
static struct dli_request *request_of(struct backend_object *o)
{
    if (o->is_open)
        return &o->requests.request[0];
    PyErr_SetString(PyExc_RuntimeError, "compile() comes first");
    return NULL;
}

// set_input(index, address, bytes)
static PyObject *set_input(PyObject *self, PyObject *args)
{
    struct backend_object *o = (struct backend_object *)self;
    struct dli_request *request = request_of(o);
    struct dli_error err = {0};
    unsigned long long address = 0;
    Py_ssize_t bytes = 0;
    int index = 0, result = DLI_OK;
    if (!request || !PyArg_ParseTuple(args, "iKn", &index, &address, &bytes))
        return NULL;
    if (index < 0 || index >= request->input_count || (size_t)bytes != request->input[index].bytes) {
        PyErr_SetString(PyExc_ValueError, "no such input, or an array of another size");
        return NULL;
    }
    const void *data = (const void *)(uintptr_t)address;
    const struct dli_backend *backend = o->context->backend;
    Py_BEGIN_ALLOW_THREADS
    if (backend->set_input)
        result = backend->set_input(&o->context->context, request, index, data, (size_t)bytes, &err);
    else
        memcpy(request->input[index].data, data, (size_t)bytes);
    Py_END_ALLOW_THREADS
    return result == DLI_OK ? Py_BuildValue("") : core_raise(&err);
}

static int run_request(struct backend_object *o, struct dli_request *request, struct dli_error *err)
{
    static const struct timespec pause = {0, 50000};
    const struct dli_backend *backend = o->context->backend;
    struct dli_context *context = &o->context->context;
    int result;
    while ((result = backend->submit(context, request, err)) == DLI_BUSY)
        nanosleep(&pause, NULL);
    if (result != DLI_PENDING)
        return result;
    result = DLI_OK;
    while (backend->poll && result == DLI_OK && sem_trywait(&o->ended) != 0)
        result = backend->poll(context, 100 * NS_PER_US, err);
    while (!backend->poll && sem_wait(&o->ended) != 0)
        ; // interrupted by a signal
    if (result == DLI_OK && o->status < 0)
        return dli_fail(err, o->status, "the framework reported %s", dli_code_name(o->status));
    return result;
}

static PyObject *run(PyObject *self, PyObject *unused)
{
    struct backend_object *o = (struct backend_object *)self;
    struct dli_request *request = request_of(o);
    struct dli_error err = {0};
    int result;
    (void)unused;
    if (!request)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    result = run_request(o, request, &err);
    Py_END_ALLOW_THREADS
    return result == DLI_OK ? Py_BuildValue("") : core_raise(&err);
}

// output_shape(index): the dimensions after the last run.
static PyObject *output_shape(PyObject *self, PyObject *args)
{
    struct dli_request *request = request_of((struct backend_object *)self);
    int index = 0;
    if (!request || !PyArg_ParseTuple(args, "i", &index))
        return NULL;
    if (index < 0 || index >= request->output_count) {
        PyErr_SetString(PyExc_ValueError, "no such output");
        return NULL;
    }
    const struct dli_tensor_desc *desc = &request->output[index].desc;
    PyObject *dim = PyTuple_New(desc->rank);
    for (int d = 0; dim && d < desc->rank; d++)
        PyTuple_SetItem(dim, d, PyLong_FromLongLong(desc->dim[d]));
    return dim;
}

// get_output(index, address, capacity)
static PyObject *get_output(PyObject *self, PyObject *args)
{
    struct backend_object *o = (struct backend_object *)self;
    struct dli_request *request = request_of(o);
    struct dli_error err = {0};
    unsigned long long address = 0;
    Py_ssize_t capacity = 0;
    int index = 0, result = DLI_OK;
    if (!request || !PyArg_ParseTuple(args, "iKn", &index, &address, &capacity))
        return NULL;
    if (index < 0 || index >= request->output_count || (size_t)capacity < request->output[index].bytes) {
        PyErr_SetString(PyExc_ValueError, "no such output, or too little room for it");
        return NULL;
    }
    void *data = (void *)(uintptr_t)address;
    const struct dli_backend *backend = o->context->backend;
    Py_BEGIN_ALLOW_THREADS
    if (backend->get_output)
        result = backend->get_output(&o->context->context, request, index, data, (size_t)capacity, &err);
    else
        memcpy(data, request->output[index].data, request->output[index].bytes);
    Py_END_ALLOW_THREADS
    return result == DLI_OK ? Py_BuildValue("") : core_raise(&err);
}

static PyMethodDef methods[] = {{"describe", describe, METH_NOARGS, "Inputs and outputs as JSON."},
                                {"effective", effective, METH_NOARGS, "Settings that the framework took, as JSON."},
                                {"set_shape", set_shape, METH_VARARGS, "set_shape(index, dims)"},
                                {"reshape", reshape, METH_NOARGS, "Gives the inputs the shapes that were set."},
                                {"compile", compile, METH_NOARGS, "Makes the model ready to run."},
                                {"set_input", set_input, METH_VARARGS, "set_input(index, address, bytes)"},
                                {"run", run, METH_NOARGS, "One inference; returns when it has ended."},
                                {"output_shape", output_shape, METH_VARARGS, "output_shape(index)"},
                                {"get_output", get_output, METH_VARARGS, "get_output(index, address, capacity)"},
                                {NULL, NULL, 0, NULL}};

static PyType_Slot slots[] = {{Py_tp_new, make}, {Py_tp_dealloc, dealloc}, {Py_tp_methods, methods}, {0, NULL}};

PyType_Spec backend_spec = {"dli._core.Backend", sizeof(struct backend_object), 0, Py_TPFLAGS_DEFAULT, slots};

// The module dli._core: its functions and how errors cross between C and Python.
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/version.h"
#include "bridge.h"
#include "core.h"
#include "host/module.h"
#include "machine/machine.h"

PyObject *core_raise(const struct dli_error *err)
{
    PyObject *module = PyImport_ImportModule("dli.errors");
    PyObject *type = module ? PyObject_GetAttrString(module, "Error") : NULL;
    PyObject *error = type ? PyObject_CallFunction(type, "ss", err->text, dli_code_name(err->code)) : NULL;
    if (error)
        PyErr_SetObject(type, error);
    Py_XDECREF(error);
    Py_XDECREF(type);
    Py_XDECREF(module);
    return NULL;
}

PyObject *core_call_bridge(const char *name, PyObject *args)
{
    PyObject *module = PyImport_ImportModule("dli.bridge");
    PyObject *function = module ? PyObject_GetAttrString(module, name) : NULL;
    PyObject *result = function ? PyObject_CallObject(function, args) : NULL;
    Py_XDECREF(function);
    Py_XDECREF(module);
    Py_XDECREF(args);
    return result;
}

// dli.bridge.explain knows which exception means which code; it answers (code, text in UTF-8).
int core_take_exception(struct dli_error *err)
{
    PyObject *type = NULL, *value = NULL, *trace = NULL;
    int code = DLI_E_RUNTIME;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyObject *answer = value ? core_call_bridge("explain", PyTuple_Pack(1, value)) : NULL;
    PyObject *text = answer ? PyTuple_GetItem(answer, 1) : NULL;
    const char *bytes = text ? PyBytes_AsString(text) : NULL;
    if (bytes)
        code = (int)PyLong_AsLong(PyTuple_GetItem(answer, 0));
    dli_fail(err, code, "%s", bytes ? bytes : "a Python exception that cannot be told");
    PyErr_Clear();
    Py_XDECREF(answer);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return code;
}

PyObject *core_json(json_t *value)
{
    char *line = json_to_line(value);
    PyObject *text = PyUnicode_FromString(line);
    free(line);
    json_decref(value);
    return text;
}

static PyObject *run_worker(PyObject *module, PyObject *args)
{
    const char *text = NULL;
    Py_ssize_t bytes = 0;
    int fd = -1, is_shared = 0;
    long long start_ns = 0;
    struct dli_error err = {0};
    (void)module;
    if (!PyArg_ParseTuple(args, "y#iLp", &text, &bytes, &fd, &start_ns, &is_shared))
        return NULL;
    // A synchronous application has the interpreter for itself, as it would have in a loop of its own. With requests in
    // flight the hooks take it when they need it (bridge.c).
    PyThreadState *state = is_shared ? PyEval_SaveThread() : NULL;
    int result = worker_run_on(&bridge_host, text, (size_t)bytes, fd, start_ns, &err);
    if (state)
        PyEval_RestoreThread(state);
    if (result != DLI_OK)
        return core_raise(&err);
    Py_RETURN_NONE;
}

static PyObject *read_machine(PyObject *module, PyObject *unused)
{
    struct machine machine;
    (void)module;
    (void)unused;
    machine_read(&machine, NULL);
    return core_json(machine_row(&machine));
}

static PyObject *tell_version(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return Py_BuildValue("{s:s,s:s,s:s}", "dli_version", version_number(), "dli_commit", version_commit(), "build_type",
                         version_build_type());
}

static json_t *describe_probe(const struct dli_backend *backend, const struct dli_probe *probe)
{
    json_t *object = json_object();
    json_t *formats = json_array();
    json_t *devices = json_array();
    for (const char *const *format = backend->formats; *format; format++)
        json_array_append_new(formats, json_string_safe(*format));
    for (int i = 0; i < probe->device_count && i < DLI_MAX_DEVICES; i++)
        json_array_append_new(devices, json_pack("[o,o]", json_string_safe(probe->device[i].id), json_string_safe(probe->device[i].name)));
    json_put_string(object, "version", probe->version);
    json_object_set_new(object, "formats", formats);
    json_object_set_new(object, "devices", devices);
    return object;
}

static PyObject *probe_backend(PyObject *module, PyObject *args)
{
    struct strbuf path = STRBUF_INIT;
    struct dli_probe *probe = xcalloc(1, sizeof(*probe));
    const struct dli_backend *backend = NULL;
    const char *name = NULL;
    struct dli_error err = {0};
    PyObject *answer = NULL;
    (void)module;
    if (PyArg_ParseTuple(args, "s", &name)) {
        int result = module_find(&path, name, &err);
        if (result == DLI_OK)
            result = module_load(&backend, strbuf_text(&path), &err);
        if (result == DLI_OK)
            result = backend->probe(probe, &err);
        answer = result == DLI_OK ? core_json(describe_probe(backend, probe)) : core_raise(&err);
    }
    free(probe);
    strbuf_release(&path);
    return answer;
}

static PyMethodDef functions[] = {
    {"run_worker", run_worker, METH_VARARGS, "run_worker(test, fd, start_ns, is_shared): runs a test, writes its records."},
    {"probe_backend", probe_backend, METH_VARARGS, "probe_backend(name): formats, version and devices of a backend, as JSON."},
    {"machine_row", read_machine, METH_NOARGS, "The columns of a row that describe this machine, as JSON."},
    {"version", tell_version, METH_NOARGS, "The columns of a row that describe this build."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "dli._core", "The measuring core of DLI.", 0, functions, NULL, NULL, NULL, NULL};

static int add_type(PyObject *module, const char *name, PyType_Spec *spec)
{
    PyObject *type = PyType_FromSpec(spec);
    if (type && PyModule_AddObject(module, name, type) == 0)
        return 0;
    Py_XDECREF(type);
    return -1;
}

PyMODINIT_FUNC PyInit__core(void); // the only symbol that is seen from outside
PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module && (add_type(module, "Loop", &loop_spec) < 0 || add_type(module, "Backend", &backend_spec) < 0)) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

// dli._core.Loop: an iterator whose steps are the iterations of a measurement. python/dli/loop.py gives it its face.
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "core.h"
#include "measure/loop.h"
#include "worker/result.h"

struct loop_object {
    PyObject_HEAD struct loop *loop;
    struct session *session; /**< for the row: noise, CPU time and batch; nothing else of it is in use */
    json_t *row;
};

static void dealloc(PyObject *self)
{
    struct loop_object *o = (struct loop_object *)self;
    PyTypeObject *type = Py_TYPE(self);
    loop_close(o->loop);
    json_decref(o->row);
    if (o->session)
        test_release(&o->session->test);
    free(o->session);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(self);
    Py_DECREF(type);
}

static int init(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const char *const names[] = {"precision", "confidence", "min_time",  "max_time",          "min_iterations", "iterations",
                                        "time",      "warmup",     "warmup_iterations", "batch", NULL};
    struct loop_object *o = (struct loop_object *)self;
    double min_time = 0, max_time = 0, time = 0;
    long long min_iterations = 0, iterations = 0, warmup_iterations = 0;
    int warmup = 0, batch = 1;
    struct dli_error err = {0};
    struct measure_plan plan = {0};
    if (o->session) {
        PyErr_SetString(PyExc_RuntimeError, "a loop is made once");
        return -1;
    }
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "ddddLLdiLi", (char **)(uintptr_t)names, &plan.precision_frac, &plan.confidence_frac,
                                     &min_time, &max_time, &min_iterations, &iterations, &time, &warmup, &warmup_iterations, &batch))
        return -1;
    o->session = xcalloc(1, sizeof(*o->session));
    test_init(&o->session->test);
    struct test_model *model = test_add_model(&o->session->test);
    model->batch = batch;
    o->session->model = model;
    o->session->request_count = 1;
    o->session->test.measure.precision_frac = plan.precision_frac;
    plan.min_time_ns = (int64_t)(min_time * 1e9);
    plan.max_time_ns = (int64_t)(max_time * 1e9);
    plan.min_iterations = min_iterations;
    plan.iterations = iterations;
    plan.time_ns = (int64_t)(time * 1e9);
    plan.warmup = (enum measure_warmup)warmup;
    plan.warmup_iterations = warmup_iterations;
    plan.on_event = session_at_window_edge;
    plan.event_data = o->session;
    if (loop_open(&o->loop, &plan, &err) == DLI_OK)
        return 0;
    core_raise(&err);
    return -1;
}

static PyObject *next(PyObject *self)
{
    struct loop_object *o = (struct loop_object *)self;
    if (!o->loop || !loop_next(o->loop))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *iter(PyObject *self)
{
    Py_INCREF(self);
    return self;
}

static PyObject *row(PyObject *self, PyObject *unused)
{
    struct loop_object *o = (struct loop_object *)self;
    (void)unused;
    if (!o->loop) {
        PyErr_SetString(PyExc_RuntimeError, "the loop was not made");
        return NULL;
    }
    if (!o->row) {
        struct measure_result *result = xcalloc(1, sizeof(*result));
        loop_finish(o->loop, result);
        o->row = result_row(o->session, result);
        measure_result_release(result);
        free(result);
    }
    return core_json(json_incref(o->row));
}

static PyMethodDef methods[] = {{"row", row, METH_NOARGS, "The measured columns as JSON; ends the loop."}, {NULL, NULL, 0, NULL}};

static PyType_Slot slots[] = {{Py_tp_init, init},       {Py_tp_new, PyType_GenericNew}, {Py_tp_dealloc, dealloc},
                              {Py_tp_iter, iter},       {Py_tp_iternext, next},         {Py_tp_methods, methods},
                              {0, NULL}};

PyType_Spec loop_spec = {"dli._core.Loop", sizeof(struct loop_object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

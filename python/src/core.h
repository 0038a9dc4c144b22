/**
 * core.h - what the files of the extension `dli._core` share. Stable ABI of CPython 3.9: one build for all later ones.
 *
 * The extension is thin: measuring, statistics, inputs, checks and records are the C rooms in src/. What needs no
 * speed is Python (python/dli).
 */
#ifndef PYTHON_CORE_H
#define PYTHON_CORE_H

#define Py_LIMITED_API 0x03090000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <jansson.h>

#include <dli/error.h>

#ifndef PyBUF_READ
#define PyBUF_READ 0x100 // part of the stable ABI; headers before 3.11 hide it
#endif

/** Raises dli.Error with the text of `err` and its code's name as attribute `code`. Returns NULL. */
PyObject *core_raise(const struct dli_error *err);

/** Turns the Python exception that is set into an error and clears it. Returns the code. */
int core_take_exception(struct dli_error *err);

/** Calls function `name` of the Python module dli.bridge; steals `args` (a tuple, or NULL for none). New reference or NULL. */
PyObject *core_call_bridge(const char *name, PyObject *args);

/** A Python string of JSON; steals `value`. */
PyObject *core_json(json_t *value);

/** The types of the module: a loop that Python drives (loop.c), a backend that Python drives (backend.c). */
extern PyType_Spec loop_spec;
extern PyType_Spec backend_spec;

#endif

/**
 * python.h - how the Python worker is started: which interpreter, and which copy of the package `dli`.
 *
 * Interpreter: DLI_PYTHON (a path, or a name to be found in PATH), else .venv-dli/bin/python (made by
 * tools/setup-python) beside the build folder or in the current one. Package: the folder python/ that was built beside this program, or
 * lib/dli/python of the installation; else the interpreter's own.
 */
#ifndef CLI_PYTHON_H
#define CLI_PYTHON_H

struct python_worker {
    char *interpreter;
    char *package;
    const char *line[4];
};

/** The command line, NULL-terminated, valid until release; NULL when there is no interpreter. */
const char *const *python_worker_find(struct python_worker *out);
void python_worker_release(struct python_worker *worker);

#endif

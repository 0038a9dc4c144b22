// The library: found by this module's RPATH or DLI_TFLITE_LIBRARY.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dlfcn.h>

#include "tflite.h"

static int find(void *member, void *handle, const char *name, struct dli_error *err)
{
    void *symbol = dlsym(handle, name);
    // ISO C has no cast from object to function pointer; POSIX promises that the bytes are the
    // same.
    memcpy(member, &symbol, sizeof(symbol));
    return symbol ? DLI_OK : dli_fail(err, DLI_E_UNAVAILABLE, "the library has no %s", name);
}

int library_open(struct tflite_api *out, struct dli_error *err)
{
    const char *given = getenv("DLI_TFLITE_LIBRARY");
    void *handle = dlopen(given && given[0] ? given : DLI_TFLITE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return dli_fail(err, DLI_E_UNAVAILABLE, "%s", dlerror());
    int rc = DLI_OK;
#define FIND(result, name, arguments) rc = rc ? rc : find(&out->name, handle, "TfLite" #name, err);
    TFLITE_FUNCTIONS(FIND)
#undef FIND
    return rc;
}

void report_keep(void *data, const char *format, va_list args)
{
    struct report *report = data;
    // The first says why; those after it only that something failed.
    if (!report->text[0])
        vsnprintf(report->text, sizeof(report->text), format, args);
}

/**
 * module.h - finds backend modules and loads them, once and for the life of the process.
 *
 * Only a worker process does this: a framework that crashes takes nothing else down.
 */
#ifndef HOST_MODULE_H
#define HOST_MODULE_H

#include <dli/backend.h>

#include "base/strbuf.h"

/**
 * Path of the module called `name`: itself if it holds a '/', else NAME.so in the folders of
 * DLI_BACKEND_PATH (separated by ':'), beside the program in backends/, in ../lib/dli/backends, and
 * where it was installed. DLI_E_NOTFOUND lists what there is.
 */
DLI_MUST_CHECK int module_find(struct strbuf *out, const char *name, struct dli_error *err);

/** Calls `visit` with the name and path of every module in those folders, sorted, each name once.
 */
void module_each(void (*visit)(const char *name, const char *path, void *data), void *data);

/**
 * Loads a module and checks its table. DLI_E_UNAVAILABLE with the reason: a missing library,
 * another ABI; DLI_E_PROTOCOL: a required hook or name is missing. The table is valid until the
 * process ends.
 */
DLI_MUST_CHECK int module_load(const struct dli_backend **out, const char *path,
                               struct dli_error *err);

#endif

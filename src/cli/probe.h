/**
 * probe.h - what the backends on this machine are, each asked in a process of its own.
 */
#ifndef CLI_PROBE_H
#define CLI_PROBE_H

#include <jansson.h>

#include "catalog/catalog.h"

/** One backend: its probe record, or why there is none. */
struct backend_info {
    char *name;           /**< as found, or as the user named it */
    json_t *record;       /**< the `backend` record, NULL when the probe failed */
    char *reason;         /**< why it cannot be used, NULL when it can */
    const char **formats; /**< NULL-terminated, borrowed from the record; NULL when unknown */
};

struct backend_list {
    int count;
    struct backend_info *item;
};

/** Every module that is installed; found, not yet asked. */
void backends_find(struct backend_list *list);
/** Adds `name` unless it is there. */
struct backend_info *backends_add(struct backend_list *list, const char *name);
/** Asks one backend, once. */
void backends_probe(struct backend_info *info);
void backends_release(struct backend_list *list);

#endif

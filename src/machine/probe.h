/**
 * probe.h - the parts of machine_read, and how they read the system. Private to this room.
 *
 * Every probe fills what it finds in `out` and leaves the rest as machine_read set it: unknown.
 */
#ifndef MACHINE_PROBE_H
#define MACHINE_PROBE_H

#include <dli/error.h>

#include "machine/machine.h"

/** First line of the file `root` + formatted path, without its newline; "" and false if unreadable.
 */
bool probe_line(char *out, size_t out_bytes, const char *root, const char *format, ...)
    DLI_PRINTF(4, 5);

/** The whole number >= 0 that `text` begins with, else -1. */
int64_t probe_number(const char *text);

/** Cores, sockets, NUMA nodes, SMT and caches, from hwloc. */
void probe_topology(struct machine *out, const char *root);

/** Hypervisor, container, cgroup limits, cpuset. */
void probe_limits(struct machine *out, const char *root);

/** GPUs, NPUs and accelerators on PCI and USB. */
void probe_devices(struct machine *out, const char *root);

#endif

/**
 * machine.h - what this computer is: processor, memory, frequency control, limits, devices,
 * software.
 *
 * Everything is read from /proc, /sys, /etc and hwloc; nothing is run and nothing needs privileges.
 * What the system does not tell is "" or -1, JSON null, and «not available» in print. Reads take a
 * root prefix so that tests can use a tree of their own; hwloc follows HWLOC_FSROOT instead.
 * `struct machine` is plain data and owns nothing. Not thread-safe.
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"

#define MACHINE_MAX_DEVICES 32
#define MACHINE_MAX_CACHES 8
#define MACHINE_MAX_ZONES 16

/** One kind of cache: `count` caches of `bytes` bytes. */
struct machine_cache {
    char name[8]; /**< "L1d", "L1i", "L2", "L3", … */
    int64_t bytes;
    int count;
};

/** A device that may run inference. */
struct machine_device {
    char kind[16]; /**< "gpu", "npu", "accelerator" */
    char bus[8];   /**< "pci", "usb" */
    char address[32];
    char id[12];     /**< "8086:5912" */
    char name[128];  /**< from the id tables; "" when unknown */
    char driver[32]; /**< "" when no driver has it */
};

struct machine_zone {
    char name[32];
    double temperature_c;
};

struct machine {
    char host[72];
    char os[96]; /**< PRETTY_NAME of /etc/os-release */
    char kernel[72];
    char architecture[24];

    char cpu[128];
    int logical_count; /**< online logical processors */
    int core_count;    /**< physical cores */
    int socket_count;
    int numa_count;
    int is_smt; /**< 1 on, 0 off, -1 unknown */
    int cache_count;
    struct machine_cache cache[MACHINE_MAX_CACHES];
    char features[128]; /**< vector extensions that matter here: "avx2 avx512f amx_int8" */

    char governor[24];
    char frequency_driver[32];
    int is_turbo;         /**< 1 on, 0 off, -1 unknown */
    double frequency_mhz; /**< now, fastest processor */
    double frequency_max_mhz;

    int64_t memory_bytes;
    int64_t memory_free_bytes; /**< MemAvailable */
    int64_t swap_bytes;

    char hypervisor[48];         /**< "KVM", "Microsoft", … ; "none" on bare metal */
    char container[24];          /**< "docker", "podman", "kubernetes", … ; "none" */
    double cpu_quota;            /**< processors that the cgroup allows; -1: no limit */
    int cpuset_count;            /**< processors that this process may run on */
    int64_t cgroup_memory_bytes; /**< -1: no limit */

    int zone_count;
    struct machine_zone zone[MACHINE_MAX_ZONES];
    int device_count;
    struct machine_device device[MACHINE_MAX_DEVICES];
};

/** Reads everything below `root` (NULL or "": the real machine). Never fails: see above. */
void machine_read(struct machine *out, const char *root);

/** The object of `dli machine --json` and of the journal's first line. New reference. */
json_t *machine_to_json(const struct machine *machine);

/**
 * The row's columns machine, cpu, cpu_count, memory_mib, os, kernel, governor, container. cpu_count
 * and memory_mib are what the test can use: cpuset and cgroup limits applied. New reference.
 */
json_t *machine_row(const struct machine *machine);

/** A table for people. */
void machine_print(struct strbuf *out, const struct machine *machine);

#endif

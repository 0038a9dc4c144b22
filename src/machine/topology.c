#include <hwloc.h>
#include <stdio.h>

#include "machine/probe.h"

static int count_of(hwloc_topology_t topology, hwloc_obj_type_t type)
{
    int count = hwloc_get_nbobjs_by_type(topology, type);
    return count > 0 ? count : -1;
}

static void add_caches(struct machine *out, hwloc_topology_t topology)
{
    static const struct {
        hwloc_obj_type_t type;
        const char *name;
    } kinds[] = {{HWLOC_OBJ_L1CACHE, "L1d"},
                 {HWLOC_OBJ_L1ICACHE, "L1i"},
                 {HWLOC_OBJ_L2CACHE, "L2"},
                 {HWLOC_OBJ_L3CACHE, "L3"},
                 {HWLOC_OBJ_L4CACHE, "L4"}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        int count = count_of(topology, kinds[i].type);
        hwloc_obj_t first = count > 0 ? hwloc_get_obj_by_type(topology, kinds[i].type, 0) : NULL;
        if (!first || out->cache_count == MACHINE_MAX_CACHES)
            continue;
        struct machine_cache *cache = &out->cache[out->cache_count++];
        snprintf(cache->name, sizeof(cache->name), "%s", kinds[i].name);
        cache->bytes = (int64_t)first->attr->cache.size;
        cache->count = count;
    }
}

void probe_topology(struct machine *out, const char *root)
{
    char smt[16];
    hwloc_topology_t topology;
    if (probe_line(smt, sizeof(smt), root, "/sys/devices/system/cpu/smt/active"))
        out->is_smt = smt[0] == '1';
    if (hwloc_topology_init(&topology) != 0)
        return;
    // Processors outside this process's cpuset belong to the computer too.
    hwloc_topology_set_flags(topology, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    hwloc_topology_set_icache_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
    if (hwloc_topology_load(topology) == 0) {
        out->core_count = count_of(topology, HWLOC_OBJ_CORE);
        out->socket_count = count_of(topology, HWLOC_OBJ_PACKAGE);
        out->numa_count = count_of(topology, HWLOC_OBJ_NUMANODE);
        int logical = count_of(topology, HWLOC_OBJ_PU);
        if (out->logical_count < 0 && !*root)
            out->logical_count = logical;
        if (out->is_smt < 0 && out->core_count > 0 && logical > 0)
            out->is_smt = logical > out->core_count;
        add_caches(out, topology);
    }
    hwloc_topology_destroy(topology);
}

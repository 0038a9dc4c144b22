// A machine as JSON, as columns of a row, and as a table.
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "machine/machine.h"

static void put_text(json_t *object, const char *key, const char *text)
{
    json_put_string(object, key, *text ? text : NULL);
}

static void put_count(json_t *object, const char *key, int64_t value)
{
    if (value < 0)
        json_object_set_new(object, key, json_null());
    else
        json_put_int(object, key, value);
}

static void put_number(json_t *object, const char *key, double value)
{
    if (value < 0)
        json_object_set_new(object, key, json_null());
    else
        json_put_double(object, key, value);
}

static void put_flag(json_t *object, const char *key, int flag)
{
    json_object_set_new(object, key, flag < 0 ? json_null() : json_boolean(flag));
}

static json_t *list_caches(const struct machine *m)
{
    json_t *list = json_array();
    for (int i = 0; i < m->cache_count; i++) {
        json_t *entry = json_object();
        put_text(entry, "name", m->cache[i].name);
        put_count(entry, "bytes", m->cache[i].bytes);
        put_count(entry, "count", m->cache[i].count);
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *list_devices(const struct machine *m)
{
    json_t *list = json_array();
    for (int i = 0; i < m->device_count; i++) {
        const struct machine_device *device = &m->device[i];
        json_t *entry = json_object();
        put_text(entry, "kind", device->kind);
        put_text(entry, "bus", device->bus);
        put_text(entry, "address", device->address);
        put_text(entry, "id", device->id);
        put_text(entry, "name", device->name);
        put_text(entry, "driver", device->driver);
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *list_zones(const struct machine *m)
{
    json_t *list = json_array();
    for (int i = 0; i < m->zone_count; i++) {
        json_t *entry = json_object();
        put_text(entry, "name", m->zone[i].name);
        json_put_double(entry, "temperature_c", m->zone[i].temperature_c);
        json_array_append_new(list, entry);
    }
    return list;
}

json_t *machine_to_json(const struct machine *m)
{
    json_t *object = json_object();
    put_text(object, "host", m->host);
    put_text(object, "os", m->os);
    put_text(object, "kernel", m->kernel);
    put_text(object, "architecture", m->architecture);
    put_text(object, "cpu", m->cpu);
    put_count(object, "logical_count", m->logical_count);
    put_count(object, "core_count", m->core_count);
    put_count(object, "socket_count", m->socket_count);
    put_count(object, "numa_count", m->numa_count);
    put_flag(object, "smt", m->is_smt);
    json_object_set_new(object, "caches", list_caches(m));
    put_text(object, "features", m->features);
    put_text(object, "governor", m->governor);
    put_text(object, "frequency_driver", m->frequency_driver);
    put_flag(object, "turbo", m->is_turbo);
    put_number(object, "frequency_mhz", m->frequency_mhz);
    put_number(object, "frequency_max_mhz", m->frequency_max_mhz);
    put_count(object, "memory_bytes", m->memory_bytes);
    put_count(object, "memory_free_bytes", m->memory_free_bytes);
    put_count(object, "swap_bytes", m->swap_bytes);
    put_text(object, "hypervisor", m->hypervisor);
    put_text(object, "container", m->container);
    put_number(object, "cpu_quota", m->cpu_quota);
    put_count(object, "cpuset_count", m->cpuset_count);
    put_count(object, "cgroup_memory_bytes", m->cgroup_memory_bytes);
    json_object_set_new(object, "temperatures", list_zones(m));
    json_object_set_new(object, "devices", list_devices(m));
    return object;
}

static int64_t usable_memory(const struct machine *m)
{
    bool is_limited = m->cgroup_memory_bytes > 0 && m->cgroup_memory_bytes < m->memory_bytes;
    return is_limited ? m->cgroup_memory_bytes : m->memory_bytes;
}

json_t *machine_row(const struct machine *m)
{
    json_t *row = json_object();
    int64_t memory_bytes = usable_memory(m);
    put_text(row, "machine", m->host);
    put_text(row, "cpu", m->cpu);
    put_count(row, "cpu_count", m->cpuset_count > 0 ? m->cpuset_count : m->logical_count);
    put_count(row, "memory_mib", memory_bytes < 0 ? -1 : memory_bytes >> 20);
    put_text(row, "os", m->os);
    put_text(row, "kernel", m->kernel);
    put_text(row, "governor", m->governor);
    put_text(row, "container", m->container);
    return row;
}

static void add_text(struct strbuf *out, const char *name, const char *text)
{
    strbuf_addf(out, "%-18s %s\n", name, *text ? text : "not available");
}

static void add_size(struct strbuf *out, const char *name, int64_t bytes, const char *none)
{
    if (bytes < 0)
        strbuf_addf(out, "%-18s %s\n", name, none);
    else
        strbuf_addf(out, "%-18s %.1f GiB\n", name, (double)bytes / (1 << 30));
}

static void add_processor(struct strbuf *out, const struct machine *m)
{
    add_text(out, "processor", m->cpu);
    strbuf_addf(out, "%-18s %d logical, %d cores, %d sockets, %d NUMA nodes, SMT %s\n",
                "processors", m->logical_count, m->core_count, m->socket_count, m->numa_count,
                m->is_smt < 0 ? "not known"
                : m->is_smt   ? "on"
                              : "off");
    strbuf_addf(out, "%-18s", "caches");
    for (int i = 0; i < m->cache_count; i++)
        strbuf_addf(out, "%s %s %d x %lld KiB", i ? "," : "", m->cache[i].name, m->cache[i].count,
                    (long long)m->cache[i].bytes / 1024);
    strbuf_adds(out, m->cache_count ? "\n" : " not available\n");
    add_text(out, "vector extensions", m->features);
    add_text(out, "governor", m->governor);
    add_text(out, "turbo", m->is_turbo < 0 ? "" : m->is_turbo ? "on" : "off");
    if (m->frequency_mhz > 0)
        strbuf_addf(out, "%-18s %.0f MHz now\n", "frequency", m->frequency_mhz);
}

static void add_limits(struct strbuf *out, const struct machine *m)
{
    add_text(out, "hypervisor", m->hypervisor);
    add_text(out, "container", m->container);
    if (m->cpu_quota > 0)
        strbuf_addf(out, "%-18s %.2f processors\n", "cgroup quota", m->cpu_quota);
    else
        strbuf_addf(out, "%-18s no limit\n", "cgroup quota");
    strbuf_addf(out, "%-18s %d processors\n", "cpuset", m->cpuset_count);
    add_size(out, "cgroup memory", m->cgroup_memory_bytes, "no limit");
}

void machine_print(struct strbuf *out, const struct machine *m)
{
    add_text(out, "host", m->host);
    add_text(out, "system", m->os);
    add_text(out, "kernel", m->kernel);
    add_text(out, "architecture", m->architecture);
    add_processor(out, m);
    add_size(out, "memory", m->memory_bytes, "not available");
    add_size(out, "memory free", m->memory_free_bytes, "not available");
    add_size(out, "swap", m->swap_bytes, "not available");
    add_limits(out, m);
    for (int i = 0; i < m->zone_count; i++)
        strbuf_addf(out, "%-18s %.1f C %s\n", i ? "" : "temperatures", m->zone[i].temperature_c,
                    m->zone[i].name);
    for (int i = 0; i < m->device_count; i++)
        strbuf_addf(out, "%-18s %s %s %s %s%s%s\n", i ? "" : "devices", m->device[i].kind,
                    m->device[i].address, m->device[i].id, m->device[i].name,
                    *m->device[i].driver ? ", driver " : "", m->device[i].driver);
    if (m->device_count == 0)
        strbuf_addf(out, "%-18s no GPU, NPU or accelerator found\n", "devices");
}

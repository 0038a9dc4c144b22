#include "machine/machine.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/file.h"
#include "machine/probe.h"

bool probe_line(char *out, size_t out_bytes, const char *root, const char *format, ...)
{
    char below[PATH_MAX];
    char path[PATH_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(below, sizeof(below), format, args);
    va_end(args);
    out[0] = '\0';
    if (snprintf(path, sizeof(path), "%s%s", root, below) >= (int)sizeof(path) ||
        !file_read_line(out, out_bytes, path))
        return false;
    out[strcspn(out, "\n")] = '\0';
    return true;
}

int64_t probe_number(const char *text)
{
    char *end;
    long long value = strtoll(text, &end, 10);
    return end == text || value < 0 ? -1 : value;
}

// Copies what follows `key` and its separators on the first line that begins with it.
static bool find_value(char *out, size_t out_bytes, const char *text, const char *key)
{
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line ? 1 : 0) {
        if (strncmp(line, key, strlen(key)) != 0)
            continue;
        const char *value = line + strlen(key);
        value += strspn(value, " \t:=\"");
        snprintf(out, out_bytes, "%.*s", (int)strcspn(value, "\n\""), value);
        return true;
    }
    return false;
}

static bool read_text(struct strbuf *out, const char *root, const char *path)
{
    char full[PATH_MAX];
    strbuf_reset(out);
    return snprintf(full, sizeof(full), "%s%s", root, path) < (int)sizeof(full) &&
           file_read(out, full, (size_t)8 << 20, NULL) == DLI_OK;
}

static void read_software(struct machine *out, const char *root, struct strbuf *text)
{
    struct utsname names;
    bool is_known = uname(&names) == 0;
    if (!probe_line(out->host, sizeof(out->host), root, "/proc/sys/kernel/hostname") && is_known)
        snprintf(out->host, sizeof(out->host), "%s", names.nodename);
    if (!probe_line(out->kernel, sizeof(out->kernel), root, "/proc/sys/kernel/osrelease") &&
        is_known)
        snprintf(out->kernel, sizeof(out->kernel), "%s", names.release);
    if (is_known)
        snprintf(out->architecture, sizeof(out->architecture), "%.23s", names.machine);
    if (read_text(text, root, "/etc/os-release"))
        find_value(out->os, sizeof(out->os), strbuf_text(text), "PRETTY_NAME");
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(words, word); at; at = strstr(at + 1, word))
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}

// Vector extensions that inference libraries choose their kernels by, x86 and Arm.
static void read_features(struct machine *out, const char *flags)
{
    static const char *const wanted[] = {
        "sse4_2",      "avx",         "avx2",        "fma",      "f16c",     "avx_vnni", "avx512f",
        "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_bf16", "amx_int8", "asimd",    "asimddp",
        "asimdhp",     "bf16",        "i8mm",        "sve",      "sve2"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        size_t used = strlen(out->features);
        if (has_word(flags, wanted[i]))
            snprintf(out->features + used, sizeof(out->features) - used, "%s%s", used ? " " : "",
                     wanted[i]);
    }
}

static void read_processor(struct machine *out, const char *root, struct strbuf *text)
{
    char flags[8192] = "";
    if (read_text(text, root, "/proc/cpuinfo")) {
        const char *info = strbuf_text(text);
        if (!find_value(out->cpu, sizeof(out->cpu), info, "model name") &&
            !find_value(out->cpu, sizeof(out->cpu), info, "Model") &&
            !find_value(out->cpu, sizeof(out->cpu), info, "Hardware"))
            find_value(out->cpu, sizeof(out->cpu), info, "cpu model");
        if (!find_value(flags, sizeof(flags), info, "flags"))
            find_value(flags, sizeof(flags), info, "Features");
        read_features(out, flags);
        char mhz[32] = "";
        if (find_value(mhz, sizeof(mhz), info, "cpu MHz"))
            out->frequency_mhz = strtod(mhz, NULL);
    }
    // Small Arm boards name themselves in the device tree only.
    if (!out->cpu[0])
        probe_line(out->cpu, sizeof(out->cpu), root, "/proc/device-tree/model");
    if (has_word(flags, "hypervisor"))
        snprintf(out->hypervisor, sizeof(out->hypervisor), "unknown");
}

static void read_frequency(struct machine *out, const char *root)
{
    static const char folder[] = "/sys/devices/system/cpu";
    char text[64];
    probe_line(out->governor, sizeof(out->governor), root, "%s/cpu0/cpufreq/scaling_governor",
               folder);
    probe_line(out->frequency_driver, sizeof(out->frequency_driver), root,
               "%s/cpu0/cpufreq/scaling_driver", folder);
    for (int cpu = 0; cpu < out->logical_count && cpu < 1024; cpu++) {
        if (probe_line(text, sizeof(text), root, "%s/cpu%d/cpufreq/scaling_cur_freq", folder,
                       cpu) &&
            (cpu == 0 || (double)probe_number(text) / 1000 > out->frequency_mhz))
            out->frequency_mhz = (double)probe_number(text) / 1000;
        if (probe_line(text, sizeof(text), root, "%s/cpu%d/cpufreq/cpuinfo_max_freq", folder,
                       cpu) &&
            (double)probe_number(text) / 1000 > out->frequency_max_mhz)
            out->frequency_max_mhz = (double)probe_number(text) / 1000;
    }
    if (probe_line(text, sizeof(text), root, "%s/intel_pstate/no_turbo", folder))
        out->is_turbo = text[0] == '0';
    else if (probe_line(text, sizeof(text), root, "%s/cpufreq/boost", folder))
        out->is_turbo = text[0] == '1';
}

static int64_t find_kib(const char *text, const char *key)
{
    char value[32];
    int64_t kib = find_value(value, sizeof(value), text, key) ? probe_number(value) : -1;
    return kib < 0 || kib > INT64_MAX / 1024 ? -1 : kib * 1024;
}

static void read_memory(struct machine *out, const char *root, struct strbuf *text)
{
    if (!read_text(text, root, "/proc/meminfo"))
        return;
    out->memory_bytes = find_kib(strbuf_text(text), "MemTotal");
    out->memory_free_bytes = find_kib(strbuf_text(text), "MemAvailable");
    out->swap_bytes = find_kib(strbuf_text(text), "SwapTotal");
}

static void read_zones(struct machine *out, const char *root)
{
    for (int i = 0; i < MACHINE_MAX_ZONES; i++) {
        struct machine_zone *zone = &out->zone[out->zone_count];
        char text[32];
        if (!probe_line(text, sizeof(text), root, "/sys/class/thermal/thermal_zone%d/temp", i))
            break;
        zone->temperature_c = strtod(text, NULL) / 1000;
        probe_line(zone->name, sizeof(zone->name), root, "/sys/class/thermal/thermal_zone%d/type",
                   i);
        out->zone_count++;
    }
}

// Processors that the system has online: the «cpuN» lines of /proc/stat.
static int count_online(const char *root, struct strbuf *text)
{
    int count = 0;
    if (!read_text(text, root, "/proc/stat"))
        return -1;
    for (const char *line = strbuf_text(text); line; line = strchr(line, '\n')) {
        line += *line == '\n';
        count += strncmp(line, "cpu", 3) == 0 && line[3] >= '0' && line[3] <= '9';
    }
    return count > 0 ? count : -1;
}

void machine_read(struct machine *out, const char *root)
{
    struct strbuf text = STRBUF_INIT;
    root = root ? root : "";
    *out = (struct machine){.logical_count = -1,
                            .core_count = -1,
                            .socket_count = -1,
                            .numa_count = -1,
                            .is_smt = -1,
                            .is_turbo = -1,
                            .frequency_mhz = -1,
                            .frequency_max_mhz = -1,
                            .memory_bytes = -1,
                            .memory_free_bytes = -1,
                            .swap_bytes = -1,
                            .cpu_quota = -1,
                            .cpuset_count = -1,
                            .cgroup_memory_bytes = -1};
    read_software(out, root, &text);
    out->logical_count = count_online(root, &text);
    read_processor(out, root, &text);
    read_frequency(out, root);
    read_memory(out, root, &text);
    read_zones(out, root);
    strbuf_release(&text);
    probe_topology(out, root);
    probe_limits(out, root);
    probe_devices(out, root);
}

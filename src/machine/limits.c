#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "machine/probe.h"

// A number this large in a cgroup file of version 1 means «no limit».
#define NO_LIMIT_BYTES (INT64_C(1) << 60)

static void read_hypervisor(struct machine *out, const char *root)
{
    static const struct {
        const char *text;
        const char *name;
    } known[] = {{"KVM", "KVM"},
                 {"QEMU", "QEMU"},
                 {"VMware", "VMware"},
                 {"VirtualBox", "VirtualBox"},
                 {"Xen", "Xen"},
                 {"Microsoft", "Hyper-V"},
                 {"Amazon EC2", "Amazon EC2"},
                 {"Google", "Google Compute Engine"},
                 {"Bochs", "Bochs"},
                 {"Parallels", "Parallels"}};
    char vendor[96], product[96], both[200];
    if (probe_line(both, sizeof(both), root, "/sys/hypervisor/type")) {
        snprintf(out->hypervisor, sizeof(out->hypervisor), "%.40s", both);
        return;
    }
    probe_line(vendor, sizeof(vendor), root, "/sys/class/dmi/id/sys_vendor");
    probe_line(product, sizeof(product), root, "/sys/class/dmi/id/product_name");
    snprintf(both, sizeof(both), "%s %s", vendor, product);
    bool is_guest = out->hypervisor[0] != '\0'; // the processor said so
    for (size_t i = 0; is_guest && i < sizeof(known) / sizeof(known[0]); i++)
        if (strstr(both, known[i].text)) {
            snprintf(out->hypervisor, sizeof(out->hypervisor), "%s", known[i].name);
            return;
        }
    if (!is_guest && out->features[0])
        snprintf(out->hypervisor, sizeof(out->hypervisor), "none");
}

static bool exists(const char *root, const char *path)
{
    char full[PATH_MAX];
    return snprintf(full, sizeof(full), "%s%s", root, path) < (int)sizeof(full) &&
           file_exists(full);
}

static void read_container(struct machine *out, const char *root, const char *cgroups)
{
    const char *name = "none";
    char line[64];
    if (exists(root, "/.dockerenv") || strstr(cgroups, "/docker"))
        name = "docker";
    else if (exists(root, "/run/.containerenv") || strstr(cgroups, "libpod"))
        name = "podman";
    else if (strstr(cgroups, "kubepods"))
        name = "kubernetes";
    else if (strstr(cgroups, "/lxc"))
        name = "lxc";
    else if (probe_line(line, sizeof(line), root, "/run/systemd/container"))
        name = line;
    snprintf(out->container, sizeof(out->container), "%.20s", name);
}

// Path of this process in the hierarchy with `controller` ("" is version 2); false if it has none.
static bool find_group(char *out, size_t out_bytes, const char *cgroups, const char *controller)
{
    for (const char *line = cgroups; line && *line;
         line = strchr(line, '\n'), line += line ? 1 : 0) {
        const char *names = strchr(line, ':');
        const char *path = names ? strchr(names + 1, ':') : NULL;
        if (!path)
            return false;
        int length = (int)(path - names - 1);
        char list[128];
        snprintf(list, sizeof(list), ",%.*s,", length < 120 ? length : 120, names + 1);
        char wanted[32];
        snprintf(wanted, sizeof(wanted), ",%s,", controller);
        if (*controller ? strstr(list, wanted) != NULL : length == 0) {
            snprintf(out, out_bytes, "%.*s", (int)strcspn(path + 1, "\n"), path + 1);
            return true;
        }
    }
    return false;
}

static void take_minimum(int64_t *out, int64_t value)
{
    if (value > 0 && value < NO_LIMIT_BYTES && (*out < 0 || value < *out))
        *out = value;
}

static void take_quota(struct machine *out, double quota, double period)
{
    double processors = quota > 0 && period > 0 ? quota / period : -1;
    if (processors > 0 && (out->cpu_quota < 0 || processors < out->cpu_quota))
        out->cpu_quota = processors;
}

static void read_group_v2(struct machine *out, const char *root, const char *path)
{
    char text[64];
    char *period;
    if (probe_line(text, sizeof(text), root, "/sys/fs/cgroup%s/cpu.max", path) && text[0] != 'm') {
        double quota = strtod(text, &period);
        take_quota(out, quota, strtod(period, NULL));
    }
    if (probe_line(text, sizeof(text), root, "/sys/fs/cgroup%s/memory.max", path))
        take_minimum(&out->cgroup_memory_bytes, probe_number(text));
}

static void read_group_cpu(struct machine *out, const char *root, const char *path)
{
    char quota[64], period[64];
    if (probe_line(quota, sizeof(quota), root, "/sys/fs/cgroup/cpu%s/cpu.cfs_quota_us", path) &&
        probe_line(period, sizeof(period), root, "/sys/fs/cgroup/cpu%s/cpu.cfs_period_us", path))
        take_quota(out, strtod(quota, NULL), strtod(period, NULL));
}

static void read_group_memory(struct machine *out, const char *root, const char *path)
{
    char text[64];
    if (probe_line(text, sizeof(text), root, "/sys/fs/cgroup/memory%s/memory.limit_in_bytes", path))
        take_minimum(&out->cgroup_memory_bytes, probe_number(text));
}

// A limit anywhere between the group and the top counts: reads every ancestor, the top last.
static void read_upwards(struct machine *out, const char *root, char *path,
                         void (*read)(struct machine *, const char *, const char *))
{
    for (;;) {
        read(out, root, strcmp(path, "/") == 0 ? "" : path);
        char *slash = strrchr(path, '/');
        if (!slash || !path[0] || strcmp(path, "/") == 0)
            return;
        *slash = '\0';
    }
}

static void read_affinity(struct machine *out, const char *root)
{
    cpu_set_t allowed;
    if (root[0] == '\0' && sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
        out->cpuset_count = CPU_COUNT(&allowed);
}

void probe_limits(struct machine *out, const char *root)
{
    struct strbuf cgroups = STRBUF_INIT;
    char file[PATH_MAX], path[PATH_MAX];
    if (snprintf(file, sizeof(file), "%s/proc/self/cgroup", root) >= (int)sizeof(file) ||
        file_read(&cgroups, file, 65536, NULL) != DLI_OK)
        strbuf_reset(&cgroups);
    const char *text = strbuf_text(&cgroups);
    read_hypervisor(out, root);
    read_container(out, root, text);
    if (find_group(path, sizeof(path), text, ""))
        read_upwards(out, root, path, read_group_v2);
    if (find_group(path, sizeof(path), text, "cpu"))
        read_upwards(out, root, path, read_group_cpu);
    if (find_group(path, sizeof(path), text, "memory"))
        read_upwards(out, root, path, read_group_memory);
    read_affinity(out, root);
    strbuf_release(&cgroups);
}

// A computer made of files: what is there is read, what is not stays unknown.
#include "check.h"

#include <jansson.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "machine/machine.h"

static char root[64];

static void put(const char *path, const char *text)
{
    struct dli_error err;
    char *full = xasprintf("%s%s", root, path);
    char *folder = xstrdup(full);
    *strrchr(folder, '/') = '\0';
    check_ok(file_make_folders(folder, &err));
    check_ok(file_write_atomic(full, text, strlen(text), &err));
    free(folder);
    free(full);
}

static int open_root(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/dli-machine-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int close_root(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", root, (char *)NULL);
        _exit(1);
    }
    return waitpid(child, NULL, 0) == child ? 0 : -1;
}

static void shop_computer(void **state)
{
    (void)state;
    struct machine m;
    put("/proc/cpuinfo", "processor\t: 0\nmodel name\t: Intel(R) Core(TM) i3-8100 CPU @ "
                         "3.60GHz\ncpu MHz\t\t: 3600.000\n"
                         "flags\t\t: fpu sse4_2 avx avx2 fma f16c\n\nprocessor\t: 1\n");
    put("/proc/stat",
        "cpu  1 2 3 4\ncpu0 1 2 3 4\ncpu1 1 2 3 4\ncpu2 1 2 3 4\ncpu3 1 2 3 4\nintr 5\n");
    put("/proc/meminfo", "MemTotal:        8048576 kB\nMemFree: 1 kB\nMemAvailable:    4048576 "
                         "kB\nSwapTotal:             0 kB\n");
    put("/proc/sys/kernel/hostname", "shop-door\n");
    put("/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
    put("/etc/os-release", "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
    put("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "800000\n");
    put("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
    put("/sys/class/thermal/thermal_zone0/temp", "47500\n");
    put("/sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
    put("/sys/bus/pci/devices/0000:00:02.0/class", "0x030000\n");
    put("/sys/bus/pci/devices/0000:00:02.0/vendor", "0x8086\n");
    put("/sys/bus/pci/devices/0000:00:02.0/device", "0x3e91\n");
    put("/sys/bus/pci/devices/0000:00:1f.0/class", "0x060100\n");
    put("/sys/bus/pci/devices/0000:00:1f.0/vendor", "0x8086\n");
    put("/sys/bus/pci/devices/0000:00:1f.0/device", "0xa303\n");
    put("/usr/share/misc/pci.ids",
        "# comment\n1002  AMD\n\t3e91  Not this one\n8086  Intel Corporation\n\t3e91  UHD Graphics "
        "630\n\t\t0001  Sub\nffff  Illegal\n");
    put("/sys/bus/usb/devices/1-1/idVendor", "03e7\n");
    put("/sys/bus/usb/devices/1-1/idProduct", "2485\n");
    put("/sys/bus/usb/devices/1-1/product", "Movidius MyriadX\n");
    machine_read(&m, root);
    assert_string_equal(m.cpu, "Intel(R) Core(TM) i3-8100 CPU @ 3.60GHz");
    assert_string_equal(m.host, "shop-door");
    assert_string_equal(m.os, "Debian GNU/Linux 12 (bookworm)");
    assert_int_equal(m.logical_count, 4);
    assert_string_equal(m.features, "sse4_2 avx avx2 fma f16c");
    assert_string_equal(m.governor, "powersave");
    assert_int_equal(m.is_turbo, 0);
    assert_true(m.memory_bytes == INT64_C(8048576) * 1024);
    assert_true(m.memory_free_bytes == INT64_C(4048576) * 1024);
    assert_int_equal(m.zone_count, 1);
    assert_true(m.zone[0].temperature_c == 47.5);
    assert_int_equal(m.device_count, 2); // the bridge is no device of ours
    assert_string_equal(m.device[0].kind, "gpu");
    assert_string_equal(m.device[0].id, "8086:3e91");
    assert_string_equal(m.device[0].name, "Intel Corporation UHD Graphics 630");
    assert_string_equal(m.device[1].kind, "accelerator");
    assert_string_equal(m.device[1].name, "Intel Movidius Movidius MyriadX");
}

static void nothing_is_known(void **state)
{
    (void)state;
    struct machine m;
    struct strbuf text = STRBUF_INIT;
    char empty[80];
    snprintf(empty, sizeof(empty), "%s/empty", root);
    machine_read(&m, empty);
    assert_int_equal(m.logical_count, -1);
    assert_true(m.memory_bytes == -1);
    assert_string_equal(m.governor, "");
    json_t *object = machine_to_json(&m);
    assert_true(json_is_null(json_object_get(object, "memory_bytes")));
    assert_true(json_is_null(json_object_get(object, "governor")));
    json_decref(object);
    machine_print(&text, &m);
    check_contains(strbuf_text(&text), "not available");
    strbuf_release(&text);
}

// Absurd files neither crash nor invent anything.
static void hostile_files(void **state)
{
    (void)state;
    struct machine m;
    put("/proc/meminfo", "MemTotal:  99999999999999999999999 kB\nMemAvailable: -5 kB\nSwapTotal:");
    put("/proc/cpuinfo", "model name");
    put("/proc/stat", "");
    put("/sys/bus/pci/devices/0000:00:02.0/vendor", "0x");
    put("/sys/class/thermal/thermal_zone0/temp", "hot\n");
    machine_read(&m, root);
    assert_true(m.memory_bytes == -1);
    assert_true(m.memory_free_bytes == -1);
    assert_int_equal(m.logical_count, -1);
    json_decref(machine_to_json(&m));
    json_decref(machine_row(&m));
}

static void this_machine(void **state)
{
    (void)state;
    struct machine m;
    machine_read(&m, NULL);
    assert_true(m.logical_count == sysconf(_SC_NPROCESSORS_ONLN));
    assert_true(m.memory_bytes > 0);
    assert_true(m.cpuset_count >= 1 && m.cpuset_count <= m.logical_count);
    json_t *row = machine_row(&m);
    assert_true(json_integer_value(json_object_get(row, "cpu_count")) >= 1);
    assert_true(json_integer_value(json_object_get(row, "memory_mib")) > 0);
    json_decref(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shop_computer), cmocka_unit_test(nothing_is_known),
        cmocka_unit_test(hostile_files), cmocka_unit_test(this_machine)};
    return cmocka_run_group_tests(tests, open_root, close_root);
}

// GPUs, NPUs and accelerators, from the tables of the PCI and USB buses in /sys.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/probe.h"

static const char *const pci_ids[] = {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids", NULL};

// PCI base classes: 03 display, 12 processing accelerator; 0b40 co-processor.
static const char *kind_of(int64_t class)
{
    int64_t base = class >> 16;
    if (base == 0x03)
        return "gpu";
    if (base == 0x12 || class >> 8 == 0x0b40)
        return "accelerator";
    return NULL;
}

// A vendor line begins in column 0, its devices with one tab: «10de  NVIDIA…» / «\t1eb8  TU104GL
// [Tesla T4]».
static void find_name(char *out, size_t out_bytes, const char *root, const char *vendor,
                      const char *device)
{
    char line[256];
    char path[160];
    FILE *file = NULL;
    bool is_vendor = false;
    for (int i = 0; pci_ids[i] && !file; i++) {
        snprintf(path, sizeof(path), "%s%s", root, pci_ids[i]);
        file = fopen(path, "re");
    }
    if (!file)
        return;
    while (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, vendor, 4) == 0 && line[4] == ' ') {
            is_vendor = true;
            snprintf(out, out_bytes, "%.60s", line + 6);
        } else if (is_vendor && line[0] == '\t' && line[1] != '\t' &&
                   strncmp(line + 1, device, 4) == 0) {
            size_t length = strlen(out);
            snprintf(out + length, out_bytes - length, " %.60s", line + 7);
            break;
        } else if (is_vendor && line[0] != '\t' && line[0] != '#') {
            break;
        }
    }
    fclose(file);
}

static void read_driver(char *out, size_t out_bytes, const char *root, const char *bus,
                        const char *address)
{
    char path[256];
    char target[256];
    snprintf(path, sizeof(path), "%s/sys/bus/%s/devices/%s/driver", root, bus, address);
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length <= 0)
        return;
    target[length] = '\0';
    const char *slash = strrchr(target, '/');
    snprintf(out, out_bytes, "%.*s", (int)out_bytes - 1, slash ? slash + 1 : target);
}

static struct machine_device *add_device(struct machine *out, const char *kind, const char *bus,
                                         const char *address)
{
    if (out->device_count == MACHINE_MAX_DEVICES)
        return NULL;
    struct machine_device *device = &out->device[out->device_count++];
    memset(device, 0, sizeof(*device));
    snprintf(device->kind, sizeof(device->kind), "%s", kind);
    snprintf(device->bus, sizeof(device->bus), "%s", bus);
    snprintf(device->address, sizeof(device->address), "%.31s", address);
    return device;
}

static void read_pci(struct machine *out, const char *root, const char *address)
{
    char class[16], vendor[16], id[16];
    bool is_read =
        probe_line(class, sizeof(class), root, "/sys/bus/pci/devices/%s/class", address) &&
        probe_line(vendor, sizeof(vendor), root, "/sys/bus/pci/devices/%s/vendor", address) &&
        probe_line(id, sizeof(id), root, "/sys/bus/pci/devices/%s/device", address);
    if (!is_read || strlen(vendor) < 6 || strlen(id) < 6)
        return;
    const char *kind = kind_of(strtol(class, NULL, 16));
    // Intel's NPUs and Google's Edge TPU show other classes than accelerators'.
    if (strncmp(vendor, "0x1ac1", 6) == 0)
        kind = "accelerator";
    struct machine_device *device = kind ? add_device(out, kind, "pci", address) : NULL;
    if (!device)
        return;
    snprintf(device->id, sizeof(device->id), "%.4s:%.4s", vendor + 2, id + 2);
    find_name(device->name, sizeof(device->name), root, vendor + 2, id + 2);
    read_driver(device->driver, sizeof(device->driver), root, "pci", address);
    if (strcmp(device->driver, "intel_vpu") == 0)
        snprintf(device->kind, sizeof(device->kind), "npu");
}

// USB has no class for accelerators: those that inference frameworks drive are known by vendor.
static void read_usb(struct machine *out, const char *root, const char *address)
{
    static const struct {
        const char *vendor;
        const char *name;
    } known[] = {{"03e7", "Intel Movidius"}, {"1a6e", "Google Coral"}, {"18d1", "Google Coral"}};
    char vendor[16], product[16], name[64];
    if (!probe_line(vendor, sizeof(vendor), root, "/sys/bus/usb/devices/%s/idVendor", address) ||
        !probe_line(product, sizeof(product), root, "/sys/bus/usb/devices/%s/idProduct", address))
        return;
    bool is_coral = strcmp(vendor, "18d1") == 0 && strcmp(product, "9302") == 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(vendor, known[i].vendor) != 0 || (strcmp(vendor, "18d1") == 0 && !is_coral))
            continue;
        struct machine_device *device = add_device(out, "accelerator", "usb", address);
        if (!device)
            return;
        snprintf(device->id, sizeof(device->id), "%.4s:%.4s", vendor, product);
        bool is_named =
            probe_line(name, sizeof(name), root, "/sys/bus/usb/devices/%s/product", address) &&
            *name;
        snprintf(device->name, sizeof(device->name), "%s%s%s", known[i].name, is_named ? " " : "",
                 is_named ? name : "");
    }
}

static void each_entry(struct machine *out, const char *root, const char *folder,
                       void (*read)(struct machine *out, const char *root, const char *address))
{
    struct dirent **entry = NULL;
    char path[256];
    snprintf(path, sizeof(path), "%s%s", root, folder);
    int count = scandir(path, &entry, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (entry[i]->d_name[0] != '.' && strlen(entry[i]->d_name) < 32)
            read(out, root, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
}

void probe_devices(struct machine *out, const char *root)
{
    each_entry(out, root, "/sys/bus/pci/devices", read_pci);
    each_entry(out, root, "/sys/bus/usb/devices", read_usb);
}

#include "machine/noise.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define MAX_PROCESSORS 1024
#define MAX_FREQUENCY_READS 16 // one read can cost an interrupt on another processor
#define MAX_ZONES 16
#define TICKS_OF_DOUBT 2

static const char *root_of(const struct noise *noise)
{
    return noise->root ? noise->root : "";
}

// Reads the beginning of a file without stdio's allocation; false when there is none.
static bool read_start(char *out, size_t out_bytes, const char *root, const char *path)
{
    char full[PATH_MAX];
    if (snprintf(full, sizeof(full), "%s%s", root, path) >= (int)sizeof(full))
        return false;
    int fd = open(full, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t bytes = read(fd, out, out_bytes - 1);
    close(fd);
    out[bytes > 0 ? bytes : 0] = '\0';
    return bytes > 0;
}

static bool read_number(int64_t *out, const char *root, const char *path)
{
    char text[64];
    char *end;
    if (!read_start(text, sizeof(text), root, path))
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || errno)
        return false;
    *out = value;
    return true;
}

// The line «cpu  user nice system idle iowait irq softirq steal guest guest_nice»; guest is in
// user.
static void read_ticks(struct noise_reading *out, const char *root)
{
    char text[512];
    int64_t user, nice, system, idle, iowait, irq, softirq, steal = 0;
    out->busy_ticks = out->steal_ticks = -1;
    if (!read_start(text, sizeof(text), root, "/proc/stat"))
        return;
    int fields = sscanf(text,
                        "cpu %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64 " %" SCNd64
                        " %" SCNd64 " %" SCNd64,
                        &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal);
    if (fields < 7)
        return;
    out->busy_ticks = user + nice + system + irq + softirq;
    out->steal_ticks = fields >= 8 ? steal : -1;
}

static void read_usage(struct noise_reading *out)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    out->own_cpu_ns = ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
                      ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * NS_PER_US;
    out->involuntary_switches = usage.ru_nivcsw;
    out->major_faults = usage.ru_majflt;
    out->minor_faults = usage.ru_minflt;
}

static void read_pressure(struct noise_reading *out, const char *root)
{
    char text[256];
    out->pressure_us = -1;
    if (!read_start(text, sizeof(text), root, "/proc/pressure/cpu"))
        return;
    const char *total = strstr(text, "total=");
    if (total)
        out->pressure_us = strtoll(total + strlen("total="), NULL, 10);
}

// Frequency of the fastest processor that this process may use: the one that did the work.
static double read_cpufreq(const char *root)
{
    double best = NAN;
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    bool is_limited = sched_getaffinity(0, sizeof(allowed), &allowed) == 0;
    int reads = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE && reads < MAX_FREQUENCY_READS; cpu++) {
        char path[96];
        int64_t khz;
        if (is_limited && !CPU_ISSET(cpu, &allowed))
            continue;
        reads++;
        snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", cpu);
        if (!read_number(&khz, root, path))
            continue;
        double mhz = (double)khz / 1000.0;
        best = isnan(best) || mhz > best ? mhz : best;
    }
    return best;
}

// «cpu MHz : 2400.000» of /proc/cpuinfo, the first page of it.
static double read_cpuinfo_mhz(const char *root)
{
    char text[4096];
    double best = NAN;
    if (!read_start(text, sizeof(text), root, "/proc/cpuinfo"))
        return NAN;
    for (const char *at = strstr(text, "cpu MHz"); at; at = strstr(at + 1, "cpu MHz")) {
        const char *colon = strchr(at, ':');
        double mhz = colon ? strtod(colon + 1, NULL) : 0;
        if (mhz > 0 && (isnan(best) || mhz > best))
            best = mhz;
    }
    return best;
}

static int64_t read_throttle(const char *root, int processor_count)
{
    static const char *const counters[] = {"core_throttle_count", "package_throttle_count"};
    int64_t sum = -1;
    for (int cpu = 0; cpu < processor_count && cpu < MAX_PROCESSORS; cpu++) {
        for (int i = 0; i < 2; i++) {
            char path[112];
            int64_t count;
            snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/thermal_throttle/%s", cpu,
                     counters[i]);
            if (!read_number(&count, root, path))
                return sum;
            sum = (sum < 0 ? 0 : sum) + count;
        }
    }
    return sum;
}

static double read_temperature(const char *root)
{
    double hottest = NAN;
    for (int zone = 0; zone < MAX_ZONES; zone++) {
        char path[64];
        int64_t milli;
        snprintf(path, sizeof(path), "/sys/class/thermal/thermal_zone%d/temp", zone);
        if (!read_number(&milli, root, path))
            break;
        double celsius = (double)milli / 1000.0;
        hottest = isnan(hottest) || celsius > hottest ? celsius : hottest;
    }
    return hottest;
}

static void read_all(struct noise_reading *out, const struct noise *noise)
{
    const char *root = root_of(noise);
    out->frequency_mhz = read_cpufreq(root);
    if (isnan(out->frequency_mhz))
        out->frequency_mhz = read_cpuinfo_mhz(root);
    out->throttle_count = read_throttle(root, noise->processor_count);
    out->temperature_c = read_temperature(root);
    read_pressure(out, root);
    // What is compared with each other is read last and together.
    read_usage(out);
    read_ticks(out, root);
    out->time_ns = clock_now_ns();
}

// Lines «cpuN» of /proc/stat: the processors that its sums are over.
static int count_processors(const char *root)
{
    char path[PATH_MAX];
    char line[4096];
    int count = 0;
    if (snprintf(path, sizeof(path), "%s/proc/stat", root) >= (int)sizeof(path))
        return 1;
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file) && strncmp(line, "cpu", 3) == 0)
        count += line[3] >= '0' && line[3] <= '9';
    if (file)
        fclose(file);
    return count > 0 ? count : 1;
}

static int count_threads(const char *root)
{
    char text[4096];
    if (!read_start(text, sizeof(text), root, "/proc/self/status"))
        return 1;
    const char *at = strstr(text, "\nThreads:");
    long count = at ? strtol(at + strlen("\nThreads:"), NULL, 10) : 1;
    return count > 0 && count < INT_MAX ? (int)count : 1;
}

void noise_begin(struct noise *noise)
{
    noise->processor_count = count_processors(root_of(noise));
    noise->thread_count = 1;
    noise->ticks_per_s = sysconf(_SC_CLK_TCK);
    if (noise->ticks_per_s <= 0)
        noise->ticks_per_s = 100;
    read_all(&noise->begin, noise);
}

void noise_end(struct noise *noise)
{
    read_all(&noise->end, noise);
    noise->thread_count = count_threads(root_of(noise));
}

static void add_finding(struct noise_result *out, enum noise_severity severity, const char *format,
                        ...) DLI_PRINTF(3, 4);

static void add_finding(struct noise_result *out, enum noise_severity severity, const char *format,
                        ...)
{
    if (severity == NOISE_QUIET || out->finding_count == NOISE_MAX_FINDINGS)
        return;
    struct noise_finding *finding = &out->finding[out->finding_count++];
    va_list args;
    va_start(args, format);
    vsnprintf(finding->text, sizeof(finding->text), format, args);
    va_end(args);
    finding->severity = severity;
    out->severity = severity > out->severity ? severity : out->severity;
}

static enum noise_severity grade(double value, double noisy, double invalid)
{
    return value > invalid ? NOISE_INVALID : value > noisy ? NOISE_NOISY : NOISE_QUIET;
}

static int64_t difference(int64_t end, int64_t begin)
{
    return begin < 0 || end < 0 ? -1 : end > begin ? end - begin : 0;
}

static void evaluate_load(struct noise_result *out, const struct noise *noise, double seconds)
{
    double ticks = seconds * (double)noise->ticks_per_s * noise->processor_count;
    double doubt = TICKS_OF_DOUBT / ticks;
    int64_t steal = difference(noise->end.steal_ticks, noise->begin.steal_ticks);
    int64_t busy = difference(noise->end.busy_ticks, noise->begin.busy_ticks);
    double own = (double)(noise->end.own_cpu_ns - noise->begin.own_cpu_ns) / 1e9 *
                 (double)noise->ticks_per_s;
    out->steal_frac = steal < 0 ? NAN : (double)steal / ticks;
    out->other_load_frac = busy < 0 ? NAN : fmin(1, fmax(0, ((double)busy - own) / ticks));
    if (steal > 0)
        add_finding(out, grade(out->steal_frac, 0.01 + doubt, 0.10 + doubt),
                    "the hypervisor took %.1f %% of the processors' time", out->steal_frac * 100);
    if (busy > 0)
        add_finding(out, grade(out->other_load_frac, 0.05 + doubt, 0.50 + doubt),
                    "other processes used %.1f %% of the processors' time",
                    out->other_load_frac * 100);
}

static void evaluate_frequency(struct noise_result *out, const struct noise *noise)
{
    double begin = noise->begin.frequency_mhz, end = noise->end.frequency_mhz;
    out->frequency_mhz = isnan(begin) ? end : isnan(end) ? begin : (begin + end) / 2;
    out->frequency_change_frac = begin > 0 ? end / begin - 1 : NAN;
    if (!isnan(out->frequency_change_frac))
        add_finding(out, grade(-out->frequency_change_frac, 0.05, 0.30),
                    "the processor's frequency fell from %.0f to %.0f MHz", begin, end);
    out->throttle_count = difference(noise->end.throttle_count, noise->begin.throttle_count);
    if (out->throttle_count > 0)
        add_finding(out, NOISE_NOISY, "the processor was throttled for heat %" PRId64 " times",
                    out->throttle_count);
    out->temperature_c = noise->end.temperature_c;
}

static void evaluate_process(struct noise_result *out, const struct noise *noise, double seconds)
{
    const struct noise_reading *begin = &noise->begin, *end = &noise->end;
    out->involuntary_switches = difference(end->involuntary_switches, begin->involuntary_switches);
    out->major_faults = difference(end->major_faults, begin->major_faults);
    out->minor_faults = difference(end->minor_faults, begin->minor_faults);
    double switch_rate = (double)out->involuntary_switches / seconds / noise->thread_count;
    // A handful says nothing in a short region.
    if (out->involuntary_switches >= 20)
        add_finding(out, grade(switch_rate, 100, INFINITY),
                    "threads were displaced %.0f times per second and thread", switch_rate);
    if (out->major_faults >= 5)
        add_finding(out, grade((double)out->major_faults / seconds, 1, INFINITY),
                    "%" PRId64 " pages were read from disk while measuring", out->major_faults);
}

void noise_evaluate(struct noise_result *out, const struct noise *noise)
{
    *out = (struct noise_result){.severity = NOISE_QUIET};
    double seconds = fmax((double)(noise->end.time_ns - noise->begin.time_ns) / 1e9, 1e-9);
    int64_t pressure = difference(noise->end.pressure_us, noise->begin.pressure_us);
    out->pressure_frac = pressure < 0 ? NAN : (double)pressure / 1e6 / seconds;
    evaluate_load(out, noise, seconds);
    evaluate_frequency(out, noise);
    evaluate_process(out, noise, seconds);
}

const char *noise_severity_name(enum noise_severity severity)
{
    static const char *const names[] = {"valid", "noisy", "invalid"};
    return names[severity];
}

void noise_watch_idle(struct noise_result *out, const char *root, int64_t duration_ns)
{
    struct noise noise = {.root = root};
    struct timespec duration = {.tv_sec = (time_t)(duration_ns / NS_PER_S),
                                .tv_nsec = (long)(duration_ns % NS_PER_S)};
    noise_begin(&noise);
    while (nanosleep(&duration, &duration) != 0 && errno == EINTR)
        continue;
    noise_end(&noise);
    noise.begin.frequency_mhz = noise.end.frequency_mhz; // an idle processor may slow down
    noise_evaluate(out, &noise);
}

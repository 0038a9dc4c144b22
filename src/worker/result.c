#include "worker/result.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

json_t *result_describe(const struct dli_tensor_desc *desc, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_t *entry = json_object();
        json_t *dim = json_array();
        for (int k = 0; k < desc[i].rank; k++)
            json_array_append_new(dim, json_integer(desc[i].dim[k]));
        json_put_string(entry, "name", desc[i].name);
        json_put_string(entry, "type", dli_type_name(desc[i].type));
        json_object_set_new(entry, "dim", dim);
        json_array_append_new(list, entry);
    }
    return list;
}

static void put_setting(const char *key, const char *value, void *data)
{
    json_put_string(data, key, value);
}

void result_send_settings(struct session *s)
{
    json_t *fields = json_object();
    json_t *effective = json_object();
    if (s->backend->effective)
        s->backend->effective(&s->context[0].context, put_setting, effective);
    json_object_set_new(fields, "effective", effective);
    records_send(s->records, "settings", fields);
}

// After the measurement, because asking a framework for its devices may load every plugin that it has.
static void send_framework(struct session *s)
{
    struct dli_probe *probe = xcalloc(1, sizeof(*probe));
    json_t *fields = json_object();
    const char *device = s->model->device ? s->model->device : "CPU";
    bool is_known = s->backend->probe(probe, NULL) == DLI_OK;
    json_put_string(fields, "framework", s->backend->name);
    json_put_string(fields, "framework_version", is_known ? probe->version : NULL);
    json_put_string(fields, "device", device);
    json_put_string(fields, "parallelism", parallelism_name(s->parallelism));
    for (int i = 0; is_known && i < probe->device_count; i++)
        if (strcmp(probe->device[i].id, device) == 0)
            json_put_string(fields, "device_name", probe->device[i].name);
    records_send(s->records, "framework", fields);
    free(probe);
}

static void put_ms(json_t *row, const char *key, double ns)
{
    json_put_double(row, key, ns / 1e6);
}

static void put_latency(json_t *row, const struct measure_result *m)
{
    static const struct {
        const char *key;
        double quantile;
    } columns[] = {{"p50_ms", 0.5},   {"p90_ms", 0.9},     {"p95_ms", 0.95},
                   {"p99_ms", 0.99},  {"p99_9_ms", 0.999}, {"p99_99_ms", 0.9999}};
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        put_ms(row, columns[i].key, (double)histogram_quantile(&m->latency, columns[i].quantile));
    put_ms(row, "mean_ms", histogram_mean(&m->latency));
    put_ms(row, "sd_ms", histogram_sd(&m->latency));
    put_ms(row, "min_ms", (double)m->latency.min_ns);
    put_ms(row, "max_ms", (double)m->latency.max_ns);
}

// The published definitions: requirements of the original design, kept under their names.
static void put_published(json_t *row, const struct session *s, const struct measure_result *m)
{
    double batch = s->model->batch;
    bool is_async = s->test.mode == TEST_ASYNC;
    json_put_int(row, "iterations", m->iterations);
    put_ms(row, "latency_ms", m->median_ns.value);
    put_ms(row, "latency_low_ms", m->median_ns.low);
    put_ms(row, "latency_high_ms", m->median_ns.high);
    // Sync: the total time of all batches is the sum of their latencies, without the harness between them.
    put_ms(row, "average_time_ms", is_async ? m->average_ns : histogram_mean(&m->latency));
    json_put_double(row, "fps", is_async ? batch * m->throughput_hz : batch * 1e9 / m->median_ns.value);
    json_put_double(row, "fps_low", is_async ? batch * m->rate_hz.low : batch * 1e9 / m->median_ns.high);
    json_put_double(row, "fps_high", is_async ? batch * m->rate_hz.high : batch * 1e9 / m->median_ns.low);
    json_put_double(row, "throughput_fps", batch * m->throughput_hz);
    json_put_double(row, "precision_reached_frac", m->precision_frac);
    json_put_double(row, "effective_samples", m->effective_samples);
    json_put_string(row, "stop_reason", measure_stop_name(m->stop));
}

static void put_start(json_t *row, const struct session *s)
{
    put_ms(row, "framework_load_ms", (double)s->framework_load_ns);
    put_ms(row, "model_read_ms", (double)s->model_read_ns);
    put_ms(row, "compile_ms", (double)s->compile_ns);
    put_ms(row, "first_inference_ms", (double)s->first_inference_ns);
    put_ms(row, "start_to_first_inference_ms", (double)s->start_to_first_ns);
}

static void put_phases(json_t *row, const struct session *s, const struct measure_result *m)
{
    if (s->test.timing == TEST_APPLICATION && m->infer.count > 0) {
        double all = (double)(m->phase_sum_ns[0] + m->phase_sum_ns[1] + m->phase_sum_ns[2]);
        put_ms(row, "copy_in_ms", (double)histogram_quantile(&m->copy_in, 0.5));
        put_ms(row, "infer_ms", (double)histogram_quantile(&m->infer, 0.5));
        put_ms(row, "copy_out_ms", (double)histogram_quantile(&m->copy_out, 0.5));
        json_put_double(row, "copy_share_frac", (double)(m->phase_sum_ns[0] + m->phase_sum_ns[2]) / all);
    }
    json_put_int(row, "warmup_iterations", m->warmup_iterations);
    put_ms(row, "warmup_ms", (double)m->warmup_ns);
    put_ms(row, "measured_ms", (double)m->total_ns);
}

static void put_resources(json_t *row, const struct session *s, const struct measure_result *m)
{
    struct rusage usage;
    double cpu_ns = (double)(s->cpu_end_ns - s->cpu_start_ns);
    getrusage(RUSAGE_SELF, &usage);
    json_put_double(row, "peak_memory_mib", (double)usage.ru_maxrss / 1024);
    json_put_double(row, "cpu_time_s", cpu_ns / 1e9);
    json_put_double(row, "cpu_utilisation_frac", cpu_ns / (double)m->total_ns / (double)sysconf(_SC_NPROCESSORS_ONLN));
}

static void add_reason(struct strbuf *reasons, const char *text)
{
    strbuf_addf(reasons, "%s%s", reasons->length ? "; " : "", text);
}

// Noisy: the figure stands, but something moved while it was taken. Invalid: it does not stand.
static void put_verdict(json_t *row, const struct session *s, const struct measure_result *m)
{
    struct noise_result noise;
    struct strbuf reasons = STRBUF_INIT;
    noise_evaluate(&noise, &s->noise);
    enum noise_severity severity = noise.severity;
    for (int i = 0; i < noise.finding_count; i++)
        add_reason(&reasons, noise.finding[i].text);
    for (int i = 0; i < m->findings.count; i++)
        add_reason(&reasons, m->findings.item[i].text);
    if (m->findings.count && severity == NOISE_QUIET)
        severity = NOISE_NOISY;
    double wanted = s->test.measure.precision_frac;
    bool is_fixed = m->stop == MEASURE_STOP_FIXED || m->stop == MEASURE_STOP_PRECISION;
    if (!is_fixed && !(m->precision_frac <= wanted)) {
        char text[112];
        snprintf(text, sizeof(text), "the interval is ±%.1f %% instead of ±%.1f %%: give it more time (--max-time)",
                 100 * m->precision_frac, 100 * wanted);
        add_reason(&reasons, isfinite(m->precision_frac) ? text : "too few samples for an interval");
        severity = severity == NOISE_QUIET ? NOISE_NOISY : severity;
    }
    json_put_string(row, "verdict", noise_severity_name(severity));
    json_put_string(row, "verdict_reasons", strbuf_text(&reasons));
    json_put_double(row, "steal_frac", noise.steal_frac);
    json_put_double(row, "other_load_frac", noise.other_load_frac);
    json_put_int(row, "involuntary_switches", noise.involuntary_switches);
    json_put_double(row, "frequency_mhz", noise.frequency_mhz);
    json_put_int(row, "clock_cost_ns", clock_read_cost_ns());
    strbuf_release(&reasons);
}

static void add_base64(struct strbuf *out, const unsigned char *data, size_t bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes; i += 3) {
        size_t left = bytes - i;
        unsigned group = (unsigned)data[i] << 16 | (left > 1 ? (unsigned)data[i + 1] << 8 : 0) | (left > 2 ? data[i + 2] : 0);
        strbuf_addc(out, digits[group >> 18]);
        strbuf_addc(out, digits[group >> 12 & 63]);
        strbuf_addc(out, left > 1 ? digits[group >> 6 & 63] : '=');
        strbuf_addc(out, left > 2 ? digits[group & 63] : '=');
    }
}

static json_t *encode_histogram(const struct histogram *h)
{
    struct strbuf plain = STRBUF_INIT, text = STRBUF_INIT;
    json_t *object = json_object();
    histogram_encode(&plain, h);
    size_t limit = ZSTD_compressBound(plain.length);
    unsigned char *packed = xmalloc(limit);
    size_t bytes = ZSTD_compress(packed, limit, plain.text, plain.length, 3);
    if (!ZSTD_isError(bytes))
        add_base64(&text, packed, bytes);
    json_put_string(object, "unit", "ns");
    json_put_int(object, "significant_digits", 3);
    json_put_int(object, "count", (int64_t)h->count);
    json_put_string(object, "data", strbuf_text(&text));
    free(packed);
    strbuf_release(&plain);
    strbuf_release(&text);
    return object;
}

static json_t *encode_slices(const struct measure_result *m)
{
    json_t *list = json_array();
    for (int i = 0; i < m->slice_count; i++) {
        const struct measure_slice *slice = &m->slice[i];
        json_t *entry = json_object();
        put_ms(entry, "start_ms", (double)slice->start_ns);
        put_ms(entry, "duration_ms", (double)slice->duration_ns);
        json_put_double(entry, "count", slice->count);
        put_ms(entry, "mean_ms", slice->mean_ns);
        json_array_append_new(list, entry);
    }
    return list;
}

// Samples go to DLI_SAMPLES_FOLDER/<id>-<repeat>.csv: end and latency in ns.
static int write_samples(struct session *s, const struct measure_result *m, struct dli_error *err)
{
    const char *folder = getenv("DLI_SAMPLES_FOLDER");
    char *path = xasprintf("%s/%s-%d.csv", folder ? folder : ".", s->test.id, s->test.repeat);
    struct strbuf text = STRBUF_INIT;
    strbuf_adds(&text, "end_ns,latency_ns\n");
    for (int64_t i = 0; i < m->sample_count; i++)
        strbuf_addf(&text, "%lld,%lld\n", (long long)m->sample[i].end_ns, (long long)m->sample[i].latency_ns);
    int result = file_write_atomic(path, text.text, text.length, err);
    json_t *fields = json_object();
    json_put_string(fields, "path", path);
    json_put_int(fields, "sample_count", m->sample_count);
    json_put_int(fields, "bytes", (int64_t)text.length);
    if (result == DLI_OK)
        records_send(s->records, "samples", fields);
    else
        json_decref(fields);
    strbuf_release(&text);
    free(path);
    return result;
}

json_t *result_row(const struct session *s, const struct measure_result *m)
{
    json_t *row = json_object();
    put_published(row, s, m);
    put_latency(row, m);
    put_phases(row, s, m);
    if (s->backend)
        put_start(row, s);
    put_resources(row, s, m);
    put_verdict(row, s, m);
    json_put_int(row, "requests", s->request_count);
    return row;
}

int result_measure(struct session *s, struct dli_error *err)
{
    struct measure_result *m = xcalloc(1, sizeof(*m));
    records_begin(s->records, "measure");
    int result = measure_run(s->measure, m, err);
    if (result == DLI_OK) {
        json_t *fields = json_object();
        records_end(s->records);
        json_object_set_new(fields, "row", result_row(s, m));
        json_object_set_new(fields, "histogram", encode_histogram(&m->latency));
        json_object_set_new(fields, "slices", encode_slices(m));
        records_send(s->records, "result", fields);
        send_framework(s);
    }
    if (result == DLI_OK && s->test.measure.keep_samples)
        result = write_samples(s, m, err);
    measure_result_release(m);
    free(m);
    return result;
}

#include "report/columns.h"

#include <string.h>

#define TEXT COLUMN_TEXT
#define INTEGER COLUMN_INTEGER
#define REAL COLUMN_REAL
#define BOOLEAN COLUMN_BOOLEAN

// clang-format off
static const struct column columns[] = {
    {"status", "Status", "", TEXT, "outcome", 1, "ok: measured; failed: the framework reported an error; unsupported: the framework cannot do it; unavailable: framework or device is not on this machine; mismatch: the outputs are wrong, so the speed is void; timeout: the time limit was reached; crashed: the worker died."},
    {"error_code", "Error code", "", TEXT, "outcome", 0, "Kind of error: ARG, NOMEM, IO, PARSE, NOTFOUND, UNSUPPORTED, UNAVAILABLE, RUNTIME, TIMEOUT, CRASHED, MISMATCH or PROTOCOL."},
    {"error", "Error", "", TEXT, "outcome", 0, "Why there is no valid measurement, in words."},
    {"failed_phase", "Failed in", "", TEXT, "outcome", 0, "The phase of the worker in which the error came up, such as compile or measure."},

    {"test_id", "Test", "", TEXT, "test", 0, "Hash of the test's configuration and model: the same test has the same id on every machine."},
    {"repeat", "Repeat", "", INTEGER, "test", 0, "Number of the repetition of the same test, from 0."},
    {"model", "Model", "", TEXT, "test", 1, "The model as it was named."},
    {"model_format", "Format", "", TEXT, "test", 0, "Format of the model file that the framework read."},
    {"model_sha256", "Model hash", "", TEXT, "test", 0, "SHA-256 of the model file."},
    {"parameters", "Parameters", "", INTEGER, "test", 0, "Trainable parameters of the model."},
    {"macs", "MACs", "", INTEGER, "test", 0, "Multiply-adds of one batch."},
    {"approximate", "Approximate", "", BOOLEAN, "test", 0, "True for the zoo's stand-in of an unpublished topology: the cost is like the original's, the operators are not the same."},
    {"input_shapes", "Input shapes", "", TEXT, "test", 0, "Shape of every input as it was run."},
    {"framework", "Framework", "", TEXT, "test", 1, "The inference library."},
    {"framework_version", "Version", "", TEXT, "test", 0, "Version that the framework reports of itself."},
    {"device", "Device", "", TEXT, "test", 1, "The device as the framework names it."},
    {"device_name", "Device name", "", TEXT, "test", 0, "Full name of the device."},
    {"precision", "Precision", "", TEXT, "test", 1, "Number format that the inference was asked to use."},
    {"mode", "Mode", "", TEXT, "test", 1, "sync: the next request is issued when the last is done; async: a number of requests is kept in flight."},
    {"host", "Host", "", TEXT, "test", 0, "native: a C loop over the framework's C API; python: its Python API with NumPy arrays, called by the same core and stamped by the same clock."},
    {"timing", "Timing", "", TEXT, "test", 0, "application: copying in, inference and copying out are timed, as an application sees them; inference: inputs stay bound and the inference alone is timed."},
    {"batch", "Batch", "", INTEGER, "test", 1, "Samples in one request."},
    {"threads", "Threads", "", INTEGER, "test", 1, "Threads inside one inference; 0: the framework chose."},
    {"streams", "Streams", "", INTEGER, "test", 1, "Parallel streams; 0: the framework chose."},
    {"requests", "Requests", "", INTEGER, "test", 1, "Requests kept in flight; 0: as many as fill the streams."},
    {"parallelism", "Parallelism", "", TEXT, "test", 0, "How requests ran side by side: single, native-async (the framework's own), concurrent-submit (threads of DLI on one context) or contexts (one context per thread of DLI)."},
    {"hint", "Hint", "", TEXT, "test", 0, "Performance hint given to the framework."},
    {"pin", "Pinned", "", BOOLEAN, "test", 0, "Whether threads were asked to be pinned to processors; empty: the framework chose."},
    {"options", "Options", "", TEXT, "test", 0, "Further options given to the framework."},
    {"effective_settings", "Effective settings", "", TEXT, "test", 0, "What the framework says that it uses."},
    {"inputs", "Inputs", "", TEXT, "test", 0, "Where the input data came from."},
    {"seed", "Seed", "", INTEGER, "test", 0, "Seed of random inputs."},

    {"iterations", "Iterations", "", INTEGER, "result", 0, "Batches measured; none is dropped."},
    {"latency_ms", "Latency", "ms", REAL, "result", 1, "Median time of one batch."},
    {"average_time_ms", "Average time", "ms", REAL, "result", 0, "Average time of a single pass: total time of all batches / iterations."},
    {"fps", "FPS", "1/s", REAL, "result", 1, "Samples per second. sync: batch / latency; async: batch x iterations / total time. Empty when the outputs are wrong."},

    {"latency_low_ms", "Latency low", "ms", REAL, "interval", 0, "Lower end of the confidence interval of the latency."},
    {"latency_high_ms", "Latency high", "ms", REAL, "interval", 0, "Upper end of the confidence interval of the latency."},
    {"fps_low", "FPS low", "1/s", REAL, "interval", 0, "Lower end of the confidence interval of FPS."},
    {"fps_high", "FPS high", "1/s", REAL, "interval", 0, "Upper end of the confidence interval of FPS."},
    {"precision_reached_frac", "Precision reached", "", REAL, "interval", 0, "Half width of the confidence interval / value: 0.01 is \302\2611 %."},
    {"stop_reason", "Stopped by", "", TEXT, "interval", 0, "Why the measurement ended: precision (as sure as asked for), time or iterations (a limit), fixed (so many were asked for)."},
    {"effective_samples", "Effective samples", "", REAL, "interval", 0, "Independent samples that the correlated series is worth."},

    {"mean_ms", "Mean", "ms", REAL, "latency", 0, "Mean time of one batch."},
    {"sd_ms", "SD", "ms", REAL, "latency", 0, "Standard deviation of the time of one batch."},
    {"min_ms", "Min", "ms", REAL, "latency", 0, "Shortest time of one batch."},
    {"p50_ms", "p50", "ms", REAL, "latency", 0, "50th percentile from the histogram of all batches."},
    {"p90_ms", "p90", "ms", REAL, "latency", 0, "90th percentile from the histogram of all batches."},
    {"p95_ms", "p95", "ms", REAL, "latency", 0, "95th percentile from the histogram of all batches."},
    {"p99_ms", "p99", "ms", REAL, "latency", 1, "99th percentile from the histogram of all batches."},
    {"p99_9_ms", "p99.9", "ms", REAL, "latency", 0, "99.9th percentile from the histogram of all batches."},
    {"p99_99_ms", "p99.99", "ms", REAL, "latency", 0, "99.99th percentile from the histogram of all batches."},
    {"max_ms", "Max", "ms", REAL, "latency", 0, "Longest time of one batch."},
    {"throughput_fps", "Throughput", "1/s", REAL, "latency", 0, "Batch x iterations / wall time of the measured window, in both modes."},

    {"copy_in_ms", "Copy in", "ms", REAL, "phases", 0, "Median time to hand the inputs from the application's memory to the framework."},
    {"infer_ms", "Infer", "ms", REAL, "phases", 0, "Median time of the inference alone."},
    {"copy_out_ms", "Copy out", "ms", REAL, "phases", 0, "Median time to bring the outputs to the application's memory."},
    {"copy_share_frac", "Copy share", "", REAL, "phases", 0, "Share of copying in the summed latency, 0 to 1."},

    {"process_start_ms", "Process start", "ms", REAL, "start", 0, "From starting the worker process to its first line of code."},
    {"framework_load_ms", "Framework load", "ms", REAL, "start", 0, "Loading the framework's libraries and finding the device."},
    {"model_read_ms", "Model read", "ms", REAL, "start", 0, "Reading the model file."},
    {"compile_ms", "Compile", "ms", REAL, "start", 0, "Compiling or optimising the model for the device."},
    {"first_inference_ms", "First inference", "ms", REAL, "start", 0, "The first inference after compiling."},
    {"start_to_first_inference_ms", "Start to first inference", "ms", REAL, "start", 0, "From starting the process to the end of the first inference."},
    {"warmup_iterations", "Warm-up iterations", "", INTEGER, "start", 0, "Iterations before the series became stationary; they are not measured."},
    {"warmup_ms", "Warm-up", "ms", REAL, "start", 0, "Time of the warm-up."},
    {"measured_ms", "Measured for", "ms", REAL, "start", 0, "Wall time of the measured window."},

    {"peak_memory_mib", "Peak memory", "MiB", REAL, "resources", 1, "Largest resident memory of the worker process."},
    {"cpu_time_s", "CPU time", "s", REAL, "resources", 0, "Processor time of the worker in the measured window."},
    {"cpu_utilisation_frac", "CPU use", "", REAL, "resources", 0, "Processor time / (wall time x logical processors) in the measured window, 0 to 1."},
    {"worker_cpu_time_s", "Worker CPU time", "s", REAL, "resources", 0, "Processor time of the whole worker process."},
    {"worker_wall_s", "Worker time", "s", REAL, "resources", 0, "Wall time of the whole worker process."},

    {"verdict", "Verdict", "", TEXT, "noise", 1, "valid: nothing disturbed the measurement beyond its limits; noisy: something did, so differences of a few percent mean nothing; invalid: do not use."},
    {"verdict_reasons", "Reasons", "", TEXT, "noise", 0, "What disturbed the measurement, in words."},
    {"steal_frac", "Stolen time", "", REAL, "noise", 0, "Share of processor time that the hypervisor gave to others, 0 to 1."},
    {"other_load_frac", "Others' load", "", REAL, "noise", 0, "Share of processor time that other processes used, 0 to 1."},
    {"involuntary_switches", "Involuntary switches", "", INTEGER, "noise", 0, "Times that the worker's threads were taken off a processor while they wanted it."},
    {"frequency_mhz", "Frequency", "MHz", REAL, "noise", 0, "Mean clock frequency of the processors while measuring."},
    {"clock_cost_ns", "Clock cost", "ns", REAL, "noise", 0, "Time of one clock read."},

    {"check", "Check", "", TEXT, "check", 0, "Outputs against the reference: agrees, disagrees, stored (this test became the reference) or none."},
    {"check_reference", "Reference", "", TEXT, "check", 0, "What the outputs were compared with."},
    {"max_abs_error", "Largest error", "", REAL, "check", 0, "Largest absolute difference from the reference."},
    {"max_rel_error", "Relative error", "", REAL, "check", 0, "Largest difference / the reference's largest magnitude."},
    {"tolerance_frac", "Tolerance", "", REAL, "check", 0, "Relative error up to which outputs agree."},

    {"machine", "Machine", "", TEXT, "machine", 0, "Name of the machine."},
    {"cpu", "CPU", "", TEXT, "machine", 0, "Model name of the processor."},
    {"cpu_count", "Processors", "", INTEGER, "machine", 0, "Logical processors that the worker may use."},
    {"memory_mib", "Memory", "MiB", REAL, "machine", 0, "Memory of the machine."},
    {"os", "OS", "", TEXT, "machine", 0, "Operating system."},
    {"kernel", "Kernel", "", TEXT, "machine", 0, "Release of the kernel."},
    {"governor", "Governor", "", TEXT, "machine", 0, "Policy that sets the clock frequency."},
    {"container", "Container", "", TEXT, "machine", 0, "Kind of container or virtual machine; empty for none."},
    {"started_at", "Started", "", TEXT, "machine", 0, "When the worker started, UTC, ISO 8601."},
    {"dli_version", "DLI", "", TEXT, "machine", 0, "Version of DLI."},
    {"dli_commit", "DLI commit", "", TEXT, "machine", 0, "Commit that DLI was built from."},
    {"build_type", "Build", "", TEXT, "machine", 0, "How DLI was built. Debug and sanitised builds are slower: do not publish their rows."},
};
// clang-format on

const struct column *report_columns(size_t *count)
{
    *count = sizeof(columns) / sizeof(columns[0]);
    return columns;
}

const struct column *report_find_column(const char *id)
{
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
        if (strcmp(columns[i].id, id) == 0)
            return &columns[i];
    return NULL;
}

const struct column *report_next_column(const struct column *last, const char *id)
{
    const struct column *end = columns + sizeof(columns) / sizeof(columns[0]);
    for (const struct column *column = last ? last + 1 : columns; column < end; column++)
        if (strcmp(column->id, id) == 0)
            return column;
    return report_find_column(id);
}

const char *column_type_name(enum column_type type)
{
    static const char *const names[] = {"text", "integer", "real", "boolean"};
    return names[type];
}

void report_write_column_docs(struct strbuf *out)
{
    const char *group = "";
    strbuf_adds(
        out, "# Columns of a row\n\n"
             "Made from src/report/columns.c by `dli report --columns`; do not edit.\n"
             "CSV and JSON lines hold them in this order. Empty (JSON: absent or null) means: not "
             "measured.\nReal numbers are written with up to 9 significant digits.\n");
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        const struct column *column = &columns[i];
        if (strcmp(group, column->group) != 0) {
            group = column->group;
            strbuf_addf(out, "\n## %c%s\n\n| column | type | unit | definition |\n",
                        group[0] - 'a' + 'A', group + 1);
            strbuf_adds(out, "| --- | --- | --- | --- |\n");
        }
        strbuf_addf(out, "| `%s` | %s | %s | %s |\n", column->id, column_type_name(column->type),
                    column->unit[0] ? column->unit : "–", column->help);
    }
}

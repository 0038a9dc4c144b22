// The 22-column table of the published Python tool: semicolons, every cell quoted, CRLF, its words
// for things.
#include <math.h>
#include <string.h>

#include "report/report.h"
#include "report/value.h"

static const char *const heads[] = {"Status",
                                    "Task type",
                                    "Topology name",
                                    "Dataset",
                                    "Framework",
                                    "Inference Framework",
                                    "Input blob sizes",
                                    "Precision",
                                    "Batch size",
                                    "Mode",
                                    "Parameters",
                                    "Infrastructure",
                                    "Average time of single pass (s)",
                                    "Latency",
                                    "FPS",
                                    "BATCH FPS",
                                    "Latency per token",
                                    "Median tokens num",
                                    "Average audio length",
                                    "Audio sampling rate (Hz)",
                                    "Latency per second",
                                    "Error type"};

static const struct {
    const char *ours, *theirs;
} words[] = {
    {"openvino", "OpenVINO DLDT"},
    {"onnxruntime", "ONNX Runtime"},
    {"tflite", "TensorFlowLite Cpp"},
    {"tensorflow", "TensorFlow"},
    {"pytorch", "PyTorch"},
    {"torch", "PyTorch"},
    {"caffe", "Caffe"},
    {"opencv", "OpenCV DNN Cpp"},
    {"ncnn", "ncnn"},
    {"paddle", "PaddlePaddle"},
    {"onnx", "ONNX"},
    {"sync", "Sync"},
    {"async", "Async"},
    {"timeout", "PROCESS_TIMEOUT"},
    {"crashed", "INFERENCE_SEGMENTATION_FAULT"},
    {"unavailable", "PROCESS_CREATE_ERROR"},
    {"failed", "INFERENCE_EXCEPTION"},
    {"ok", "NO_ERROR"},
};

// Their word for ours; ours when they have none.
static const char *their_word(const char *ours)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].ours, ours) == 0)
            return words[i].theirs;
    return ours;
}

static void add_cell(struct strbuf *out, const char *text)
{
    strbuf_adds(out, out->length && out->text[out->length - 1] == '"' ? ";\"" : "\"");
    if (*text && strchr("=+-@\t\r\n", *text))
        strbuf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '"')
            strbuf_addc(out, '"');
        strbuf_addc(out, *text);
    }
    strbuf_addc(out, '"');
}

static void add_number(struct strbuf *out, double number)
{
    struct strbuf text = STRBUF_INIT;
    if (isfinite(number))
        strbuf_addf(&text, "%.*g", REPORT_DIGITS, number);
    add_cell(out, strbuf_text(&text));
    strbuf_release(&text);
}

static void add_member(struct strbuf *out, const json_t *row, const char *id)
{
    struct strbuf text = STRBUF_INIT;
    value_add_text(&text, json_object_get(row, id));
    add_cell(out, strbuf_text(&text));
    strbuf_release(&text);
}

// "Key: value, Key: value" of what was set; a count of 0 means that the framework chose.
static void add_parameters(struct strbuf *out, const json_t *row)
{
    static const char *const keys[][2] = {{"device", "Device"},
                                          {"iterations", "Iteration count"},
                                          {"hint", "Hint"},
                                          {"threads", "Thread count"},
                                          {"streams", "Stream count"},
                                          {"requests", "Infer request count"}};
    struct strbuf text = STRBUF_INIT;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const json_t *value = json_object_get(row, keys[i][0]);
        bool is_unset = json_is_integer(value) && json_integer_value(value) == 0;
        if (!value || json_is_null(value) || is_unset)
            continue;
        strbuf_addf(&text, "%s%s: ", text.length ? ", " : "", keys[i][1]);
        value_add_text(&text, value);
    }
    add_cell(out, strbuf_text(&text));
    strbuf_release(&text);
}

static void add_infrastructure(struct strbuf *out, const json_t *row)
{
    struct strbuf text = STRBUF_INIT;
    double memory_mib = row_number(row, "memory_mib");
    strbuf_addf(&text, "CPU: %s, CPU family: , GPU: Undefined, RAM size: ", row_text(row, "cpu"));
    if (isfinite(memory_mib))
        strbuf_addf(&text, "%.0f kB", memory_mib * 1024);
    strbuf_addf(&text,
                ", OS family: Linux, OS version: %s %s, Python version: ", row_text(row, "os"),
                row_text(row, "kernel"));
    add_cell(out, strbuf_text(&text));
    strbuf_release(&text);
}

static void add_row(struct strbuf *out, const json_t *row)
{
    bool is_ok = strcmp(row_text(row, "status"), "ok") == 0;
    bool is_async = strcmp(row_text(row, "mode"), "async") == 0;
    double latency_s = is_ok ? row_number(row, "latency_ms") / 1000 : NAN;
    add_cell(out, is_ok ? "Success" : "Failed");
    add_cell(out, "N/A");
    add_member(out, row, "model");
    add_cell(out, "N/A");
    add_cell(out, their_word(row_text(row, "model_format")));
    add_cell(out, their_word(row_text(row, "framework")));
    add_member(out, row, "input_shapes");
    add_member(out, row, "precision");
    add_member(out, row, "batch");
    add_cell(out, their_word(row_text(row, "mode")));
    add_parameters(out, row);
    add_infrastructure(out, row);
    add_number(out, is_ok ? row_number(row, "average_time_ms") / 1000 : NAN);
    // Their asynchronous rows have no latency and say 0.
    add_number(out, is_ok && is_async ? 0 : latency_s);
    add_number(out, is_ok ? row_number(row, "fps") : NAN);
    add_number(out, is_ok && is_async ? 0 : 1 / latency_s);
    for (int i = 0; i < 5; i++)
        add_cell(out, is_ok ? "N/A" : "");
    const char *error = their_word(row_text(row, "status"));
    add_cell(out, error == row_text(row, "status") ? "INFERENCE_FAILURE" : error);
    strbuf_adds(out, "\r\n");
}

void report_write_dl22(const struct report *report, struct strbuf *out)
{
    size_t index;
    json_t *row;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        add_cell(out, heads[i]);
    strbuf_adds(out, "\r\n");
    json_array_foreach(report->rows, index, row)
    {
        add_row(out, row);
    }
}

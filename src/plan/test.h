/**
 * test.h - one test: what is measured, how, and within which limits.
 *
 * A test is plain data. The runner writes it to the journal and to the worker's standard input as
 * one JSON object (docs/formats.md), and a user can read, edit and replay that object. Strings and
 * lists are owned by the test; test_release frees them. Not thread-safe.
 */
#ifndef PLAN_TEST_H
#define PLAN_TEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include <dli/tensor.h>

#define TEST_SCHEMA 1
#define TEST_ID_SIZE 17 /**< 16 hexadecimal digits and the NUL */

enum test_mode { TEST_SYNC, TEST_ASYNC };              /**< "sync", "async" */
enum test_host { TEST_NATIVE, TEST_PYTHON };           /**< "native", "python" */
enum test_timing { TEST_APPLICATION, TEST_INFERENCE }; /**< "application", "inference" */
enum test_warmup { TEST_WARMUP_AUTO, TEST_WARMUP_FIXED, TEST_WARMUP_NONE };

/** `-o framework.key=value`: `key` keeps its prefix. */
struct test_option {
    char *key;
    char *value;
};

/** A shape asked for: `input` is a name, or NULL for the only input. */
struct test_shape {
    char *input;
    int rank;
    int64_t dim[DLI_MAX_RANK];
};

enum test_input_source { TEST_INPUT_RANDOM, TEST_INPUT_IMAGES, TEST_INPUT_FILE };

/** Where the data of one input come from; `input` NULL: every input without an entry of its own. */
struct test_input {
    char *input;
    enum test_input_source source; /**< "random", "images", "file" (.npy or raw .bin) */
    char *path;                    /**< of a file or folder; NULL for random */
    double low, high; /**< random: uniform in [low, high); both 0: rule of the model or type */
    double mean[4], scale[4]; /**< images: value = (pixel - mean[c]) / scale[c] */
    bool is_bgr;              /**< images: channel order blue, green, red */
    bool is_nhwc;             /**< images: layout NHWC; default NCHW */
};

/** A model and how it is run. */
struct test_model {
    char *model;             /**< as the user named it: "zoo:resnet-50", "model.onnx" */
    char *path;              /**< the file to load */
    char *weights_path;      /**< second file of a two-file format, or NULL */
    char *format;            /**< "onnx", "openvino", "tflite", "tensorflow", … */
    char *sha256;            /**< of the model file(s), hexadecimal */
    char *refusal;           /**< why the format cannot hold this model, so that there is no file; or NULL */
    int64_t parameter_count; /**< trainable parameters, -1 unknown */
    int64_t mac_count;       /**< multiply-adds of one batch, -1 unknown */
    bool is_approximate;     /**< the zoo's stand-in for an unpublished topology */

    char *framework;         /**< backend's name */
    char *module;            /**< path of the backend's module; NULL: search by name */
    char *device;            /**< NULL: "CPU" */
    enum dli_type precision; /**< DLI_F32 by default; DLI_TYPE_NONE: the framework decides */
    int batch;               /**< samples in one request, >= 1 */
    int threads;             /**< inside one inference; 0: the framework decides */
    int streams;             /**< parallel streams; 0: the framework decides */
    int requests;            /**< in flight; sync: 1; async 0: as many as fill the streams */
    char *hint;              /**< "latency", "throughput", "none"; NULL: the backend chooses */
    int pin_threads;         /**< 1, 0 or -1: the framework decides */

    int shape_count;
    struct test_shape *shape;
    int option_count;
    struct test_option *option;
    int input_count;
    struct test_input *input;

    char *reference_path;  /**< expected outputs; NULL: none kept */
    double tolerance_frac; /**< of the reference's largest magnitude; 0: by precision */
};

/** How long to measure. Fixed iterations or time switch the precision rule off. */
struct test_measure {
    double precision_frac;  /**< half-width of the interval / median (async: throughput); 0.01 */
    double confidence_frac; /**< 0.95 */
    int64_t min_time_ns;    /**< 0.5 s */
    int64_t max_time_ns;    /**< 20 s */
    int64_t min_iterations; /**< 20 */
    int64_t max_iterations; /**< 0: unlimited */
    int64_t iterations;     /**< > 0: exactly so many */
    int64_t time_ns;        /**< > 0: exactly so long */
    enum test_warmup warmup;
    int64_t warmup_iterations; /**< for TEST_WARMUP_FIXED */
    bool keep_samples;         /**< every latency goes into the journal's neighbour file */
};

struct test {
    char id[TEST_ID_SIZE]; /**< hash of everything below but paths; see test_make_id */
    int repeat;            /**< 0 … repeats-1: the same test measured again */
    enum test_host host;
    enum test_mode mode;
    enum test_timing timing;
    uint64_t seed; /**< of random inputs */
    struct test_measure measure;
    int64_t timeout_ns;   /**< for the whole worker; 0: none */
    int64_t memory_bytes; /**< address-space limit of the worker; 0: none */
    int model_count;      /**< >= 1 */
    struct test_model *model;
};

/** Defaults of every field; no models. */
void test_init(struct test *test);
void test_release(struct test *test);
/** Appends a zeroed-and-defaulted model and returns it; valid until the next call. */
struct test_model *test_add_model(struct test *test);
/** Deep copy into an uninitialised test. */
void test_copy(struct test *out, const struct test *from);

/**
 * Fills `test->id` from the SHA-256 of the canonical JSON without `id` and without file paths, so
 * that the same test has the same id on every machine.
 */
void test_make_id(struct test *test);

/** The JSON of docs/formats.md §1. New reference. */
json_t *test_to_json(const struct test *test);
/** Strict: unknown keys and values out of range are DLI_E_PARSE. `out` is initialised in any case.
 */
DLI_MUST_CHECK int test_from_json(struct test *out, const json_t *object, struct dli_error *err);

const char *test_mode_name(enum test_mode mode);
const char *test_host_name(enum test_host host);
const char *test_timing_name(enum test_timing timing);
/** "FP32", "FP16", "BF16", "INT8", … as rows print it; "default" for DLI_TYPE_NONE. */
const char *test_precision_name(enum dli_type precision);

#endif

/**
 * dli/backend.h - the contract between the core and a framework.
 *
 * A backend is a shared object that exports one symbol, DLI_BACKEND_SYMBOL, a function returning a
 * constant `struct dli_backend`. The core loads it inside a worker process with RTLD_NOW|RTLD_LOCAL
 * and never unloads it: process exit is the unload. Only headers in include/dli are needed.
 *
 * Life of a context (one loaded model), always in this order:
 *
 *     probe -> load -> io_describe -> [reshape] -> [compile] -> io_describe -> request_init x N
 *       -> ([set_input] -> submit ... complete -> [get_output])*
 *       -> [drain] -> request_release x N -> unload
 *
 * Required hooks: probe, load, io_describe, submit, unload. The others begin with «(optional)» and
 * state what the core does without them. A hook that fails returns a negative enum dli_code and fills
 * `err`; after a failed load or compile only unload is called, which must cope with any partial state.
 *
 * Threads: all hooks of one context run on one thread at a time, except that with
 * DLI_CAP_CONCURRENT submit, set_input and get_output run on several threads for different requests.
 * host->complete may be called from any thread.
 *
 * Time: a backend never reads a clock and never sleeps to be polite; the core owns time.
 */
#ifndef DLI_BACKEND_H
#define DLI_BACKEND_H

#include <dli/error.h>
#include <dli/log.h>
#include <dli/options.h>
#include <dli/request.h>
#include <dli/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Raised with every change of a struct in include/dli; a module with another number is refused. */
#define DLI_ABI 1
#define DLI_BACKEND_SYMBOL "dli_backend_entry"
#define DLI_MAX_DEVICES 32

/** What a backend can do beyond one synchronous request at a time. */
enum dli_capability {
    DLI_CAP_ASYNC = 1 << 0,      /**< submit may return DLI_PENDING; several requests in flight */
    DLI_CAP_CONCURRENT = 1 << 1, /**< submit may run on several threads for different requests */
    DLI_CAP_CONTEXTS = 1 << 2,   /**< several contexts may be loaded in one process */
    DLI_CAP_RESHAPE = 1 << 3,    /**< input shapes of a model can be changed after load */
    DLI_CAP_DEVICE_TIME = 1 << 4 /**< fills request->device_ns */
};

/** A device that the framework can use here. */
struct dli_device {
    char id[64];           /**< as the user names it: "CPU", "GPU.0", "CUDA" */
    char name[128];        /**< as its vendor names it */
    uint64_t memory_bytes; /**< its own memory; 0 if shared with the host or unknown */
};

struct dli_probe {
    char version[64]; /**< the framework's own version string */
    int device_count;
    struct dli_device device[DLI_MAX_DEVICES];
};

/** The model to load. Strings are borrowed until load returns. */
struct dli_model {
    const char *path;         /**< file or folder */
    const char *weights_path; /**< second file of a two-file format, else NULL */
    const char *format;       /**< one of the backend's `formats` */
};

/** A setting of the framework under its own name, passed through as `-o backend.KEY=VALUE`. */
struct dli_pair {
    const char *key;
    const char *value;
};

/**
 * Settings that every framework has in some form. 0, -1 or NULL (as said) leaves the framework's
 * default. A backend that cannot honour a set field returns DLI_E_UNSUPPORTED and says which.
 * Borrowed for the life of the context.
 */
struct dli_settings {
    const char *device;      /**< id of a probed device, or an expression of the framework; NULL: CPU */
    enum dli_type precision; /**< of the arithmetic; DLI_TYPE_NONE: the framework's default */
    const char *hint;        /**< "latency", "throughput", "none"; NULL: the backend chooses */
    int threads;             /**< inside one inference; 0: default */
    int streams;             /**< parallel execution streams; 0: default */
    int requests;            /**< requests that will be in flight; 0: ask optimal_requests */
    bool is_async;           /**< the test keeps requests in flight: start them; false: the call that waits */
    int pin_threads;         /**< 1 yes, 0 no, -1 default */
    const char *cache_dir;   /**< for compiled models; NULL: no cache */
    bool is_profiling;       /**< collect per-operator times (never set while measuring) */
    int pair_count;
    const struct dli_pair *pair; /**< the framework's own settings, in the order given */
};

/** Inputs and outputs of a model in its own order. */
struct dli_io {
    int input_count;
    int output_count;
    struct dli_tensor_desc input[DLI_MAX_IO];
    struct dli_tensor_desc output[DLI_MAX_IO];
};

/** What the core offers to a backend; constant for the life of the process. */
struct dli_host {
    /**
     * Ends a request for which submit returned, or will return, DLI_PENDING. `status` is 0 or a
     * negative enum dli_code. Wait-free and bounded; any thread; exactly once per pending request.
     */
    void (*complete)(struct dli_request *request, int status);
    dli_log_fn log;
};

/** One loaded model. The core makes it; `priv` holds priv_size bytes set from priv_defaults and options. */
struct dli_context {
    const struct dli_host *host;
    struct dli_log *log;
    const struct dli_settings *settings;
    void *priv;
};

/** Receives one effective setting of a loaded model; strings are copied. */
typedef void (*dli_setting_fn)(const char *key, const char *value, void *data);

struct dli_backend {
    uint32_t abi;               /**< DLI_ABI */
    const char *name;           /**< as the user types it; equals its folder's name */
    const char *description;    /**< one line for people */
    const char *const *formats; /**< NULL-terminated: "onnx", "openvino", "tflite", "tensorflow", … */
    unsigned capabilities;      /**< bits of enum dli_capability */

    size_t priv_size;                 /**< bytes of private state per context */
    const void *priv_defaults;        /**< initial state, or NULL for zeros */
    const struct dli_option *options; /**< over the private state, or NULL */

    /** Version and devices, without a model, in milliseconds. DLI_E_UNAVAILABLE with the reason. */
    int (*probe)(struct dli_probe *out, struct dli_error *err);

    /** Starts the framework and reads the model. Compiles too when there is no compile hook. */
    int (*load)(struct dli_context *ctx, const struct dli_model *model, struct dli_error *err);

    /** Inputs and outputs as they stand now; open dimensions are DLI_DYNAMIC. */
    int (*io_describe)(struct dli_context *ctx, struct dli_io *out, struct dli_error *err);

    /** (optional) Fixes the input shapes. Default: a request for other shapes is DLI_E_UNSUPPORTED. */
    int (*reshape)(struct dli_context *ctx, const struct dli_io *io, struct dli_error *err);

    /** (optional) Makes the loaded model ready to run. Default: load has done it. */
    int (*compile)(struct dli_context *ctx, struct dli_error *err);

    /**
     * (optional) Capabilities of this model under its settings and options, where they narrow or widen
     * `capabilities`. Asked after compile. Default: `capabilities`.
     */
    unsigned (*context_capabilities)(struct dli_context *ctx);

    /** (optional) Requests that fill this model's streams. Default: 1, or the number of streams. */
    int (*optimal_requests)(struct dli_context *ctx);

    /** (optional) Tells the settings that the framework really took. Default: nothing is told. */
    void (*effective)(struct dli_context *ctx, dli_setting_fn tell, void *data);

    /** (optional) Prepares one request; its tensors are allocated. Default: nothing to prepare. */
    int (*request_init)(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);

    /**
     * (optional) Copies `bytes` bytes of application memory into input `index` of an idle request.
     * Inside the timed region. Default: the core copies to request->input[index].data.
     */
    int (*set_input)(struct dli_context *ctx, struct dli_request *request, int index, const void *data,
                     size_t bytes, struct dli_error *err);

    /** Runs or starts the inference: enum dli_submit_result or a negative code. Timed. */
    int (*submit)(struct dli_context *ctx, struct dli_request *request, struct dli_error *err);

    /** (optional) Pumps a runtime that needs it, for at most timeout_ns. Default: the core waits. */
    int (*poll)(struct dli_context *ctx, int64_t timeout_ns, struct dli_error *err);

    /**
     * (optional) Copies output `index` of a finished request into `capacity` bytes of application
     * memory; fails with DLI_E_ARG if it is too small. Timed. Default: the core copies
     * request->output[index].bytes from request->output[index].data.
     */
    int (*get_output)(struct dli_context *ctx, struct dli_request *request, int index, void *data,
                      size_t capacity, struct dli_error *err);

    /** (optional) Returns when nothing is pending. Default: the core counts completions. */
    int (*drain)(struct dli_context *ctx, struct dli_error *err);

    /** (optional) Undoes request_init, also a failed one. Default: nothing to undo. */
    void (*request_release)(struct dli_context *ctx, struct dli_request *request);

    /** Frees everything that load and later hooks made, from any partial state. */
    void (*unload)(struct dli_context *ctx);
};

/** Type of the function behind DLI_BACKEND_SYMBOL. */
typedef const struct dli_backend *(*dli_backend_entry_fn)(void);

#if defined(__GNUC__)
#define DLI_EXPORT __attribute__((visibility("default")))
#else
#define DLI_EXPORT
#endif

/** Every backend defines this function. */
DLI_EXPORT const struct dli_backend *dli_backend_entry(void);

#ifdef __cplusplus
}
#endif
#endif

/**
 * keys.h - the words in which a test is described, alike on the command line and in plan files.
 *
 * One line of PLAN_KEYS per key; help, man pages, completion, the reference page and the plan file's
 * schema come from it. Adding a key is one line and one function that applies its text to a test.
 */
#ifndef PLAN_KEYS_H
#define PLAN_KEYS_H

#include <dli/options.h>

#include "plan/test.h"

enum plan_kind {
    PLAN_WORDS,   /**< one or more texts, separated by commas: a sweep */
    PLAN_NUMBERS, /**< one or more whole numbers: «1,8», «1-4», «1-64*2», «2-10+2»: a sweep */
    PLAN_ONE,     /**< a single text */
    PLAN_SEVERAL  /**< any number of texts that all apply: given again and again, a list in a file */
};

/**
 * X(identifier, name, letter, kind, shown, help), outermost loop of the product first. `shown` is what the
 * help shows for the value.
 */
#define PLAN_KEYS(X)                                                                               \
    X(MODEL, "model", 0, PLAN_WORDS, "NAME", "zoo name, or file to load (positional on the command line)") \
    X(FRAMEWORK, "framework", 'f', PLAN_WORDS, "NAME", "backend by name, by path of its module, or 'all' that can be used") \
    X(HOST, "host", 0, PLAN_WORDS, "native|python", "native: C loop and C API; python: as a Python application sees it (default native)") \
    X(DEVICE, "device", 'd', PLAN_WORDS, "NAME", "device in the framework's words (default CPU); one with ':' in its name is not split at commas") \
    X(PRECISION, "precision", 0, PLAN_WORDS, "f32|f16|bf16|i8|none", "arithmetic; none: the framework's default (default f32)") \
    X(HINT, "hint", 0, PLAN_WORDS, "latency|throughput|none", "performance hint of frameworks that have one (default: the backend chooses)") \
    X(TIMING, "timing", 0, PLAN_WORDS, "application|inference", "application: copies in and out are timed too (default application)") \
    X(MODE, "mode", 'm', PLAN_WORDS, "sync|async", "one request at a time, or several in flight (default sync)") \
    X(PIN, "pin", 0, PLAN_WORDS, "yes|no", "bind threads to processors (default: the framework decides)") \
    X(THREADS, "threads", 't', PLAN_NUMBERS, "N", "threads inside one inference; 0: the framework decides (default 0)") \
    X(STREAMS, "streams", 's', PLAN_NUMBERS, "N", "parallel streams in async mode; 0: the framework decides (default 0)") \
    X(REQUESTS, "requests", 'r', PLAN_NUMBERS, "N", "requests in flight in async mode; 0: as many as fill the streams (default 0)") \
    X(BATCH, "batch", 'b', PLAN_NUMBERS, "N", "samples in one request (default 1)")                \
    X(SHAPE, "shape", 0, PLAN_SEVERAL, "[INPUT=]N,N,...", "shape of an input that the model leaves open") \
    X(INPUT, "input", 'i', PLAN_SEVERAL, "[INPUT=]SOURCE", "random, random:LOW:HIGH, a picture, a folder of pictures, a .npy or raw .bin file") \
    X(MEAN, "mean", 0, PLAN_ONE, "R,G,B", "subtracted from pictures' channels (default 0)")        \
    X(SCALE, "scale", 0, PLAN_ONE, "R,G,B", "divides pictures' channels after the mean (default 1)") \
    X(LAYOUT, "layout", 0, PLAN_ONE, "nchw|nhwc", "layout of picture inputs (default nchw)")       \
    X(COLOR, "color", 0, PLAN_ONE, "rgb|bgr", "channel order of picture inputs (default rgb)")     \
    X(OPTION, "option", 'o', PLAN_SEVERAL, "BACKEND.KEY=VALUE", "option of a backend or, under its own name, of the framework") \
    X(SEED, "seed", 0, PLAN_ONE, "N", "of random inputs and of the zoo's weights (default 1)")                             \
    X(TARGET, "target", 0, PLAN_ONE, "FRACTION", "stop when the interval is within this of the median (default 1%)") \
    X(CONFIDENCE, "confidence", 0, PLAN_ONE, "FRACTION", "of the interval (default 95%)")          \
    X(MIN_TIME, "min-time", 0, PLAN_ONE, "DURATION", "measure at least so long (default 500ms)")   \
    X(MAX_TIME, "max-time", 0, PLAN_ONE, "DURATION", "measure at most so long (default 20s)")      \
    X(MIN_ITERATIONS, "min-iterations", 0, PLAN_ONE, "N", "measure at least so many (default 20)") \
    X(MAX_ITERATIONS, "max-iterations", 0, PLAN_ONE, "N", "measure at most so many (default: no limit)") \
    X(ITERATIONS, "iterations", 'n', PLAN_ONE, "N", "measure exactly so many, whatever the precision") \
    X(TIME, "time", 0, PLAN_ONE, "DURATION", "measure exactly so long, whatever the precision")    \
    X(WARMUP, "warmup", 0, PLAN_ONE, "auto|none|N", "auto: until the series is stationary (default auto)") \
    X(SAMPLES, "samples", 0, PLAN_ONE, "yes|no", "keep every sample in a file beside the journal (default no)") \
    X(TOLERANCE, "tolerance", 0, PLAN_ONE, "FRACTION", "allowed output error relative to the reference's largest value (default by precision)") \
    X(TIMEOUT, "timeout", 0, PLAN_ONE, "DURATION", "limit for one whole test; 0: none (default 5min)") \
    X(MEMORY, "memory-limit", 0, PLAN_ONE, "SIZE", "address space of a worker; 0: none (default 0)") \
    X(REPEATS, "repeats", 0, PLAN_ONE, "N", "measure every test so often (default 1)")

#define PLAN_KEY_ENUM(id, name, letter, kind, shown, help) PLAN_##id,
enum plan_key { PLAN_KEYS(PLAN_KEY_ENUM) PLAN_KEY_COUNT };
#undef PLAN_KEY_ENUM

/** Texts of every key as given; a key that was not given has count 0. */
struct plan_texts {
    struct dli_list value[PLAN_KEY_COUNT];
};

/** The keys as an option table over struct plan_texts, ended by DLI_OPTIONS_END. */
extern const struct dli_option plan_options[];

enum plan_kind plan_key_kind(enum plan_key key);
const char *plan_key_name(enum plan_key key);
/** Index of the key called `name`, -1 if there is none. */
int plan_key_find(const char *name);

/** Applies one text of a key to `test`, whose last model it concerns. PLAN_REPEATS is not applied. */
DLI_MUST_CHECK int plan_key_apply(struct test *test, enum plan_key key, const char *text,
                                  struct dli_error *err);

#endif

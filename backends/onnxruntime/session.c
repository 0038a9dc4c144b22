// Settings and options into a session.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sched.h>

#include <onnxruntime_session_options_config_keys.h>

#include "onnxruntime.h"

static const char *const level_names[] = {"none", "basic", "extended", "all"};
static const GraphOptimizationLevel levels[] = {ORT_DISABLE_ALL, ORT_ENABLE_BASIC,
                                                ORT_ENABLE_EXTENDED, ORT_ENABLE_ALL};

static bool is_cpu(const struct dli_settings *s)
{
    return !s->device || strcmp(s->device, "CPU") == 0;
}

// What ONNX Runtime has no way to honour is said before anything is loaded.
static int check_settings(const struct priv *p, const struct dli_settings *s, struct dli_error *err)
{
    if (s->precision != DLI_TYPE_NONE && s->precision != DLI_F32)
        return dli_fail(
            err, DLI_E_UNSUPPORTED,
            "precision %s: ONNX Runtime computes in the types of the model file; convert "
            "the model and use precision none",
            dli_type_name(s->precision));
    if (s->hint && strcmp(s->hint, "none") != 0)
        return dli_fail(err, DLI_E_UNSUPPORTED, "hint %s: ONNX Runtime has no performance hints",
                        s->hint);
    if (s->streams > 1)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "streams %d: ONNX Runtime has none; use requests, which run in parallel",
                        s->streams);
    if (s->cache_dir)
        return dli_fail(err, DLI_E_UNSUPPORTED, "ONNX Runtime has no cache of compiled models");
    if (s->pin_threads == 0 && s->threads == 0)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "ONNX Runtime pins its threads unless their number is given: set threads");
    if (p->is_run_async && s->threads == 1)
        return dli_fail(err, DLI_E_UNSUPPORTED,
                        "RunAsync needs a pool of at least 2 threads: set threads to 2 or more");
    return DLI_OK;
}

/** "2;3;…": processors for the pool's threads, counted from 1; the calling thread is the first. */
static void make_affinity(char *out, size_t out_bytes, int threads)
{
    cpu_set_t set;
    size_t length = 0;
    int thread = 0;
    out[0] = '\0';
    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE && thread < threads; cpu++) {
        if (!CPU_ISSET(cpu, &set) || thread++ == 0)
            continue;
        int added = snprintf(out + length, out_bytes - length, "%s%d", length ? ";" : "", cpu + 1);
        if (added < 0 || (size_t)added >= out_bytes - length)
            return;
        length += (size_t)added;
    }
    // Fewer processors than threads: ONNX Runtime wants one entry per thread or none.
    if (thread < threads)
        out[0] = '\0';
}

static OrtStatus *set_config(const OrtApi *api, OrtSessionOptions *options, const char *key,
                             const char *value)
{
    return api->AddSessionConfigEntry(options, key, value);
}

static OrtStatus *set_threads(const struct priv *p, const struct dli_settings *s,
                              OrtSessionOptions *options)
{
    const OrtApi *api = p->library.api;
    char affinity[8192] = "";
    OrtStatus *status = NULL;
    if (s->threads > 0)
        status = api->SetIntraOpNumThreads(options, s->threads);
    if (!status && p->inter_threads > 0)
        status = api->SetInterOpNumThreads(options, p->inter_threads);
    if (!status && p->spinning != DEFAULT) {
        const char *value = p->spinning == YES ? "1" : "0";
        status = set_config(api, options, kOrtSessionOptionsConfigAllowIntraOpSpinning, value);
        if (!status)
            status = set_config(api, options, kOrtSessionOptionsConfigAllowInterOpSpinning, value);
    }
    if (s->pin_threads == 1 && s->threads > 1)
        make_affinity(affinity, sizeof(affinity), s->threads);
    const char *chosen = p->affinity ? p->affinity : affinity;
    if (!status && chosen[0])
        status = set_config(api, options, kOrtSessionOptionsConfigIntraOpThreadAffinities, chosen);
    return status;
}

static OrtStatus *set_graph(const struct priv *p, const struct dli_settings *s,
                            OrtSessionOptions *options)
{
    const OrtApi *api = p->library.api;
    OrtStatus *status = api->SetSessionGraphOptimizationLevel(options, levels[p->graph_level]);
    if (!status)
        status = api->SetSessionExecutionMode(options,
                                              p->execution_mode ? ORT_PARALLEL : ORT_SEQUENTIAL);
    if (!status && !p->has_arena)
        status = api->DisableCpuMemArena(options);
    if (!status && !p->has_memory_pattern)
        status = api->DisableMemPattern(options);
    if (!status && s->is_profiling)
        status = api->EnableProfiling(options, "onnxruntime-profile");
    for (int i = 0; !status && i < p->free_count; i++) {
        const struct free_dimension *free = &p->free_dimension[i];
        if (free->size >= 0)
            status = api->AddFreeDimensionOverrideByName(options, free->name, free->size);
    }
    return status;
}

/** Settings that begin with «provider.» go to the execution provider, the others to the session. */
static OrtStatus *set_pairs(const struct priv *p, const struct dli_settings *s,
                            OrtSessionOptions *options)
{
    static const char prefix[] = "provider.";
    const OrtApi *api = p->library.api;
    const char *keys[64];
    const char *values[64];
    size_t count = 0;
    OrtStatus *status = NULL;
    for (int i = 0; !status && i < s->pair_count; i++) {
        const struct dli_pair *pair = &s->pair[i];
        if (strncmp(pair->key, prefix, sizeof(prefix) - 1) != 0) {
            status = set_config(api, options, pair->key, pair->value);
        } else if (count < sizeof(keys) / sizeof(keys[0])) {
            keys[count] = pair->key + sizeof(prefix) - 1;
            values[count++] = pair->value;
        }
    }
    if (!status && !is_cpu(s))
        status =
            api->SessionOptionsAppendExecutionProvider(options, s->device, keys, values, count);
    return status;
}

int session_open(struct dli_context *ctx, struct dli_error *err)
{
    struct priv *p = ctx->priv;
    const OrtApi *api = p->library.api;
    OrtSessionOptions *options = NULL;
    OrtSession *session = NULL;
    int rc = check_settings(p, ctx->settings, err);
    if (rc)
        return rc;
    OrtStatus *status = api->CreateSessionOptions(&options);
    if (!status)
        status = set_threads(p, ctx->settings, options);
    if (!status)
        status = set_graph(p, ctx->settings, options);
    if (!status)
        status = set_pairs(p, ctx->settings, options);
    if (status) {
        rc = ort_failed(api, status, err, DLI_E_ARG, "settings of the session");
        // A provider that the library was built without is no mistake of the user's.
        if (!is_cpu(ctx->settings))
            rc = err ? (err->code = DLI_E_UNAVAILABLE) : DLI_E_UNAVAILABLE;
    } else {
        status = api->CreateSession(p->env, p->path, options, &session);
        if (status)
            rc = ort_failed(api, status, err, DLI_E_RUNTIME, "making the session");
    }
    if (options)
        api->ReleaseSessionOptions(options);
    if (rc)
        return rc;
    if (p->session)
        api->ReleaseSession(p->session);
    p->session = session;
    return DLI_OK;
}

void session_effective(struct dli_context *ctx, dli_setting_fn tell, void *data)
{
    static const char *const tristates[] = {"default", "yes", "no"};
    static const char *const calls[] = {"Run", "RunWithBinding", "RunAsync"};
    const struct priv *p = ctx->priv;
    const struct dli_settings *s = ctx->settings;
    char number[16] = "default";
    if (s->threads > 0)
        snprintf(number, sizeof(number), "%d", s->threads);
    tell("intra_op_num_threads", number, data);
    snprintf(number, sizeof(number), "default");
    if (p->inter_threads > 0)
        snprintf(number, sizeof(number), "%d", p->inter_threads);
    tell("inter_op_num_threads", number, data);
    tell("execution_mode", p->execution_mode ? "parallel" : "sequential", data);
    tell("graph_optimization", level_names[p->graph_level], data);
    tell("spinning", tristates[p->spinning], data);
    tell("call", calls[run_call(ctx)], data);
    for (int i = 0; i < s->pair_count; i++)
        tell(s->pair[i].key, s->pair[i].value, data);
}

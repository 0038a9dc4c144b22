#include "measure/result.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { TREND_BATCHES = 32 };

static void merge_recorders(struct measure_result *result, struct control *control)
{
    struct histogram *phase[3] = {&result->copy_in, &result->infer, &result->copy_out};
    histogram_init(&result->latency);
    for (int p = 0; p < 3 && control->plan->timing == MEASURE_APPLICATION; p++)
        histogram_init(phase[p]);
    for (int i = 0; i < control->lane_count; i++) {
        struct course *course = &control->course[i];
        struct recorder *recorder = &course->recorder;
        histogram_merge(&result->latency, &recorder->latency);
        for (int p = 0; p < 3; p++) {
            if (!phase[p]->bucket)
                continue;
            histogram_settle(&recorder->phase[p]);
            histogram_merge(phase[p], &recorder->phase[p]);
            result->phase_sum_ns[p] += recorder->phase[p].sum_ns;
        }
        result->warmup_iterations += course->warmup_count;
        result->tail_count += course->tail_count;
        result->sample_count += recorder->sample_count;
    }
}

static void gather_samples(struct measure_result *result, const struct control *control)
{
    if (result->sample_count == 0)
        return;
    size_t at = 0;
    result->sample = xcalloc((size_t)result->sample_count, sizeof(result->sample[0]));
    for (int i = 0; i < control->lane_count; i++) {
        const struct recorder *recorder = &control->course[i].recorder;
        size_t count = (size_t)recorder->sample_count;
        memcpy(result->sample + at, recorder->sample, count * sizeof(result->sample[0]));
        at += count;
    }
}

static int batches_of(struct stats_batch *out, int limit, const struct control *control)
{
    const struct blocks *lane[MEASURE_MAX_LANES];
    for (int i = 0; i < control->lane_count; i++) {
        blocks_settle_threshold(&control->course[i].recorder.blocks);
        lane[i] = &control->course[i].recorder.blocks;
    }
    if (control->lane_count == 1)
        return blocks_batch(out, limit, lane[0], 0);
    return blocks_batch_lanes(out, limit, lane, control->lane_count, control->start_ns,
                              control->end_ns);
}

static void derive_intervals(struct measure_result *result, const struct control *control)
{
    const struct measure_plan *plan = control->plan;
    struct stats_batch batch[STATS_MAX_BATCHES];
    int count = batches_of(batch, STATS_MAX_BATCHES, control);
    double confidence = plan->confidence_frac;
    result->median_ns = stats_median(&result->latency, control->step_ns, batch, count, confidence,
                                     &result->effective_samples);
    result->mean_ns = stats_mean(batch, count, confidence);
    result->rate_hz = stats_rate(batch, count, confidence);
    result->precision_frac =
        stats_precision(plan->target == MEASURE_MEDIAN ? &result->median_ns : &result->rate_hz);
    int trend_count = batches_of(batch, TREND_BATCHES, control);
    findings_test_trend(&result->findings, batch, trend_count);
    findings_test_modes(&result->findings, &result->latency, control->step_ns,
                        result->effective_samples);
}

static void derive_slices(struct measure_result *result, const struct control *control)
{
    struct stats_batch batch[STATS_MAX_BATCHES];
    int count = batches_of(batch, MEASURE_MAX_SLICES, control);
    double at_ns = 0;
    for (int i = 0; i < count; i++) {
        result->slice[i] = (struct measure_slice){
            .start_ns = (int64_t)at_ns,
            .duration_ns = (int64_t)batch[i].span_ns,
            .count = batch[i].count,
            .mean_ns = batch[i].count > 0 ? batch[i].sum_ns / batch[i].count : 0,
        };
        at_ns += batch[i].span_ns;
    }
    result->slice_count = count;
}

void result_derive(struct measure_result *result, struct control *control)
{
    merge_recorders(result, control);
    gather_samples(result, control);
    bool has_window = (atomic_load(&control->word) & PHASE_WINDOW) && control->start_ns > 0;
    result->stop = control->stop;
    result->iterations = (int64_t)result->latency.count;
    result->sample_lost_count =
        control->plan->sample_capacity > 0 ? result->iterations - result->sample_count : 0;
    result->warmup_ns = (has_window ? control->start_ns : control->end_ns) - control->begin_ns;
    result->is_warmup_settled = !atomic_load(&control->is_unsettled);
    if (!result->is_warmup_settled)
        findings_add_unsettled(&result->findings, result->warmup_iterations,
                               (double)result->warmup_ns / 1e9);
    if (!has_window || result->iterations == 0)
        return;
    // A lane may have counted a request a moment after another one closed the window.
    for (int i = 0; i < control->lane_count; i++)
        if (control->course[i].last_ns > control->end_ns)
            control->end_ns = control->course[i].last_ns;
    if (control->lane_count == 1)
        control->end_ns = control->course[0].last_ns;
    result->window_start_ns = control->start_ns;
    result->total_ns = control->end_ns - control->start_ns;
    result->average_ns = (double)result->total_ns / (double)result->iterations;
    result->throughput_hz = result->total_ns > 0 ? 1e9 / result->average_ns : 0;
    derive_intervals(result, control);
    derive_slices(result, control);
}

/**
 * recorder.h - what one lane writes down about its requests: histograms, series, kept samples.
 *
 * All memory is made and touched before the first request; adding a request is O(1). One writer.
 */
#ifndef MEASURE_RECORDER_H
#define MEASURE_RECORDER_H

#include "measure/blocks.h"
#include "measure/histogram.h"
#include "measure/measure.h"

struct recorder {
    struct histogram latency;
    struct histogram phase[3]; /**< copy in, infer, copy out, tallied; application timing only */
    struct blocks blocks;
    int64_t start_ns;
    int64_t sample_capacity;
    int64_t sample_count;
    struct measure_sample *sample;
};

void recorder_init(struct recorder *recorder, bool has_phases, int64_t sample_capacity);
void recorder_release(struct recorder *recorder);

/** Begins the series anew at `start_ns`; the warm-up uses nothing else. */
void recorder_start(struct recorder *recorder, int64_t start_ns);

static inline void recorder_add(struct recorder *recorder, int64_t latency_ns, int64_t end_ns)
{
    histogram_record(&recorder->latency, latency_ns);
    blocks_add(&recorder->blocks, latency_ns, end_ns);
    if (recorder->sample_count < recorder->sample_capacity) {
        struct measure_sample sample = {end_ns - recorder->start_ns, latency_ns};
        recorder->sample[recorder->sample_count++] = sample;
    }
}

static inline void recorder_add_phases(struct recorder *recorder,
                                       const struct measure_stamps *stamps)
{
    int64_t phase_ns[3] = {stamps->handed_ns - stamps->issue_ns,
                           stamps->done_ns - stamps->handed_ns,
                           stamps->fetched_ns - stamps->done_ns};
    for (int i = 0; i < 3; i++)
        histogram_tally(&recorder->phase[i], phase_ns[i]);
}

#endif

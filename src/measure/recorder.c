#include "measure/recorder.h"

#include <stdlib.h>
#include <string.h>

void recorder_init(struct recorder *recorder, bool has_phases, int64_t sample_capacity)
{
    memset(recorder, 0, sizeof(*recorder));
    histogram_init(&recorder->latency);
    for (int i = 0; i < 3 && has_phases; i++)
        histogram_init(&recorder->phase[i]);
    if (sample_capacity > 0) {
        size_t bytes = (size_t)sample_capacity * sizeof(recorder->sample[0]);
        recorder->sample = xmalloc(bytes);
        memset(recorder->sample, 0, bytes);
        recorder->sample_capacity = sample_capacity;
    }
}

void recorder_release(struct recorder *recorder)
{
    histogram_release(&recorder->latency);
    for (int i = 0; i < 3; i++)
        histogram_release(&recorder->phase[i]);
    free(recorder->sample);
    recorder->sample = NULL;
}

void recorder_start(struct recorder *recorder, int64_t start_ns)
{
    blocks_reset(&recorder->blocks, start_ns);
    recorder->start_ns = start_ns;
}

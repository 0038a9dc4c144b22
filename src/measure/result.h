/**
 * result.h - from what the lanes recorded to the figures of a result. The only place that derives them.
 */
#ifndef MEASURE_RESULT_H
#define MEASURE_RESULT_H

#include "measure/control.h"
#include "measure/measure.h"

/** Fills `result` (zeroed) from a closed run whose lanes have ended; owns histograms and samples. */
void result_derive(struct measure_result *result, struct control *control);

#endif

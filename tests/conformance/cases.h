/**
 * cases.h - what every backend must do. A case prints nothing when all is well.
 */
#ifndef CONFORMANCE_CASES_H
#define CONFORMANCE_CASES_H

#include "module.h"
#include "sample.h"

/** 0, or a failure whose text says what was expected and what came. */
typedef int (*case_fn)(const struct subject *subject, struct dli_error *err);

int case_table(const struct subject *subject, struct dli_error *err);
int case_probe(const struct subject *subject, struct dli_error *err);
int case_agreement(const struct subject *subject, struct dli_error *err);
int case_in_flight(const struct subject *subject, struct dli_error *err);
int case_concurrent(const struct subject *subject, struct dli_error *err);
int case_reshape(const struct subject *subject, struct dli_error *err);
int case_damaged(const struct subject *subject, struct dli_error *err);
int case_early_unload(const struct subject *subject, struct dli_error *err);
int case_two_contexts(const struct subject *subject, struct dli_error *err);
int case_memory(const struct subject *subject, struct dli_error *err);

#endif

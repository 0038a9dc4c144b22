/**
 * records.h - the stream of records to the runner. Each is one line, written at once.
 */
#ifndef WORKER_RECORDS_H
#define WORKER_RECORDS_H

#include <jansson.h>
#include <stdint.h>

#include <dli/error.h>

struct records {
    int fd;
    int result;           /**< the first write error; later records are dropped */
    const char *phase;    /**< running phase, NULL: none */
    int64_t phase_start_ns;
};

/** A record of this kind with the fields of `fields` (taken over; NULL: none). */
void records_send(struct records *r, const char *kind, json_t *fields);
void records_hello(struct records *r, int64_t start_ns);
/** The error of a test, once, at its end. */
void records_error(struct records *r, const struct dli_error *err);

/** `name` must be a literal: it is kept until the phase ends. */
void records_begin(struct records *r, const char *name);
/** Ends the running phase and returns how long it took, in ns. */
int64_t records_end(struct records *r);

#endif

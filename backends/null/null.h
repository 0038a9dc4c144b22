/**
 * null.h - private state of the null backend, shared by its three files.
 *
 * null.c is the backend proper and the template to copy; model.c reads its tiny text models;
 * faults.c waits, and breaks things on purpose. A newcomer needs null.c alone.
 */
#ifndef NULL_H
#define NULL_H

#include <semaphore.h>
#include <stdatomic.h>

#include <pthread.h>

#include <dli/backend.h>

#define NULL_RING 1024
#define NULL_THREADS 16
#define NULL_LINE 64 /**< bytes that processors hand to each other */
#define NULL_AT_INFERENCE (-2) /**< dimension that only the inference decides: «*» in a model */

enum null_fault {
    FAULT_NONE,
    FAULT_ERROR,       /**< DLI_E_RUNTIME */
    FAULT_UNSUPPORTED, /**< DLI_E_UNSUPPORTED */
    FAULT_UNAVAILABLE, /**< DLI_E_UNAVAILABLE */
    FAULT_HANG,        /**< sleeps for ever; SIGTERM ends it */
    FAULT_HANG_HARD,   /**< sleeps for ever with SIGTERM, SIGINT and SIGHUP ignored */
    FAULT_SPIN,        /**< busy for ever */
    FAULT_SEGV,        /**< dies by SIGSEGV */
    FAULT_ABORT,       /**< abort() */
    FAULT_EXIT,        /**< _exit(0), as a framework that gives up politely */
    FAULT_MEMORY,      /**< allocates and touches fault-mib, or until memory is refused */
    FAULT_GARBAGE_FD3, /**< bytes that are no record, on the record stream */
    FAULT_CLOSE_FD3,   /**< closes the record stream */
    FAULT_GARBAGE_OUT, /**< bytes on stdout and stderr */
    FAULT_WRONG,       /**< inference: outputs are wrong from this inference on */
    FAULT_BUSY,        /**< inference: answers DLI_BUSY from this inference on */
    FAULT_LOST,        /**< inference: DLI_PENDING, but never completes */
    FAULT_TWICE        /**< inference: completes the request twice */
};

enum null_stage { STAGE_LOAD, STAGE_COMPILE, STAGE_REQUEST, STAGE_INFERENCE, STAGE_UNLOAD };
enum null_delay { DELAY_NONE, DELAY_FIXED, DELAY_UNIFORM, DELAY_LOGNORMAL };

/** One context. The first part is filled from options, the rest by the hooks. */
struct priv {
    int delay;
    double delay_us;
    double delay_spread;
    int delay_seed;
    bool is_sleeping;
    double copy_in_us;
    double load_ms;
    double compile_ms;
    int fault;
    int fault_at;
    int fault_n;
    int fault_mib;
    int async_threads;
    int async_depth;
    bool is_spinning;

    struct dli_context *ctx;
    struct dli_io model;          /**< as the file says */
    struct dli_io io;             /**< after reshape */
    bool is_simulated;            /**< tells device time */
    bool is_counting;             /**< delays or faults ask for the number of an inference */
    _Atomic long inference_count; /**< started so far, if is_counting */
    long fault_bytes;

    struct dli_request *ring[NULL_RING]; /**< submitted, in order; one producer, any consumers */
    sem_t wake;
    int thread_count; /**< threads to join; the semaphore lives while it is positive */
    pthread_t thread[NULL_THREADS];
    _Atomic bool is_stopping;

    // Each side of the ring writes a cache line of its own.
    char apart_from_producer[NULL_LINE];
    _Atomic unsigned tail; /**< submitted */
    unsigned seen;         /**< how far the threads were when the producer last looked */
    char apart_from_consumers[NULL_LINE];
    _Atomic unsigned head; /**< taken by a thread */
    _Atomic unsigned done; /**< about to be completed, if async_depth asks for it */
};

/** Reads a null model (see model.c); DLI_E_NOTFOUND, DLI_E_PARSE with the line. */
int null_model_read(struct dli_io *out, const char *path, struct dli_error *err);

/** Does the fault that is set for this stage (and for inference number `n`); 0 when it passed. */
int null_fault(struct priv *p, int stage, long n, struct dli_error *err);

/** Whether inference `n` has the fault `kind`, which lasts from inference fault-n on. */
static inline bool null_has_fault(const struct priv *p, int kind, long n)
{
    return p->fault == kind && p->fault_at == STAGE_INFERENCE && n >= p->fault_n;
}

/** Lets inference `n` last as long as the delay options say; returns the nanoseconds meant. */
int64_t null_delay(const struct priv *p, long n);

/** Lets the other thread of the core go first for a moment, while waiting busily. */
static inline void null_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/** Sleeps or, with `is_sleeping` false, burns `ns` nanoseconds. */
void null_wait(int64_t ns, bool is_sleeping);

#endif

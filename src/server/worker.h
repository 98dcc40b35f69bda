/* A worker thread and everything it owns: memory for one request at a time. */
#ifndef OMEN_SERVER_WORKER_H
#define OMEN_SERVER_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http/response.h"
#include "server/state.h"

struct fcgi;

enum worker_state { WORKER_WAITING, WORKER_READING, WORKER_RUNNING, WORKER_WRITING };

/* Kept between requests, per buffer; what a large request took beyond it is given back. */
#define WORKER_KEEP ((size_t)256 * 1024)

/* How many requests a thread may have begun: each but the last is a large one that lets others go
 * first between two blocks of its rows. */
#define WORKER_NESTING_MAX 4

struct worker {
    struct server *server; /* borrowed */
    unsigned number;
    bool takes_large; /* of the threads for large requests (large.h) */
    unsigned nesting; /* 0: of a thread; else it serves in the pauses of another worker's request */
    struct worker *guest; /* made when first needed */
    pthread_t thread;
    struct fcgi *fcgi;
    struct arena arena, scratch;
    struct http_response response;
    struct buf head; /* of the answer */
    struct buf body; /* of the request */
    unsigned char *peek;
    size_t peek_size;
    unsigned char random[256]; /* for request ids: one system call for 16 of them */
    size_t random_left;
    /* For server_describe, from any thread. */
    _Atomic int state;
    _Atomic int64_t since;
    _Atomic uint64_t requests;
};

struct worker *worker_create(struct server *server, unsigned number);
void worker_destroy(struct worker *worker);

/* Serves one request that waits, if no other thread can, while this one's own is between two blocks
 * of rows. */
void worker_serve_guest(struct worker *worker);

/* The thread's function; ends when the poller is stopped. */
void *worker_run(void *worker);

/* On its own thread: which cells of the counters are its own. */
void worker_begin_thread(struct worker *worker);
/* Needs no privilege; where a filter of system calls forbids it, all works as before. */
void worker_set_scheduling(pthread_t thread, enum server_scheduling scheduling);

void worker_set_state(struct worker *worker, enum worker_state state, int64_t now);
/* "since" stays when the answer was written: near enough, and saves asking the clock. */
void worker_set_waiting(struct worker *worker);
/* 32 hexadecimal digits and a NUL. */
void worker_random_id(struct worker *worker, char id[33]);

#endif

/* server_run in a thread, and a client over a unix socket. */
#ifndef OMEN_TESTS_SERVER_FIXTURE_H
#define OMEN_TESTS_SERVER_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/clock.h"
#include "raw.h"
#include "server/state.h"

#define MS CLOCK_NS_PER_MS

struct fixture {
    char directory[64], path[96], address[112];
    struct server_options options;
    struct server *server;
    pthread_t thread;
    bool drained;
    atomic_int done, hangups, running;
};

extern struct fixture fixture;

/* Fills fixture.options, which a test may change before it starts the server. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
void fixture_start(void);
void fixture_stop(void);
/* The function of the thread that fixture_start makes. */
void *fixture_run(void *argument);

int fixture_client(void);
/* The status of one exchange over `fd`. */
int fixture_ask(int fd, unsigned id, const char *uri, const char *body, struct raw_answer *answer);

#endif

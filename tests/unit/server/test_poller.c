#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "server/poller.h"

#define PAIRS 6
#define WAITERS 3

struct fixture {
    struct connections connections;
    struct ring *ring;
    struct poller poller;
    int peers[PAIRS];
    atomic_int served;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct err err = ERR_INIT;
    fixture = (struct fixture){.ring = ring_create(64)};
    assert_true(poller_init(&fixture.poller, &fixture.connections, fixture.ring, &err));
    assert_true(connections_init(&fixture.connections, 256, fixture.poller.epoll_fd,
                                 fixture.poller.stop_fd, &err));
    for (size_t i = 0; i < PAIRS; i++) {
        int pair[2];
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        assert_true(connections_add(&fixture.connections, pair[0], 1));
        fixture.peers[i] = pair[1];
    }
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    connections_finish(&fixture->connections);
    poller_finish(&fixture->poller);
    ring_destroy(fixture->ring);
    for (size_t i = 0; i < PAIRS; i++)
        close(fixture->peers[i]);
    return 0;
}

/* What became readable while nobody waited is queued once, with the time it was found. */
static void test_harvest(void **state)
{
    struct fixture *fixture = *state;
    struct ring_job job;
    int64_t before = clock_monotonic_ns();
    for (size_t i = 0; i < PAIRS; i++)
        assert_int_equal(write(fixture->peers[i], "x", 1), 1);
    poller_harvest(&fixture->poller);
    assert_int_equal(ring_length(fixture->ring), PAIRS);
    poller_harvest(&fixture->poller);
    assert_int_equal(ring_length(fixture->ring), PAIRS);
    for (size_t i = 0; i < PAIRS; i++) {
        assert_true(poller_next(&fixture->poller, &job));
        assert_true(job.queued >= before && job.queued <= clock_monotonic_ns());
    }
    poller_stop(&fixture->poller);
    assert_false(poller_next(&fixture->poller, &job));
}

/* The control thread's look at the set may take the nudge that was meant for a worker about to
 * wait: it is given back, or the job would lie until something else happens. */
static void test_harvest_gives_back_a_nudge(void **state)
{
    struct fixture *fixture = *state;
    struct epoll_event event;
    const struct ring_job job = {.fd = 1, .generation = 1, .queued = 1};
    assert_true(ring_push(fixture->ring, &job, 1));
    atomic_store(&fixture->poller.waiting, 1);
    assert_int_equal(write(fixture->poller.nudge_fd, &(uint64_t){1}, sizeof(uint64_t)), 8);
    poller_harvest(&fixture->poller);
    assert_int_equal(epoll_wait(fixture->poller.epoll_fd, &event, 1, 0), 1);
    atomic_store(&fixture->poller.waiting, 0);
}

static void *serve(void *argument)
{
    struct fixture *fixture = argument;
    struct ring_job job;
    while (poller_next(&fixture->poller, &job)) {
        char byte;
        if (read(job.fd, &byte, 1) == 1)
            atomic_fetch_add(&fixture->served, 1);
        connections_park(&fixture->connections, &job, 1);
    }
    return NULL;
}

/* No job is left lying while somebody waits: each round ends only when all of it was served. */
static void test_many_rounds(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[WAITERS];
    for (size_t i = 0; i < WAITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, serve, fixture), 0);
    for (int round = 1; round <= 500; round++) {
        for (size_t i = 0; i < PAIRS; i++)
            assert_int_equal(write(fixture->peers[i], "x", 1), 1);
        if (round % 3 == 0)
            poller_harvest(&fixture->poller); /* as the control thread does */
        while (atomic_load(&fixture->served) < round * PAIRS)
            sched_yield();
    }
    poller_stop(&fixture->poller);
    for (size_t i = 0; i < WAITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&fixture->served), 500 * PAIRS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_harvest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_harvest_gives_back_a_nudge, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_rounds, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

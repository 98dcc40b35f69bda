#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "server/connections.h"

struct fixture {
    struct connections connections;
    int epoll_fd, wake_fd, ours, peer;
};

static int setup(void **state)
{
    static struct fixture fixture;
    struct err err = ERR_INIT;
    int pair[2];
    fixture.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    fixture.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    fixture.ours = pair[0];
    fixture.peer = pair[1];
    assert_true(
        connections_init(&fixture.connections, 256, fixture.epoll_fd, fixture.wake_fd, &err));
    assert_true(connections_add(&fixture.connections, fixture.ours, 100));
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;
    connections_finish(&fixture->connections);
    close(fixture->epoll_fd);
    close(fixture->wake_fd);
    close(fixture->peer);
    return 0;
}

static bool next_event(struct fixture *fixture, struct epoll_event *event)
{
    return epoll_wait(fixture->epoll_fd, event, 1, 0) == 1;
}

static void take_job(struct fixture *fixture, struct ring_job *job, int64_t now)
{
    struct epoll_event event;
    assert_true(next_event(fixture, &event));
    assert_true(connections_event(&fixture->connections, event.data.u64, event.events, now, job));
    assert_int_equal(job->fd, fixture->ours);
    assert_int_equal(job->queued, now);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void test_request_and_back(void **state)
{
    struct fixture *fixture = *state;
    struct epoll_event event;
    struct ring_job job;
    assert_false(next_event(fixture, &event));
    assert_int_equal(write(fixture->peer, "x", 1), 1);
    take_job(fixture, &job, 200);
    assert_false(next_event(fixture, &event)); /* once, though the byte is still there */
    connections_body_begin(&fixture->connections, &job, 210);
    assert_false(connections_body_end(&fixture->connections, &job));
    connections_park(&fixture->connections, &job, 220);
    take_job(fixture, &job, 230); /* armed again */
    assert_int_equal(connections_active(&fixture->connections), 1);
    connections_close(&fixture->connections, &job);
    assert_int_equal(connections_active(&fixture->connections), 0);
    assert_false(is_open(fixture->ours));
}

static void test_late_event(void **state)
{
    struct fixture *fixture = *state;
    struct ring_job job;
    struct epoll_event event;
    assert_int_equal(write(fixture->peer, "x", 1), 1);
    assert_true(next_event(fixture, &event));
    uint64_t stale = event.data.u64 + (UINT64_C(1) << 32);
    assert_false(connections_event(&fixture->connections, stale, EPOLLIN, 1, &job));
    assert_false(
        connections_event(&fixture->connections, connections_tag(9999, 1), EPOLLIN, 1, &job));
    assert_true(connections_event(&fixture->connections, event.data.u64, EPOLLIN, 1, &job));
    assert_false(connections_event(&fixture->connections, event.data.u64, EPOLLIN, 1, &job));
}

static void test_peer_gone(void **state)
{
    struct fixture *fixture = *state;
    struct epoll_event event;
    struct ring_job job;
    shutdown(fixture->peer, SHUT_RDWR);
    assert_true(next_event(fixture, &event));
    assert_false(connections_event(&fixture->connections, event.data.u64, event.events, 1, &job));
    assert_false(is_open(fixture->ours));
    assert_int_equal(connections_active(&fixture->connections), 0);
}

static void test_half_closed_with_request(void **state)
{
    struct fixture *fixture = *state;
    struct ring_job job;
    assert_int_equal(write(fixture->peer, "x", 1), 1);
    shutdown(fixture->peer, SHUT_WR);
    take_job(fixture, &job, 5);
}

static void test_reap(void **state)
{
    struct fixture *fixture = *state;
    const struct connections_timeouts timeouts = {.read = 50, .idle = 1000};
    struct ring_job job;
    char byte;
    assert_int_equal(write(fixture->peer, "x", 1), 1);
    take_job(fixture, &job, 200);
    connections_reap(&fixture->connections, 99999, &timeouts); /* a worker's: left alone */
    assert_true(is_open(fixture->ours));
    connections_body_begin(&fixture->connections, &job, 200);
    connections_reap(&fixture->connections, 250, &timeouts);
    assert_false(connections_body_end(&fixture->connections, &job));
    connections_body_begin(&fixture->connections, &job, 200);
    connections_reap(&fixture->connections, 251, &timeouts);
    assert_true(connections_body_end(&fixture->connections, &job));
    assert_int_equal(read(fixture->ours, &byte, 1), 1);
    assert_int_equal(read(fixture->ours, &byte, 1), 0); /* does not wait for the peer */
    connections_park(&fixture->connections, &job, 300);
    connections_reap(&fixture->connections, 1300, &timeouts);
    assert_true(is_open(fixture->ours));
    connections_reap(&fixture->connections, 1301, &timeouts);
    assert_false(is_open(fixture->ours));
}

static void test_partial_keeps_its_time(void **state)
{
    struct fixture *fixture = *state;
    const struct connections_timeouts timeouts = {.read = 50, .idle = 1000};
    struct ring_job job;
    char byte;
    for (int64_t now = 200; now <= 240; now += 20) { /* from 200 on, however often it comes */
        assert_int_equal(write(fixture->peer, "x", 1), 1);
        take_job(fixture, &job, now);
        assert_int_equal(read(fixture->ours, &byte, 1), 1);
        buf_put_char(connections_head(&fixture->connections, &job), byte);
        connections_park_partial(&fixture->connections, &job);
    }
    assert_int_equal(connections_head(&fixture->connections, &job)->length, 3);
    connections_reap(&fixture->connections, 250, &timeouts);
    assert_true(is_open(fixture->ours));
    connections_reap(&fixture->connections, 251, &timeouts);
    assert_false(is_open(fixture->ours));
}

static void test_lost_and_recycled(void **state)
{
    struct fixture *fixture = *state;
    struct ring_job job, other;
    int pair[2];
    assert_int_equal(write(fixture->peer, "x", 1), 1);
    take_job(fixture, &job, 200);
    close(fixture->ours); /* as libfcgi does */
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(pair[0], fixture->ours); /* the number is used again at once */
    assert_true(connections_add(&fixture->connections, pair[0], 300));
    assert_int_equal(connections_active(&fixture->connections), 2);
    connections_lost(&fixture->connections, &job);
    assert_int_equal(connections_active(&fixture->connections), 1);
    connections_park(&fixture->connections, &job, 400); /* of no effect on the new one */
    connections_close(&fixture->connections, &job);
    assert_true(is_open(pair[0]));
    assert_int_equal(write(pair[1], "y", 1), 1);
    take_job(fixture, &other, 500);
    assert_int_not_equal(other.generation, job.generation);
    close(pair[1]);
}

static void test_wake(void **state)
{
    struct fixture *fixture = *state;
    struct ring_job job;
    uint64_t count;
    assert_int_equal(write(fixture->peer, "x", 1), 1);
    take_job(fixture, &job, 1);
    atomic_store(&fixture->connections.wake, true);
    connections_close(&fixture->connections, &job);
    assert_int_equal(read(fixture->wake_fd, &count, sizeof(count)), sizeof(count));
}

static void test_no_room(void **state)
{
    struct fixture *fixture = *state;
    int high = dup2(fixture->peer, 300);
    assert_int_equal(high, 300);
    assert_false(connections_add(&fixture->connections, 300, 1)); /* beyond the table: closed */
    assert_false(is_open(300));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_request_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_late_event, setup, teardown),
        cmocka_unit_test_setup_teardown(test_peer_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_closed_with_request, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_partial_keeps_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_and_recycled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wake, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

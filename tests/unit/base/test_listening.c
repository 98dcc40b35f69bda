#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/listening.h"

static char directory[64], path[96];

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/omen-listening-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/s", directory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static int open_at(const char *where, struct listening_place *place, struct err *err)
{
    const struct listening_options options = {.path = where, .mode = 0660, .backlog = 16};
    return listening_open(&options, place, err);
}

static bool can_connect(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    memcpy(name.sun_path, path, strlen(path) + 1);
    bool connected = connect(fd, (const struct sockaddr *)&name, sizeof(name)) == 0;
    close(fd);
    return connected;
}

static void test_opened_and_removed(void **state)
{
    (void)state;
    struct listening_place place, second;
    struct err err = ERR_INIT;
    struct stat status;
    mode_t before = umask(0077); /* the mode is what was asked for, whatever the umask */
    int fd = open_at(path, &place, &err);
    umask(before);
    assert_true(fd >= 0);
    assert_true(listening_is(fd));
    assert_false(listening_is(STDERR_FILENO));
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0660);
    assert_true(can_connect());
    assert_int_equal(open_at(path, &second, &err), -1); /* alive: not taken over */
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_true(can_connect());
    listening_remove(&place);
    assert_int_equal(access(path, F_OK), -1);
    close(fd);
}

static void test_what_a_dead_one_left(void **state)
{
    (void)state;
    struct listening_place dead, place;
    struct err err = ERR_INIT;
    close(open_at(path, &dead, &err));
    assert_int_equal(access(path, F_OK), 0);
    int fd = open_at(path, &place, &err);
    assert_true(fd >= 0);
    assert_true(can_connect());
    close(fd);
}

static void test_a_place_that_another_took(void **state)
{
    (void)state;
    struct listening_place first, second;
    struct err err = ERR_INIT;
    int fd = open_at(path, &first, &err);
    assert_int_equal(unlink(path), 0);
    int other = open_at(path, &second, &err);
    listening_remove(&first);
    assert_true(can_connect());
    close(fd);
    close(other);
}

static void test_refused(void **state)
{
    (void)state;
    struct listening_place place;
    struct err err = ERR_INIT;
    char longest[200];
    memset(longest, 'x', sizeof(longest));
    longest[0] = '/';
    longest[sizeof(longest) - 1] = '\0';
    assert_int_equal(open_at(longest, &place, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_int_equal(open_at("", &place, &err), -1);
    assert_int_equal(open_at("/no/such/directory/s", &place, &err), -1);
    assert_int_equal(err.code, ERR_IO);

    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(open_at(path, &place, &err), -1);
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(access(path, F_OK), 0); /* somebody's file is still there */
    assert_int_equal(unlink(path), 0);

    const struct listening_options options = {
        .path = path, .mode = 0660, .backlog = 1, .group = "no-such-group"};
    assert_int_equal(listening_open(&options, &place, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(access(path, F_OK), -1); /* nothing is left behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_opened_and_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_dead_one_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_place_that_another_took, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

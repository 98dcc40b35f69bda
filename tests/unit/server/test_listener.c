#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "raw.h"
#include "server/listener.h"

static char directory[64], path[96], address[112];

static int setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof(directory), "/tmp/omen-listener-XXXXXX");
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/s", directory);
    snprintf(address, sizeof(address), "unix:%s", path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static bool open_at(struct listener *listener, const char *text, struct err *err)
{
    const struct listener_options options = {.address = text, .mode = 0660, .backlog = 16};
    return listener_open(listener, &options, err);
}

static void close_all(struct listener *listener)
{
    listener_unlink(listener);
    listener_close(listener);
}

static void test_unix(void **state)
{
    (void)state;
    struct listener listener, second;
    struct err err = ERR_INIT;
    struct stat status;
    umask(0077); /* the mode is what was asked for, whatever the umask */
    assert_true(open_at(&listener, address, &err));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0660);
    assert_false(listener.inherited);
    int client = raw_connect(path);
    assert_true(client >= 0);
    close(client);
    assert_false(open_at(&second, address, &err)); /* alive: not taken over */
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    close_all(&listener);
    assert_int_equal(stat(path, &status), -1);
}

static void test_stale_socket(void **state)
{
    (void)state;
    struct listener dead, listener;
    struct err err = ERR_INIT;
    assert_true(open_at(&dead, address, &err));
    listener_close(&dead); /* as if killed: the file stays */
    assert_true(open_at(&listener, address, &err));
    int client = raw_connect(path);
    assert_true(client >= 0);
    close(client);
    close_all(&listener);
}

static void test_replaced_socket(void **state)
{
    (void)state;
    struct listener first, second;
    struct err err = ERR_INIT;
    assert_true(open_at(&first, address, &err));
    assert_int_equal(unlink(path), 0);
    assert_true(open_at(&second, address, &err));
    close_all(&first); /* the path is no longer its own */
    int client = raw_connect(path);
    assert_true(client >= 0);
    close(client);
    close_all(&second);
}

static void test_no_socket(void **state)
{
    (void)state;
    struct listener listener;
    struct err err = ERR_INIT;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_false(open_at(&listener, address, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(access(path, F_OK), 0); /* somebody's file is still there */
}

static void test_group(void **state)
{
    (void)state;
    struct listener listener;
    struct err err = ERR_INIT;
    struct stat status;
    struct listener_options options = {
        .address = address, .mode = 0600, .backlog = 1, .group = "no-such-group"};
    assert_false(listener_open(&listener, &options, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(access(path, F_OK), -1); /* nothing is left behind */
    char number[16];
    snprintf(number, sizeof(number), "%u", (unsigned)getgid());
    options.group = number;
    assert_true(listener_open(&listener, &options, &err));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_gid, getgid());
    assert_int_equal(status.st_mode & 0777, 0600);
    close_all(&listener);
}

static void test_tcp(void **state)
{
    (void)state;
    const char *const texts[] = {"127.0.0.1:0", "[::1]:0"};
    for (size_t i = 0; i < 2; i++) {
        struct listener listener, second;
        struct err err = ERR_INIT;
        struct sockaddr_in6 name;
        socklen_t length = sizeof(name);
        char same[64];
        assert_true(open_at(&listener, texts[i], &err));
        assert_int_equal(listener.family, i == 0 ? AF_INET : AF_INET6);
        assert_int_equal(getsockname(listener.fd, (struct sockaddr *)&name, &length), 0);
        snprintf(same, sizeof(same), "%.*s%u", (int)strlen(texts[i]) - 1, texts[i],
                 ntohs(name.sin6_port)); /* at the same place as in sockaddr_in */
        assert_false(open_at(&second, same, &err));
        assert_int_equal(err.code, ERR_IO);
        close_all(&listener);
    }
}

static void test_bad_addresses(void **state)
{
    (void)state;
    const char *const bad[] = {"",      "nothing",        "unix:relative",     "::1:80",
                               "host:", "127.0.0.1:http", "127.0.0.1:99999999"};
    char longest[200] = "unix:/";
    memset(longest + 6, 'x', 150);
    struct err err = ERR_INIT;
    struct listener_address resolved;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(listener_resolve(bad[i], true, &resolved, &err));
        assert_true(err.text[0] != '\0');
    }
    assert_false(listener_resolve(longest, true, &resolved, &err));
    assert_int_equal(err.code, ERR_LIMIT);
}

static void test_standard_input(void **state)
{
    (void)state;
    struct listener first, listener;
    struct err err = ERR_INIT;
    struct stat status;
    int saved = dup(STDIN_FILENO);
    assert_true(open_at(&first, address, &err));
    assert_int_equal(dup2(first.fd, STDIN_FILENO), STDIN_FILENO);
    assert_true(open_at(&listener, "not even looked at", &err));
    assert_true(listener.inherited);
    assert_true(listener.fd >= 3);
    assert_string_equal(first.source, address);
    assert_string_equal(listener.source, "standard input");
    assert_int_equal(fcntl(listener.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    assert_int_equal(fstat(STDIN_FILENO, &status), 0);
    assert_true(S_ISCHR(status.st_mode)); /* /dev/null */
    listener_unlink(&listener);
    assert_int_equal(access(path, F_OK), 0); /* not ours to remove */
    listener_close(&listener);
    close_all(&first);
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    close(saved);
}

static void test_listen_fds(void **state)
{
    (void)state;
    struct listener first, listener;
    struct err err = ERR_INIT;
    char pid[16];
    int saved = fcntl(3, F_DUPFD_CLOEXEC, 100); /* -1 when 3 is free */
    assert_true(open_at(&first, address, &err));
    if (first.fd != 3)
        assert_int_equal(dup2(first.fd, 3), 3);
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_PID", "1", 1); /* meant for somebody else */
    assert_false(open_at(&listener, "nothing", &err));
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    setenv("LISTEN_PID", pid, 1);
    assert_true(open_at(&listener, "nothing", &err));
    assert_int_equal(listener.fd, 3);
    assert_string_equal(listener.source, "LISTEN_FDS");
    assert_null(getenv("LISTEN_FDS")); /* not for our children */
    if (first.fd != 3)
        listener_close(&listener);
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_PID", pid, 1);
    close_all(&first);
    assert_false(open_at(&listener, "nothing", &err)); /* descriptor 3 does not listen */
    assert_int_equal(err.code, ERR_INVALID);
    if (saved >= 0) {
        assert_int_equal(dup2(saved, 3), 3);
        close(saved);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_unix, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stale_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replaced_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_group, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tcp, setup, teardown),
        cmocka_unit_test(test_bad_addresses),
        cmocka_unit_test_setup_teardown(test_standard_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_listen_fds, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "server/notify.h"

static void expect_message(const char *path, bool abstract)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    char text[64] = "";
    size_t length = strlen(path);
    memcpy(name.sun_path, path, length);
    if (abstract)
        name.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    assert_int_equal(bind(fd, (const struct sockaddr *)&name, size), 0);
    setenv("NOTIFY_SOCKET", path, 1);
    notify_send("READY=1");
    assert_int_equal(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT), 7);
    assert_string_equal(text, "READY=1");
    close(fd);
}

static void test_sent(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof(path), "/tmp/omen-notify-%d", (int)getpid());
    expect_message(path, false);
    unlink(path);
    snprintf(path, sizeof(path), "@omen-notify-%d", (int)getpid());
    expect_message(path, true);
}

static void test_nobody_listens(void **state)
{
    (void)state;
    int before = dup(0);
    close(before);
    const char *const places[] = {"/nowhere/at/all", "relative", "", "/"};
    for (size_t i = 0; i < 4; i++) {
        setenv("NOTIFY_SOCKET", places[i], 1);
        notify_send("READY=1");
    }
    unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
    int after = dup(0);
    assert_int_equal(after, before); /* no descriptor was left open */
    close(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sent),
        cmocka_unit_test(test_nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

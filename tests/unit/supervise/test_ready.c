#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "supervise/ready.h"

static void say(const struct ready *ready, const char *text)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t length = strlen(ready->name);
    memcpy(name.sun_path, ready->name, length);
    name.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    assert_int_equal(sendto(fd, text, strlen(text), 0, (const struct sockaddr *)&name, size),
                     strlen(text));
    close(fd);
}

static void test_what_is_said(void **state)
{
    (void)state;
    static const char *const others[] = {
        "", "\n", "READY=", "READY=11", "NOT_READY=1", "READY=0", "STOPPING=1", "READY", "\n\n"};
    struct ready ready;
    struct err err = ERR_INIT;
    char longest[2048];
    assert_true(ready_open(&ready, &err));
    assert_int_equal(ready.name[0], '@');
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        say(&ready, others[i]);
    memset(longest, 'x', sizeof longest); /* cut, not read beyond */
    memcpy(longest + sizeof longest - 9, "\nREADY=1", 9);
    say(&ready, longest);
    assert_int_equal(ready_next(&ready), 0);
    say(&ready, "STATUS=up\nREADY=1\nMAINPID=1");
    say(&ready, "READY=1");
    assert_int_equal(ready_next(&ready), getpid());
    assert_int_equal(ready_next(&ready), getpid());
    assert_int_equal(ready_next(&ready), 0);
    ready_close(&ready);
}

static void test_who_says_it(void **state)
{
    (void)state;
    struct ready ready;
    struct err err = ERR_INIT;
    assert_true(ready_open(&ready, &err));
    pid_t child = fork();
    if (child == 0) {
        say(&ready, "READY=1");
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(ready_next(&ready), child);
    ready_close(&ready);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said),
        cmocka_unit_test(test_who_says_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

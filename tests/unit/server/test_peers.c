#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>
#include <cmocka.h>

#include "server/peers.h"

static struct peers parse(const char *text)
{
    struct peers peers;
    struct err err = ERR_INIT;
    assert_true(peers_parse(&peers, text, &err));
    return peers;
}

static bool allows(const struct peers *peers, const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return peers_allow(peers, (const struct sockaddr *)&v4);
    assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
    return peers_allow(peers, (const struct sockaddr *)&v6);
}

static void test_default_is_loopback(void **state)
{
    (void)state;
    const struct peers peers = parse("");
    assert_true(allows(&peers, "127.0.0.1"));
    assert_true(allows(&peers, "127.8.9.1"));
    assert_true(allows(&peers, "::1"));
    assert_true(allows(&peers, "::ffff:127.0.0.1"));
    assert_false(allows(&peers, "10.0.0.1"));
    assert_false(allows(&peers, "::2"));
}

static void test_lists(void **state)
{
    (void)state;
    const struct peers peers = parse("10.1.2.3, 192.168.4.0/22,2001:db8::/33");
    assert_true(allows(&peers, "10.1.2.3"));
    assert_false(allows(&peers, "10.1.2.4"));
    assert_true(allows(&peers, "192.168.7.255"));
    assert_false(allows(&peers, "192.168.8.0"));
    assert_true(allows(&peers, "2001:db8:7fff::1"));
    assert_false(allows(&peers, "2001:db8:8000::1"));
    assert_false(allows(&peers, "127.0.0.1"));
    const struct peers all = parse("0.0.0.0/0");
    assert_true(allows(&all, "8.8.8.8"));
    assert_false(allows(&all, "2001:db8::1"));
}

static void test_unix_is_not_ours(void **state)
{
    (void)state;
    const struct peers peers = parse("10.0.0.1");
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    assert_true(peers_allow(&peers, (const struct sockaddr *)&name));
}

static void test_bad(void **state)
{
    (void)state;
    const char *const bad[] = {"localhost",   "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x",
                               "10.0.0.0/-1", "::1/129",     "1.2.3",     "10.0.0.1,,x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct peers peers;
        struct err err = ERR_INIT;
        assert_false(peers_parse(&peers, bad[i], &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_is_loopback),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_unix_is_not_ours),
        cmocka_unit_test(test_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

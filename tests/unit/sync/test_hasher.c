#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "sync/hasher.h"

#define SIZE (10 * 1024 * 1024 + 7)

/* A file without a name, of SIZE bytes. */
static int make_file(char expected[DIGEST_TEXT_SIZE])
{
    char path[] = "/tmp/omen-hasher-XXXXXX";
    int fd = mkstemp(path);
    char *data = malloc(SIZE);
    assert_true(fd >= 0 && data != NULL);
    unlink(path);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (char)(i * 31 + i / 251);
    assert_true(write(fd, data, SIZE) == SIZE);
    assert_true(digest_sha256(data, SIZE, expected, NULL));
    free(data);
    return fd;
}

static void take(struct hasher *hasher, struct hasher_item *item, const char *expected)
{
    struct record_digests digests;
    unsigned char bytes[DIGEST_SIZE_MAX];
    char text[DIGEST_TEXT_SIZE];
    assert_true(hasher_take(hasher, item, SIZE, &digests, NULL));
    assert_int_equal(digests.hashed, SIZE);
    assert_int_equal(digest_end(digests.sha256, bytes), 32);
    digest_hex(bytes, 32, text);
    assert_string_equal(text, expected);
}

static void test_files_that_grow(void **state)
{
    (void)state;
    char expected[DIGEST_TEXT_SIZE];
    struct hasher *hasher = hasher_create(NULL);
    struct hasher_item *items[3];
    assert_non_null(hasher);
    for (size_t i = 0; i < 3; i++) {
        struct record_digests digests;
        int fd = make_file(expected);
        assert_true(record_digests_begin(&digests, NULL, NULL));
        items[i] = hasher_add(hasher, fd, &digests);
        assert_non_null(items[i]);
    }
    for (int64_t ready = 0; ready < SIZE; ready += 100000)
        for (size_t i = 0; i < 3; i++)
            hasher_advance(hasher, items[i], ready);
    take(hasher, items[1], expected);
    take(hasher, items[0], expected);
    take(hasher, items[2], expected);
    hasher_destroy(hasher);
}

static void test_a_file_that_is_too_short(void **state)
{
    (void)state;
    char expected[DIGEST_TEXT_SIZE];
    struct err err = ERR_INIT;
    struct record_digests digests;
    struct hasher *hasher = hasher_create(NULL);
    int fd = make_file(expected);
    assert_true(record_digests_begin(&digests, NULL, NULL));
    struct hasher_item *item = hasher_add(hasher, fd, &digests);
    assert_false(hasher_take(hasher, item, SIZE + 1, &digests, &err));
    assert_int_equal(err.code, ERR_INVALID);
    hasher_destroy(hasher);
}

static void test_stopped(void **state)
{
    (void)state;
    static const volatile int stop = 1;
    char expected[DIGEST_TEXT_SIZE];
    struct record_digests digests;
    struct err err = ERR_INIT;
    struct hasher *hasher = hasher_create(NULL);
    int fd = make_file(expected);
    assert_true(record_digests_begin(&digests, NULL, NULL));
    digests.stop = &stop;
    struct hasher_item *item = hasher_add(hasher, fd, &digests);
    assert_false(hasher_take(hasher, item, SIZE, &digests, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    hasher_destroy(hasher);
}

static void test_ended_in_the_middle(void **state)
{
    (void)state;
    char expected[DIGEST_TEXT_SIZE];
    struct record_digests digests;
    struct hasher *hasher = hasher_create(NULL);
    int fd = make_file(expected);
    assert_true(record_digests_begin(&digests, NULL, NULL));
    hasher_advance(hasher, hasher_add(hasher, fd, &digests), SIZE);
    hasher_destroy(hasher);
    hasher_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_that_grow),
        cmocka_unit_test(test_a_file_that_is_too_short),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_ended_in_the_middle),
    };
    return cmocka_run_group_tests_name("sync/hasher", tests, NULL, NULL);
}

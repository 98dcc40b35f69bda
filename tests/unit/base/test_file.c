#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

struct place {
    char path[64];
    int fd;
};

static int place_make(void **state)
{
    static struct place place;
    strcpy(place.path, "/tmp/omen-test-file-XXXXXX");
    if (mkdtemp(place.path) == NULL)
        return -1;
    place.fd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *state = &place;
    return place.fd >= 0 ? 0 : -1;
}

static int place_drop(void **state)
{
    static const char *const names[] = {"a", "empty", "link", "loop", "fifo", "nul"};
    struct place *place = *state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlinkat(place->fd, names[i], 0);
    close(place->fd);
    return rmdir(place->path);
}

static void put(const struct place *place, const char *name, const char *data, size_t size)
{
    int fd = openat(place->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
    close(fd);
}

static void assert_reads(const struct place *place, const char *name, const char *expected,
                         size_t length)
{
    char *data = NULL;
    size_t size = 0;
    struct err err = ERR_INIT;
    assert_true(file_read_at(place->fd, name, 100, &data, &size, &err));
    assert_int_equal(size, length);
    assert_memory_equal(data, expected, length + 1); /* and the NUL */
    free(data);
}

static void assert_refused(const struct place *place, const char *name, enum err_code code)
{
    char *data = NULL;
    size_t size = 0;
    struct err err = ERR_INIT;
    assert_false(file_read_at(place->fd, name, 4, &data, &size, &err));
    assert_null(data);
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.text, name));
}

static void test_reading(void **state)
{
    struct place *place = *state;
    put(place, "a", "hello", 5);
    put(place, "empty", "", 0);
    put(place, "nul", "a\0b", 3);
    assert_int_equal(symlinkat("a", place->fd, "link"), 0);
    assert_reads(place, "a", "hello", 5);
    assert_reads(place, "link", "hello", 5);
    assert_reads(place, "empty", "", 0);
    assert_reads(place, "nul", "a\0b", 3);
    char path[128];
    strcat(strcpy(path, place->path), "/a");
    char *data = NULL;
    size_t size = 0;
    assert_true(file_read(path, 5, &data, &size, NULL));
    assert_int_equal(size, 5);
    free(data);
}

static void test_refusals(void **state)
{
    struct place *place = *state;
    put(place, "a", "hello", 5);
    assert_int_equal(symlinkat("loop", place->fd, "loop"), 0);
    assert_int_equal(mkfifoat(place->fd, "fifo", 0600), 0);
    assert_refused(place, "a", ERR_LIMIT);
    assert_refused(place, "missing", ERR_NOT_FOUND);
    assert_refused(place, ".", ERR_INVALID);
    assert_refused(place, "loop", ERR_IO);
    assert_refused(place, "fifo", ERR_INVALID); /* and does not wait for a writer */
}

static void test_safe_names(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "iris-1.2_b+c", "7", "A.json"};
    static const char *const bad[] = {"", ".", "..", ".hidden", "a/b", "a b", "\xC3\xA9", "a\n"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(file_name_is_safe(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(file_name_is_safe(bad[i], strlen(bad[i])));
    char name[129];
    memset(name, 'a', sizeof name);
    assert_true(file_name_is_safe(name, 128));
    assert_false(file_name_is_safe(name, 129));
    assert_false(file_name_is_safe("a\0b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reading, place_make, place_drop),
        cmocka_unit_test_setup_teardown(test_refusals, place_make, place_drop),
        cmocka_unit_test(test_safe_names),
    };
    return cmocka_run_group_tests_name("base/file", tests, NULL, NULL);
}

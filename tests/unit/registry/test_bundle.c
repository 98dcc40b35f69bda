#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "directory.h"
#include "registry/bundle.h"

static const struct bundle_limits limits = {.max_bytes = 100, .max_files = 3};

static int make(void **state)
{
    static struct directory directory;
    *state = &directory;
    return directory_make(&directory) ? 0 : -1;
}

static int drop(void **state)
{
    directory_drop(*state);
    return 0;
}

static void test_files(void **state)
{
    const struct directory *directory = *state;
    struct bundle bundle;
    struct bundle_print print;
    directory_put(directory, "m/1/model.json", "{}");
    directory_put_bytes(directory, "m/1/a.bin", "a\0b", 3);
    directory_put(directory, "m/1/.hidden", "x");
    directory_put(directory, "m/1/x.part", "x");
    directory_put(directory, "m/1/x.tmp", "x");
    directory_put(directory, "m/1/a b", "x");
    directory_put(directory, "m/1/folder/file", "x");
    assert_int_equal(mkfifoat(directory->fd, "m/1/pipe", 0600), 0);
    assert_true(bundle_read(directory->fd, "m/1", &limits, &bundle, &print, NULL));
    assert_int_equal(bundle.count, 2);
    assert_int_equal(bundle.bytes, 5);
    assert_string_equal(bundle.files[0].name, "a.bin");
    assert_int_equal(bundle.files[0].size, 3);
    assert_memory_equal(bundle.files[0].data, "a\0b", 4);
    assert_string_equal(bundle.files[1].name, "model.json");
    /* printf 'a\0b' > a.bin; printf {} > model.json; sha256sum a.bin model.json | sha256sum */
    assert_string_equal(bundle.digest,
                        "f72866fa7560d42185a2fe390a1288ace7eb1e1160eaf9ccf98c3fbfd45c45d5");
    bundle_finish(&bundle);
    bundle_finish(NULL);
    assert_int_equal(bundle.count, 0);
}

static void test_lone_file(void **state)
{
    const struct directory *directory = *state;
    struct bundle bundle;
    struct bundle_print print;
    directory_put(directory, "m.json", "{}");
    assert_true(bundle_read(directory->fd, "m.json", &limits, &bundle, &print, NULL));
    assert_int_equal(bundle.count, 1);
    assert_string_equal(bundle.files[0].name, "m.json");
    assert_string_equal(bundle.files[0].data, "{}");
    bundle_finish(&bundle);
}

static void test_empty(void **state)
{
    const struct directory *directory = *state;
    struct bundle bundle;
    struct bundle_print print;
    directory_folder(directory, "m");
    assert_true(bundle_read(directory->fd, "m", &limits, &bundle, &print, NULL));
    assert_int_equal(bundle.count, 0);
    bundle_finish(&bundle);
}

static void assert_refused(const struct directory *directory, const char *path, enum err_code code,
                           const char *words)
{
    struct bundle bundle;
    struct bundle_print print;
    struct err err = ERR_INIT;
    assert_false(bundle_read(directory->fd, path, &limits, &bundle, &print, &err));
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.text, words));
    assert_null(bundle.files);
    assert_false(bundle_print_take(directory->fd, path, &limits, &print, &err));
    assert_int_equal(err.code, code);
}

static void test_refusals(void **state)
{
    const struct directory *directory = *state;
    char large[102] = "";
    memset(large, 'x', 101);
    directory_put(directory, "large/file", large);
    directory_put(directory, "large.json", large);
    directory_put(directory, "sum/a", large + 50);
    directory_put(directory, "sum/b", large + 51);
    for (int i = 0; i < 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "many/%d", i);
        directory_put(directory, name, "");
    }
    assert_int_equal(mkfifoat(directory->fd, "pipe", 0600), 0);
    assert_refused(directory, "large", ERR_LIMIT, "more than 100 bytes");
    assert_refused(directory, "large.json", ERR_LIMIT, "more than 100 bytes");
    assert_refused(directory, "sum", ERR_LIMIT, "more than 100 bytes");
    assert_refused(directory, "many", ERR_LIMIT, "more than 3 files");
    assert_refused(directory, "none", ERR_NOT_FOUND, "none");
    assert_refused(directory, "pipe", ERR_INVALID, "neither");
}

static void print_of(const struct directory *directory, const char *path,
                     char text[DIGEST_TEXT_SIZE])
{
    struct bundle_print print;
    assert_true(bundle_print_take(directory->fd, path, &limits, &print, NULL));
    memcpy(text, print.text, DIGEST_TEXT_SIZE);
}

static void assert_changed(const struct directory *directory, const char *path,
                           char before[DIGEST_TEXT_SIZE])
{
    char now[DIGEST_TEXT_SIZE];
    print_of(directory, path, now);
    assert_string_not_equal(now, before);
    memcpy(before, now, sizeof now);
}

static void test_print_differs_after_changes(void **state)
{
    const struct directory *directory = *state;
    char before[DIGEST_TEXT_SIZE];
    char again[DIGEST_TEXT_SIZE];
    directory_put(directory, "a/f", "1");
    directory_put(directory, "b/f", "1");
    directory_link(directory, "a", "link");
    print_of(directory, "link", before);
    print_of(directory, "link", again);
    assert_string_equal(again, before);
    directory_put(directory, "a/f", "2"); /* another inode, the same size */
    assert_changed(directory, "link", before);
    directory_put(directory, "a/g", "1");
    assert_changed(directory, "link", before);
    directory_remove(directory, "a/g");
    assert_changed(directory, "link", before);
    directory_link(directory, "b", "link");
    assert_changed(directory, "link", before);
    struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(directory->fd, "b/f", times, 0), 0);
    assert_changed(directory, "link", before);
}

static void test_young_files_are_not_settled(void **state)
{
    const struct directory *directory = *state;
    struct bundle_print print;
    directory_put(directory, "m/f", "1");
    assert_true(bundle_print_take(directory->fd, "m", &limits, &print, NULL));
    assert_false(print.settled);
    for (int i = 0; i < 200 && !print.settled; i++) {
        usleep(10000);
        assert_true(bundle_print_take(directory->fd, "m", &limits, &print, NULL));
    }
    assert_true(print.settled);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_files),
        CASE(test_lone_file),
        CASE(test_empty),
        CASE(test_refusals),
        CASE(test_print_differs_after_changes),
        CASE(test_young_files_are_not_settled),
    };
    return cmocka_run_group_tests_name("registry/bundle", tests, NULL, NULL);
}

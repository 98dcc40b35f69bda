#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "directory.h"
#include "registry/listing.h"

/* In the place of the library's: after `readable` entries comes an error, or `junk` without end. */
static long readable = -1;
static bool junk;

struct dirent *readdir(DIR *directory)
{
    static struct dirent entry = {.d_name = "junk"};
    static struct dirent *(*real)(DIR * directory);
    if (real == NULL) {
        void *found = dlsym(RTLD_NEXT, sizeof(long) == 8 ? "readdir64" : "readdir");
        memcpy(&real, &found, sizeof real);
    }
    if (readable == 0 && junk)
        return &entry;
    if (readable == 0) {
        errno = EIO;
        return NULL;
    }
    readable -= readable > 0;
    return real(directory);
}

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

static void assert_lists(const struct directory *directory, size_t limit, const char *expected,
                         bool cut)
{
    struct listing listing;
    struct err err = ERR_INIT;
    char text[512] = "";
    assert_true(listing_read(directory->fd, limit, &listing, &err));
    for (size_t i = 0; i < listing.count; i++) {
        const struct listing_model *model = &listing.models[i];
        size_t length = strlen(text);
        length += (size_t)snprintf(text + length, sizeof text - length, "%s:", model->name);
        for (size_t j = 0; j < model->count; j++)
            length += (size_t)snprintf(text + length, sizeof text - length, " %s%s",
                                       model->versions[j].version,
                                       model->versions[j].alone ? "(alone)" : "");
        snprintf(text + length, sizeof text - length, "\n");
    }
    assert_string_equal(text, expected);
    assert_int_equal(listing.cut, cut);
    listing_finish(&listing);
    assert_int_equal(listing.count, 0);
}

static void test_names_and_versions(void **state)
{
    const struct directory *directory = *state;
    assert_lists(directory, 10, "", false);
    directory_put(directory, "wine/9/model.json", "");
    directory_put(directory, "wine/10/model.json", "");
    directory_folder(directory, "iris/1");
    directory_folder(directory, "bare");
    directory_put(directory, "alone.json", "");
    directory_put(directory, "wine.json", ""); /* version 1 of the directory's model */
    directory_put(directory, "iris.json", ""); /* hidden by the directory's own version 1 */
    assert_lists(directory, 10, "alone: 1(alone)\nbare:\niris: 1\nwine: 10 9 1(alone)\n", false);
}

static void test_what_is_passed_over(void **state)
{
    const struct directory *directory = *state;
    directory_put(directory, "README.md", "");
    directory_put(directory, ".hidden/1/model.json", "");
    directory_put(directory, ".hidden.json", "");
    directory_put(directory, ".json", "");
    directory_put(directory, "a b/1/model.json", "");
    directory_put(directory, "m/file", "");
    directory_put(directory, "m/.2/x", "");
    directory_link(directory, "nowhere", "dangling");
    directory_link(directory, "loop", "loop");
    directory_link(directory, "../m", "m/7"); /* a directory, by a link */
    assert_int_equal(mkfifoat(directory->fd, "pipe.json", 0600), 0);
    assert_lists(directory, 10, "m: 7\n", false);
}

static void test_limit(void **state)
{
    const struct directory *directory = *state;
    for (int i = 0; i < 5; i++) {
        char name[32];
        snprintf(name, sizeof name, "m%d/%d", i, i);
        directory_folder(directory, name);
        snprintf(name, sizeof name, "m0/%d", i + 8);
        directory_folder(directory, name);
    }
    assert_lists(directory, 2, "m0: 12 11\nm1: 1\n", true);
    assert_lists(directory, 6, "m0: 12 11 10 9 8 0\nm1: 1\nm2: 2\nm3: 3\nm4: 4\n", false);
}

/* What cannot be seen for the moment is not gone. */
static void test_half_a_list_is_none(void **state)
{
    const struct directory *directory = *state;
    struct listing listing;
    struct err err = ERR_INIT;
    directory_folder(directory, "m/1");
    directory_folder(directory, "m/2");
    for (int round = 0; round < 2; round++) {
        junk = round == 1;
        readable = 1;
        assert_false(listing_read(directory->fd, 10, &listing, &err));
        assert_int_equal(err.code, junk ? ERR_LIMIT : ERR_IO);
        listing_finish(&listing);
        readable = 3 + 1 + 2; /* ".", "..", "m", the end; then of m's four */
        assert_true(listing_read(directory->fd, 10, &listing, &err));
        readable = -1;
        assert_int_equal(listing.count, 1);
        assert_true(listing.models[0].unreadable);
        assert_int_equal(listing.cut, junk);
        listing_finish(&listing);
    }
}

static void test_no_directory(void **state)
{
    (void)state;
    struct listing listing;
    struct err err = ERR_INIT;
    assert_false(listing_read(-1, 10, &listing, &err));
    assert_int_equal(err.code, ERR_IO);
    listing_finish(&listing);
    listing_finish(NULL);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_names_and_versions),  CASE(test_what_is_passed_over), CASE(test_limit),
        CASE(test_half_a_list_is_none), CASE(test_no_directory),
    };
    return cmocka_run_group_tests_name("registry/listing", tests, NULL, NULL);
}

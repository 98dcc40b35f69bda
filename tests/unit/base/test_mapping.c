#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mapping.h"

/* An open file of `size` bytes, each the low byte of its place, that no directory knows. */
static int file_make(size_t size)
{
    char path[] = "/tmp/omen-test-mapping-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    char *bytes = malloc(size + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)i;
    assert_int_equal(write(fd, bytes, size), size);
    free(bytes);
    return fd;
}

static void assert_holds(const struct mapping *mapping, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        assert_int_equal(mapping->data[i], (char)i);
}

/* How many of its pages this process has in memory, from the kernel's own count. */
static size_t pages_held(const struct mapping *mapping)
{
    char line[256];
    size_t held = 0, page = (size_t)sysconf(_SC_PAGESIZE);
    bool inside = false;
    FILE *maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long long begin, end, kilobytes;
        if (sscanf(line, "%llx-%llx ", &begin, &end) == 2)
            inside = begin >= (uintptr_t)mapping->data &&
                     begin < (uintptr_t)mapping->data + mapping->room;
        else if (inside && sscanf(line, "Rss: %llu kB", &kilobytes) == 1)
            held += (size_t)kilobytes * 1024 / page;
    }
    fclose(maps);
    return held;
}

static void test_a_file_of_any_size_has_a_nul_behind_it(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t sizes[] = {0, 1, page - 1, page, page + 1, 3 * page};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct mapping mapping;
        struct err err = ERR_INIT;
        int fd = file_make(sizes[i]);
        assert_true(mapping_open(fd, sizes[i], &mapping, &err));
        close(fd);
        assert_int_equal(mapping.size, sizes[i]);
        assert_holds(&mapping, 0, sizes[i]);
        assert_int_equal(mapping.data[sizes[i]], '\0');
        assert_true(mapping_is_whole(&mapping));
        mapping_close(&mapping);
        assert_null(mapping.data);
    }
}

static void test_what_was_released_can_be_read_again(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 64 * page;
    struct mapping mapping;
    struct err err = ERR_INIT;
    int fd = file_make(size);
    (void)state;
    assert_true(mapping_open(fd, size, &mapping, &err));
    assert_holds(&mapping, 0, size);
    assert_true(pages_held(&mapping) >= 64);
    /* The page in which the release ends is kept. */
    mapping_release(mapping.data, mapping.data + 63 * page + 1);
    assert_true(pages_held(&mapping) <= 2);
    assert_holds(&mapping, 0, size);
    mapping_release(mapping.data + 5, mapping.data + 5);
    mapping_release(&size, &size + 1); /* in no mapping */
    assert_true(mapping_is_whole(&mapping));
    mapping_close(&mapping);
    close(fd);
}

static void test_a_file_that_is_cut_reads_as_zeros_and_is_not_whole(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 10 * page;
    struct mapping mapping, other;
    struct err err = ERR_INIT;
    int fd = file_make(size), untouched = file_make(size);
    (void)state;
    assert_true(mapping_open(fd, size, &mapping, &err));
    assert_true(mapping_open(untouched, size, &other, &err));
    assert_holds(&mapping, 0, page);
    assert_int_equal(ftruncate(fd, (off_t)(2 * page + 7)), 0);
    assert_holds(&mapping, 0, 2 * page + 7);
    assert_true(mapping_is_whole(&mapping)); /* nothing that is missing was asked for */
    for (size_t i = 2 * page + 7; i <= size; i++)
        assert_int_equal(mapping.data[i], '\0');
    assert_false(mapping_is_whole(&mapping));
    assert_holds(&other, 0, size);
    assert_true(mapping_is_whole(&other));
    mapping_close(&mapping);
    mapping_close(&other);
    close(fd);
    close(untouched);
}

static void test_mappings_are_few_and_their_places_are_used_again(void **state)
{
    struct mapping mappings[64];
    size_t count = 0;
    struct err err = ERR_INIT;
    int fd = file_make(100);
    (void)state;
    for (int round = 0; round < 3; round++) {
        while (count < 64 && mapping_open(fd, 100, &mappings[count], &err))
            count++;
        assert_in_range(count, 2, 63);
        assert_int_equal(err.code, ERR_LIMIT);
        assert_null(mappings[count].data);
        while (count > 0)
            mapping_close(&mappings[--count]);
    }
    mapping_close(&mappings[0]); /* once more does nothing */
    mapping_close(NULL);
    close(fd);
}

static void test_what_cannot_be_mapped_is_an_error(void **state)
{
    struct mapping mapping;
    struct err err = ERR_INIT;
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_false(mapping_open(ends[0], 100, &mapping, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_null(mapping.data);
    assert_false(mapping_open(ends[0], SIZE_MAX, &mapping, &err));
    assert_int_equal(err.code, ERR_LIMIT);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_of_any_size_has_a_nul_behind_it),
        cmocka_unit_test(test_what_was_released_can_be_read_again),
        cmocka_unit_test(test_a_file_that_is_cut_reads_as_zeros_and_is_not_whole),
        cmocka_unit_test(test_mappings_are_few_and_their_places_are_used_again),
        cmocka_unit_test(test_what_cannot_be_mapped_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

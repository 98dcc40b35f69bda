#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture.h"
#include "registry/registry_private.h"
#include "registry/watch.h"

#define HOUR (3600 * CLOCK_NS_PER_S)
#define PATIENCE_MS 10000 /* so long a sick test waits; a well one does not */

static void put(struct fixture *fixture, const char *name, int value)
{
    directory_put(&fixture->directory, name, document(value, value + 1));
}

static void await(struct fixture *fixture, const char *name, double expected)
{
    double answer = 0;
    for (int i = 0; i < PATIENCE_MS; i++) {
        answer = fixture_answer(fixture, name, NULL, NULL);
        if (answer == expected)
            return;
        usleep(1000);
    }
    assert_true(answer == expected);
}

static void test_everything_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    const struct directory *directory = &fixture->directory;
    put(fixture, "m/1/model.json", 1);
    struct watch *watch = watch_create(fixture->registry, HOUR, NULL);
    assert_non_null(watch);
    await(fixture, "m", 1);
    put(fixture, "m/1/model.json", 2); /* a file replaced */
    await(fixture, "m", 2);
    put(fixture, "m/2/model.json", 3); /* a version */
    await(fixture, "m", 3);
    put(fixture, "m/2/model.json", 4); /* a file of a version that came later */
    await(fixture, "m", 4);
    put(fixture, "n/1/model.json", 5); /* a model, made step by step */
    await(fixture, "n", 5);
    put(fixture, "n.json", 6); /* hidden by n/1 */
    put(fixture, "o.json", 7);
    await(fixture, "o", 7);
    assert_true(fixture_answer(fixture, "n", NULL, NULL) == 5);
    directory_remove(directory, "m/2");
    await(fixture, "m", 2);
    directory_remove(directory, "m");
    await(fixture, "m", -1);
    watch_destroy(watch);
    watch_destroy(NULL);
}

static void test_the_first_scan_can_be_awaited(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    struct watch *watch = watch_create(fixture->registry, HOUR, NULL);
    assert_true(watch_wait(watch, PATIENCE_MS * CLOCK_NS_PER_MS));
    assert_true(fixture_answer(fixture, "m", NULL, NULL) == 1);
    assert_true(watch_wait(watch, 0)); /* and stays so */
    watch_destroy(watch);
}

static void test_written_in_place(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    struct watch *watch = watch_create(fixture->registry, HOUR, NULL);
    await(fixture, "m", 1);
    const char *text = document(2, 3);
    int fd = openat(fixture->directory.fd, "m/1/model.json", O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t i = 0; i < strlen(text); i += 20) {
        size_t size = strlen(text + i) < 20 ? strlen(text + i) : 20;
        assert_int_equal(write(fd, text + i, size), size);
        usleep(10000);
        double answer = fixture_answer(fixture, "m", NULL, NULL);
        assert_true(answer == 1 || answer == 2);
    }
    close(fd);
    await(fixture, "m", 2);
    watch_destroy(watch);
}

static void test_links_are_flipped(void **state)
{
    struct fixture *fixture = *state;
    const struct directory *directory = &fixture->directory;
    char name[32];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, ".store/%d/model.json", i);
        put(fixture, name, i);
    }
    directory_link(directory, "../.store/0", "m/1");
    struct watch *watch = watch_create(fixture->registry, HOUR, NULL);
    await(fixture, "m", 0);
    for (int i = 1; i < 5; i++) {
        snprintf(name, sizeof name, "../.store/%d", i);
        directory_link(directory, name, "m/1");
        await(fixture, "m", i);
    }
    put(fixture, ".store/4/model.json", 9); /* behind the link */
    await(fixture, "m", 9);
    watch_destroy(watch);
}

static void test_the_directory_itself(void **state)
{
    struct fixture *fixture = *state;
    char away[80];
    put(fixture, "m/1/model.json", 1);
    struct watch *watch = watch_create(fixture->registry, HOUR, NULL);
    await(fixture, "m", 1);
    snprintf(away, sizeof away, "%s.away", fixture->directory.path);
    put(fixture, ".next/m/1/model.json", 2);
    assert_int_equal(rename(fixture->directory.path, away), 0);
    char next[96];
    snprintf(next, sizeof next, "%s/.next", away);
    assert_int_equal(rename(next, fixture->directory.path), 0);
    await(fixture, "m", 2);
    watch_destroy(watch);
    struct directory old = fixture->directory;
    memcpy(old.path, away, sizeof old.path);
    old.fd = fixture->directory.fd;
    fixture->directory.fd = open(fixture->directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    directory_drop(&old);
}

static void test_periodic_scan_and_wake(void **state)
{
    struct fixture *fixture = *state;
    const struct directory *directory = &fixture->directory;
    /* A change two links away sends no event to a directory that is watched. */
    put(fixture, ".a/x", 1);
    put(fixture, ".b/x", 2);
    directory_link(directory, ".a", ".way");
    directory_link(directory, "../../.way/x", "m/1/model.json");
    struct watch *watch = watch_create(fixture->registry, 50 * CLOCK_NS_PER_MS, NULL);
    await(fixture, "m", 1);
    put(fixture, ".a/x", 3);
    await(fixture, "m", 3);
    watch_destroy(watch);
    watch = watch_create(fixture->registry, HOUR, NULL);
    await(fixture, "m", 3);
    usleep(50000);
    put(fixture, ".a/x", 4);
    watch_wake(watch);
    await(fixture, "m", 4);
    watch_destroy(watch);
}

/* The loader frees what the last request has let go, without being asked. */
static void test_collects(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    struct watch *watch = watch_create(fixture->registry, HOUR, NULL);
    await(fixture, "m", 1);
    struct model *model = registry_acquire(fixture->registry, "m", NULL, NULL);
    put(fixture, "m/1/model.json", 2);
    await(fixture, "m", 2);
    struct buf out = BUF_INIT;
    registry_describe(fixture->registry, &out);
    assert_non_null(strstr(buf_text(&out), "retired"));
    registry_release(fixture->registry, model);
    for (int i = 0; i < PATIENCE_MS; i++) {
        buf_reset(&out, 65536);
        registry_describe(fixture->registry, &out);
        if (strstr(buf_text(&out), "retired") == NULL)
            break;
        usleep(1000);
    }
    assert_null(strstr(buf_text(&out), "retired"));
    buf_finish(&out);
    watch_destroy(watch);
}

static atomic_int loads;

static bool load_slowly(const struct format_file *files, size_t count, struct artifact *artifact,
                        struct err *err)
{
    atomic_fetch_add(&loads, 1);
    usleep(50000);
    return format_load(files, count, artifact, err);
}

/* A worker that has drained does not stay for a directory full of models. */
static void test_a_scan_can_be_stopped(void **state)
{
    struct fixture *fixture = *state;
    char name[32];
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "m%d.json", i);
        put(fixture, name, i);
    }
    fixture->registry->load = load_slowly;
    struct watch *watch = watch_create(fixture->registry, HOUR, NULL);
    while (atomic_load(&loads) == 0)
        usleep(1000);
    watch_destroy(watch);
    assert_true(atomic_load(&loads) < 40);
    assert_null(strstr(buf_text(&fixture->told), "failed"));
    fixture->registry->load = format_load;
    assert_true(registry_scan(fixture->registry, NULL)); /* whoever goes on can */
    assert_true(fixture_answer(fixture, "m39", NULL, NULL) == 39);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_make, fixture_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_everything_is_noticed), CASE(test_the_first_scan_can_be_awaited),
        CASE(test_written_in_place),      CASE(test_links_are_flipped),
        CASE(test_the_directory_itself),  CASE(test_periodic_scan_and_wake),
        CASE(test_a_scan_can_be_stopped), CASE(test_collects),
    };
    return cmocka_run_group_tests_name("registry/watch", tests, NULL, NULL);
}

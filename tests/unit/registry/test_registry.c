#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "codec/json.h"
#include "fixture.h"
#include "registry/registry_private.h"

/* In the place of the library's. */
bool disk_is_broken; /* not static: the library declares read() inline */

ssize_t read(int fd, void *data, size_t size)
{
    if (!disk_is_broken)
        return syscall(SYS_read, fd, data, size);
    errno = EIO;
    return -1;
}

static void put(struct fixture *fixture, const char *name, int value)
{
    directory_put(&fixture->directory, name, document(value, value + 1));
}

static void put_bad(struct fixture *fixture, const char *name, int value)
{
    directory_put(&fixture->directory, name, document(value, value + 2));
}

static void assert_refused(struct fixture *fixture, const char *name, const char *version,
                           enum err_code code, const char *text)
{
    struct err err = ERR_INIT;
    assert_null(registry_acquire(fixture->registry, name, version, &err));
    assert_string_equal(err.text, text);
    assert_int_equal(err.code, code);
}

/* --- which version ------------------------------------------------------------------------- */

static void test_newest_is_the_default(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/9/model.json", 9);
    put(fixture, "m/10/model.json", 10);
    put(fixture, "m/8/model.json", 8);
    assert_false(registry_is_ready(fixture->registry));
    fixture_scan(fixture, "live m 10\nlive m 9\n"); /* keep is 2 */
    assert_true(registry_is_ready(fixture->registry));
    fixture_expect(fixture, "m", "10", 10);
    assert_true(fixture_answer(fixture, "m", "9", NULL) == 9);
    assert_refused(fixture, "m", "8", ERR_NOT_FOUND,
                   "no such version of m is live; there is: 10, 9");
    fixture_scan(fixture, "");
    put(fixture, "m/11/model.json", 11);
    fixture_scan(fixture, "live m 11\nretired m 9\n");
    fixture_expect(fixture, "m", "11", 11);
}

static void test_which_model(void **state)
{
    struct fixture *fixture = *state;
    assert_refused(fixture, "m", NULL, ERR_UNAVAILABLE, "the models are still being loaded");
    fixture_scan(fixture, "");
    assert_refused(fixture, "", "", ERR_UNAVAILABLE, "there is no model");
    directory_folder(&fixture->directory, "empty");
    put(fixture, "wine.json", 1);
    fixture_scan(fixture, "live wine 1\n");
    fixture_expect(fixture, NULL, "1", 1); /* the only one */
    put(fixture, "iris/1/model.json", 2);
    fixture_scan(fixture, "live iris 1\n");
    assert_refused(fixture, "", NULL, ERR_NOT_FOUND,
                   "no model is the default, so name one; there is: iris, wine");
    assert_refused(fixture, "roses", NULL, ERR_NOT_FOUND, "no such model; there is: iris, wine");
    registry_set_default(fixture->registry, "iris");
    fixture_expect(fixture, NULL, "1", 2);
    registry_set_default(fixture->registry, "gone");
    assert_refused(fixture, NULL, NULL, ERR_NOT_FOUND,
                   "the default model is not there; there is: iris, wine");
    registry_set_default(fixture->registry, "");
    assert_refused(fixture, "iris", "7", ERR_NOT_FOUND,
                   "no such version of iris is live; there is: 1");
}

static void test_many_names_are_cut(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 50; i++) {
        char name[64];
        snprintf(name, sizeof name, "a-model-with-a-long-name-%02d.json", i);
        put(fixture, name, i);
    }
    assert_true(registry_scan(fixture->registry, NULL));
    struct err err = ERR_INIT;
    assert_null(registry_acquire(fixture->registry, "x", NULL, &err));
    size_t length = strlen(err.text);
    assert_true(length < 450);
    assert_string_equal(err.text + length - 5, ", ...");
    put(fixture, "one-too-many.json", 1);
    fixture_scan(fixture, "failed  \n");
    assert_string_equal(buf_text(&fixture->reasons),
                        "more than 50 models, or versions of one; the others are ignored\n");
    fixture_scan(fixture, ""); /* told once */
}

/* --- refusals ------------------------------------------------------------------------------ */

static void test_a_bad_version_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    fixture_scan(fixture, "live m 1\n");
    put_bad(fixture, "m/2/model.json", 2);
    directory_put(&fixture->directory, "m/3/model.json", "{");
    fixture_scan(fixture, "failed m 3\nfailed m 2\n");
    assert_non_null(strstr(
        buf_text(&fixture->reasons),
        "golden row 0, output \"value\": expected 4, got 3; they differ by 1, a part of 0.25\n"));
    fixture_expect(fixture, "m", "1", 1);
    assert_refused(fixture, "m", "2", ERR_NOT_FOUND, "no such version of m is live; there is: 1");
    fixture_scan(fixture, ""); /* not told, not tried again */
    put(fixture, "m/2/model.json", 2);
    fixture_scan(fixture, "live m 2\n");
    fixture_expect(fixture, "m", "2", 2);
    put(fixture, "m/4/model.json", 4);
    fixture_scan(fixture, "live m 4\nretired m 1\n"); /* bad ones do not count to keep */
    fixture_expect(fixture, "m", "4", 4);
}

static void test_the_last_good_version_stays(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    fixture_scan(fixture, "live m 1\n");
    for (int i = 2; i < 8; i++) {
        char name[32];
        snprintf(name, sizeof name, "m/%d/model.json", i);
        put_bad(fixture, name, i);
    }
    fixture_scan(fixture,
                 "failed m 7\nfailed m 6\nfailed m 5\nfailed m 4\nfailed m 3\nfailed m 2\n");
    fixture_expect(fixture, "m", "1", 1);
}

static void test_all_bad(void **state)
{
    struct fixture *fixture = *state;
    put_bad(fixture, "m/1/model.json", 1);
    directory_folder(&fixture->directory, "m/2");
    fixture_scan(fixture, "failed m 2\nfailed m 1\nunavailable m \n");
    assert_false(registry_is_ready(fixture->registry));
    assert_refused(fixture, "m", NULL, ERR_UNAVAILABLE, "no version of m is live");
    assert_refused(fixture, "m", "1", ERR_UNAVAILABLE, "no version of m is live");
    fixture_scan(fixture, "");
    put_bad(fixture, "m/1/model.json", 3); /* still bad, but it was tried again */
    fixture_scan(fixture, "failed m 1\n");
    put(fixture, "m/1/model.json", 1);
    fixture_scan(fixture, "live m 1\n");
    directory_remove(&fixture->directory, "m/1");
    fixture_scan(fixture, "retired m 1\nunavailable m \n");
}

static void test_limits(void **state)
{
    struct fixture *fixture = *state;
    static char huge[70000];
    memset(huge, ' ', sizeof huge - 1);
    directory_put(&fixture->directory, "m/1/model.json", huge);
    fixture_scan(fixture, "failed m 1\nunavailable m \n");
    assert_non_null(strstr(buf_text(&fixture->reasons), "more than 65536 bytes"));
}

static void test_touching_is_no_change(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    put_bad(fixture, "b/1/model.json", 1);
    fixture_scan(fixture, "failed b 1\nunavailable b \nlive m 1\n");
    struct model *model = registry_acquire(fixture->registry, "m", NULL, NULL);
    put(fixture, "m/1/model.json", 1); /* the same bytes in another file */
    put_bad(fixture, "b/1/model.json", 1);
    fixture_scan(fixture, "");
    struct model *same = registry_acquire(fixture->registry, "m", NULL, NULL);
    assert_ptr_equal(model, same);
    registry_release(fixture->registry, model);
    registry_release(fixture->registry, same);
    registry_release(fixture->registry, NULL);
}

/* --- replacing and going ------------------------------------------------------------------- */

static void test_replaced_in_place(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    fixture_scan(fixture, "live m 1\n");
    put(fixture, "m/1/model.json", 5);
    fixture_scan(fixture, "replaced m 1\n");
    fixture_expect(fixture, "m", "1", 5);
    put_bad(fixture, "m/1/model.json", 6);
    fixture_scan(fixture, "failed m 1\n");
    fixture_expect(fixture, "m", "1", 5);
    put(fixture, "m/1/model.json", 5); /* taken back */
    fixture_scan(fixture, "");
    fixture_expect(fixture, "m", "1", 5);
}

static void test_flipped_link(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, ".store/a/model.json", 1);
    put(fixture, ".store/b/model.json", 2);
    directory_link(&fixture->directory, "../.store/a", "m/1");
    fixture_scan(fixture, "live m 1\n");
    directory_link(&fixture->directory, "../.store/b", "m/1");
    fixture_scan(fixture, "replaced m 1\n");
    fixture_expect(fixture, "m", "1", 2);
}

static void test_from_document_to_directory(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m.json", 1);
    fixture_scan(fixture, "live m 1\n");
    put(fixture, "m/1/model.json", 2);
    fixture_scan(fixture, "replaced m 1\n");
    fixture_expect(fixture, "m", "1", 2);
    directory_remove(&fixture->directory, "m.json");
    fixture_scan(fixture, "");
    directory_remove(&fixture->directory, "m");
    fixture_scan(fixture, "retired m 1\nremoved m \n");
    assert_false(registry_is_ready(fixture->registry));
}

static void test_fall_back(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    put(fixture, "m/2/model.json", 2);
    put(fixture, "m/3/model.json", 3);
    fixture_scan(fixture, "live m 3\nlive m 2\n");
    directory_remove(&fixture->directory, "m/3");
    fixture_scan(fixture, "live m 1\nretired m 3\n");
    fixture_expect(fixture, "m", "2", 2);
}

static void test_an_unreadable_directory_keeps_all(void **state)
{
    struct fixture *fixture = *state;
    char away[80];
    struct err err = ERR_INIT;
    put(fixture, "m/1/model.json", 1);
    fixture_scan(fixture, "live m 1\n");
    snprintf(away, sizeof away, "%s.away", fixture->directory.path);
    assert_int_equal(rename(fixture->directory.path, away), 0);
    buf_reset(&fixture->told, 65536);
    assert_false(registry_scan(fixture->registry, &err));
    assert_false(registry_scan(fixture->registry, NULL));
    assert_int_equal(err.code, ERR_IO);
    assert_string_equal(buf_text(&fixture->told), "failed  \n"); /* told once */
    fixture_expect(fixture, "m", "1", 1);
    assert_int_equal(rename(away, fixture->directory.path), 0);
    fixture_scan(fixture, "");
}

static bool collect_is_due(const struct fixture *fixture)
{
    struct pollfd fd = {.fd = registry_collect_fd(fixture->registry), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

static void test_a_request_ends_on_its_version(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    fixture_scan(fixture, "live m 1\n");
    struct model *old = registry_acquire(fixture->registry, "m", NULL, NULL);
    struct model *older = registry_acquire(fixture->registry, "m", NULL, NULL);
    put(fixture, "m/1/model.json", 2);
    fixture_scan(fixture, "replaced m 1\n");
    assert_int_equal(registry_collect(fixture->registry), 1);
    assert_false(collect_is_due(fixture));
    struct buf out = BUF_INIT;
    registry_describe(fixture->registry, &out);
    assert_non_null(strstr(buf_text(&out), "\"state\":\"retired\""));
    registry_release(fixture->registry, old);
    assert_false(collect_is_due(fixture));
    assert_int_equal(older->artifact.graph->output_count, 1); /* still whole */
    registry_release(fixture->registry, older);
    assert_true(collect_is_due(fixture));
    assert_int_equal(registry_collect(fixture->registry), 0);
    assert_false(collect_is_due(fixture));
    buf_reset(&out, 0);
    registry_describe(fixture->registry, &out);
    assert_null(strstr(buf_text(&out), "\"state\":\"retired\""));
    buf_finish(&out);
}

static void test_all_at_once(void **state)
{
    struct fixture *fixture = *state;
    struct model **models;
    size_t count;
    uint64_t before = registry_generation(fixture->registry);
    assert_true(registry_acquire_all(fixture->registry, &models, &count));
    assert_int_equal(count, 0);
    assert_null(models);
    put(fixture, "b/1/model.json", 1);
    put(fixture, "b/2/model.json", 2);
    put_bad(fixture, "a/1/model.json", 3);
    put(fixture, "c.json", 4);
    assert_true(registry_scan(fixture->registry, NULL));
    uint64_t after = registry_generation(fixture->registry);
    assert_true(after != before);
    assert_true(registry_acquire_all(fixture->registry, &models, &count));
    assert_int_equal(count, 2);
    assert_string_equal(models[0]->name, "b");
    assert_string_equal(models[0]->version, "2");
    assert_string_equal(models[1]->name, "c");
    directory_remove(&fixture->directory, "c.json");
    assert_true(registry_scan(fixture->registry, NULL));
    assert_true(registry_generation(fixture->registry) != after);
    assert_string_equal(models[1]->version, "1"); /* still held */
    for (size_t i = 0; i < count; i++)
        registry_release(fixture->registry, models[i]);
    free(models);
    after = registry_generation(fixture->registry);
    assert_true(registry_scan(fixture->registry, NULL)); /* nothing new */
    assert_true(registry_generation(fixture->registry) == after);
    registry_set_default(fixture->registry, "b");
    assert_true(registry_generation(fixture->registry) != after);
}

/* --- what operators see -------------------------------------------------------------------- */

static const struct json *entry(const struct json *models, size_t index, const char *name,
                                const char *version, const char *status)
{
    bool found;
    const struct json *object = json_array_at(models, index);
    assert_string_equal(json_string(json_object_get(object, "name", &found), NULL), name);
    assert_string_equal(json_string(json_object_get(object, "version", &found), NULL), version);
    assert_string_equal(json_string(json_object_get(object, "state", &found), NULL), status);
    return object;
}

static void test_describe(void **state)
{
    struct fixture *fixture = *state;
    struct buf out = BUF_INIT;
    struct json *root;
    bool found;
    put(fixture, "m/1/model.json", 1);
    put(fixture, "m/2/model.json", 2);
    put_bad(fixture, "m/3/model.json", 3);
    assert_true(registry_scan(fixture->registry, NULL));
    put_bad(fixture, "m/2/model.json", 2);
    assert_true(registry_scan(fixture->registry, NULL));
    buf_put_char(&out, '{');
    registry_describe(fixture->registry, &out);
    buf_put_char(&out, '}');
    assert_true(json_parse(buf_text(&out), out.length, &root, NULL));
    const struct json *models = json_object_get(root, "models", &found);
    assert_int_equal(json_array_length(models), 4);
    const struct json *bad = entry(models, 0, "m", "3", "failed");
    assert_non_null(strstr(json_string(json_object_get(bad, "reason", &found), NULL), "golden"));
    const struct json *live = entry(models, 1, "m", "2", "live");
    assert_true(json_bool(json_object_get(live, "default", &found)));
    assert_string_equal(json_string(json_object_get(live, "format", &found), NULL), "omen/1");
    size_t length;
    json_string(json_object_get(live, "digest", &found), &length);
    assert_int_equal(length, 64);
    assert_true(json_number(json_object_get(live, "bytes", &found)) > 100);
    assert_true(json_number(json_object_get(live, "load_ms", &found)) >= 0);
    json_string(json_object_get(live, "loaded_at", &found), &length);
    assert_int_equal(length, 24);
    entry(models, 2, "m", "2", "failed"); /* what should have replaced it */
    live = entry(models, 3, "m", "1", "live");
    assert_false(json_bool(json_object_get(live, "default", &found)));
    json_free(root);
    buf_finish(&out);
}

static void test_metrics(void **state)
{
    struct fixture *fixture = *state;
    struct buf out = BUF_INIT;
    put(fixture, "m/1/model.json", 1);
    put_bad(fixture, "m/2/model.json", 2);
    assert_true(registry_scan(fixture->registry, NULL));
    put(fixture, "m/1/model.json", 7);
    assert_true(registry_scan(fixture->registry, NULL));
    metrics_render(fixture->metrics, &out);
    static const char *const lines[] = {
        "\nomen_model_live{model=\"m\",version=\"2\"} 0\n",
        "\nomen_model_live{model=\"m\",version=\"1\"} 1\n",
        "\nomen_model_load_seconds{model=\"m\",version=\"1\"} ",
        "\nomen_model_loaded_timestamp_seconds{model=\"m\",version=\"1\"} ",
        "\nomen_model_age_seconds{model=\"m\",version=\"1\"} ",
        "\nomen_model_memory_bytes{model=\"m\",version=\"1\"} ",
        "\nomen_models_retired 0\n",
        "\nomen_model_loads_total{model=\"m\"} 2\n",
        "\nomen_model_failures_total{model=\"m\"} 1\n",
        "\nomen_model_swaps_total 1\n",
        "\nomen_rows_total{model=\"m\",version=\"1\"} 0\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (strstr(buf_text(&out), lines[i]) == NULL)
            print_message("# missing: %s", lines[i]);
        assert_non_null(strstr(buf_text(&out), lines[i]));
    }
    directory_remove(&fixture->directory, "m");
    assert_true(registry_scan(fixture->registry, NULL));
    buf_reset(&out, 0);
    metrics_render(fixture->metrics, &out);
    assert_null(strstr(buf_text(&out), "model=\"m\"")); /* nothing is left behind */
    buf_finish(&out);
}

/* --- a loader of our own ------------------------------------------------------------------- */

static bool load_no_memory(const struct format_file *files, size_t count, struct artifact *artifact,
                           struct err *err)
{
    (void)files;
    (void)count;
    *artifact = (struct artifact){0};
    return err_set(err, ERR_MEMORY, "no memory for the model");
}

static bool load_nothing(const struct format_file *files, size_t count, struct artifact *artifact,
                         struct err *err)
{
    (void)files;
    (void)count;
    (void)err;
    *artifact = (struct artifact){0};
    return true;
}

/* That is not the files' fault, so it is tried again though they stay the same. */
static void test_no_memory_is_tried_again(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    fixture->registry->load = load_no_memory;
    fixture_scan(fixture, "failed m 1\nunavailable m \n");
    fixture_scan(fixture, "");
    fixture->registry->load = format_load;
    fixture_scan(fixture, "live m 1\n");
}

/* A disk, a share or a table of descriptors that is well again changes no time stamp. */
static void test_what_cannot_be_read_is_tried_again(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL); /* so that it is no young file */
    disk_is_broken = true;
    fixture_scan(fixture, "failed m 1\nunavailable m \n");
    fixture_scan(fixture, "");
    disk_is_broken = false;
    fixture_scan(fixture, "live m 1\n");
}

static void test_a_format_that_makes_nothing(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "m/1/model.json", 1);
    fixture->registry->load = load_nothing;
    fixture_scan(fixture, "failed m 1\nunavailable m \n");
}

/* --- threads ------------------------------------------------------------------------------- */

#define USERS 3
#define SWAPS 60

struct crowd {
    struct fixture *fixture;
    atomic_bool stop;
    atomic_size_t answers, wrong;
};

/* Version v answers v x 1000 + the swap; whatever it is, it belongs to the version. */
static void *use(void *context)
{
    struct crowd *crowd = context;
    struct buf out = BUF_INIT;
    while (!atomic_load(&crowd->stop)) {
        char version[32] = "0";
        double answer = fixture_answer(crowd->fixture, "m", NULL, version);
        bool right = (int)answer / 1000 == atoi(version) && answer >= 1000;
        atomic_fetch_add(right ? &crowd->answers : &crowd->wrong, 1);
        buf_reset(&out, 65536);
        registry_describe(crowd->fixture->registry, &out);
        metrics_render(crowd->fixture->metrics, &out);
    }
    buf_finish(&out);
    return NULL;
}

static void test_swaps_under_use(void **state)
{
    struct fixture *fixture = *state;
    struct crowd crowd = {.fixture = fixture};
    pthread_t threads[USERS];
    put(fixture, "m/1/model.json", 1000);
    fixture_scan(fixture, "live m 1\n");
    for (int i = 0; i < USERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, &crowd), 0);
    for (int i = 1; i <= SWAPS; i++) {
        char name[32];
        int version = 1 + i / 10;
        snprintf(name, sizeof name, "m/%d/model.json", version);
        put(fixture, name, version * 1000 + i);
        assert_true(registry_scan(fixture->registry, NULL));
        while (atomic_load(&crowd.answers) < (size_t)i)
            usleep(1000);
    }
    atomic_store(&crowd.stop, true);
    for (int i = 0; i < USERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crowd.wrong), 0);
    assert_int_equal(registry_collect(fixture->registry), 0);
    fixture_expect(fixture, "m", "7", 7060);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_make, fixture_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_newest_is_the_default),
        CASE(test_which_model),
        CASE(test_many_names_are_cut),
        CASE(test_a_bad_version_changes_nothing),
        CASE(test_the_last_good_version_stays),
        CASE(test_all_bad),
        CASE(test_limits),
        CASE(test_touching_is_no_change),
        CASE(test_replaced_in_place),
        CASE(test_flipped_link),
        CASE(test_from_document_to_directory),
        CASE(test_fall_back),
        CASE(test_an_unreadable_directory_keeps_all),
        CASE(test_a_request_ends_on_its_version),
        CASE(test_all_at_once),
        CASE(test_describe),
        CASE(test_metrics),
        CASE(test_no_memory_is_tried_again),
        CASE(test_what_cannot_be_read_is_tried_again),
        CASE(test_a_format_that_makes_nothing),
        CASE(test_swaps_under_use),
    };
    return cmocka_run_group_tests_name("registry/registry", tests, NULL, NULL);
}

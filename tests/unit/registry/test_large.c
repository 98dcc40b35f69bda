/* Files so large that a bundle maps them: what models are made of them, and what happens when
 * somebody writes to such a file while it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "fixture.h"
#include "registry/bundle.h"
#include "registry/registry_private.h"

#define LARGE ((size_t)9 << 20)
#define FILE_NAME "m/1/model"

static const struct bundle_limits limits = {.max_bytes = (size_t)1 << 30, .max_files = 3};

/* --- large files --------------------------------------------------------------------------- */

static void pad(struct buf *text)
{
    static const char blanks[] = "                                                              \n";
    while (text->length < LARGE)
        buf_put_text(text, blanks);
}

static void put_document(struct buf *text)
{
    buf_put_text(text, document(1, 2));
    pad(text);
}

static void put_xgboost(struct buf *text)
{
    size_t count = 0;
    buf_put_text(text, "{\"learner\":{\"gradient_booster\":{\"model\":{\"trees\":[");
    for (; text->length < LARGE; count++)
        buf_printf(text,
                   "%s{\"base_weights\":[0,1,2],\"default_left\":[0,0,0],\"id\":%zu,"
                   "\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],"
                   "\"split_conditions\":[5.0E-1,1.0E-3,2.0E-3],\"split_indices\":[1,0,0],"
                   "\"tree_param\":{\"num_nodes\":\"3\",\"size_leaf_vector\":\"1\"}}",
                   count > 0 ? "," : "", count);
    buf_put_text(text, "],\"tree_info\":[0");
    for (size_t i = 1; i < count; i++)
        buf_put_text(text, ",0");
    buf_printf(text,
               "],\"gbtree_model_param\":{\"num_trees\":\"%zu\"}},\"name\":\"gbtree\"},"
               "\"learner_model_param\":{\"base_score\":\"5E-1\",\"num_class\":\"0\","
               "\"num_feature\":\"2\",\"num_target\":\"1\"},\"feature_names\":[\"a\\n\",\"b\"],"
               "\"objective\":{\"name\":\"reg:squarederror\"}},\"version\":[1,7,6]}",
               count);
}

static void put_lightgbm(struct buf *text)
{
    buf_put_text(text, "tree\nversion=v3\nnum_class=1\nnum_tree_per_iteration=1\n"
                       "max_feature_idx=1\nobjective=regression\nfeature_names=a b\n"
                       "feature_infos=[0:1] [0:1]\n\n");
    for (size_t i = 0; text->length < LARGE; i++)
        buf_printf(text,
                   "Tree=%zu\nnum_leaves=3\nnum_cat=0\nsplit_feature=0 1\nthreshold=0.5 0.25\n"
                   "decision_type=2 2\nleft_child=1 -1\nright_child=-3 -2\n"
                   "leaf_value=0.001 0.002 0.003\nshrinkage=1\n\n",
                   i);
    buf_put_text(text, "end of trees\n\nparameters:\nend of parameters\n");
}

struct kind {
    const char *name;
    void (*put)(struct buf *text);
};
static const struct kind kinds[] = {
    {"omen/1", put_document}, {"xgboost", put_xgboost}, {"lightgbm", put_lightgbm}};
#define KINDS (sizeof kinds / sizeof kinds[0])

static void put_kind(const struct directory *directory, const struct kind *kind, struct buf *text)
{
    text->length = 0;
    kind->put(text);
    assert_false(text->failed);
    directory_put_bytes(directory, FILE_NAME, text->data, text->length);
}

static void test_they_are_mapped_and_become_models(void **state)
{
    const struct fixture *fixture = *state;
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < KINDS; i++) {
        struct bundle bundle;
        struct bundle_print print;
        struct artifact artifact;
        struct err err = ERR_INIT;
        char digest[DIGEST_TEXT_SIZE], line[DIGEST_TEXT_SIZE + 16];
        put_kind(&fixture->directory, &kinds[i], &text);
        assert_true(bundle_read(fixture->directory.fd, "m/1", &limits, &bundle, &print, &err));
        assert_int_equal(bundle.mapped, 1);
        assert_true(digest_sha256(text.data, text.length, digest, NULL));
        int length = snprintf(line, sizeof line, "%s  model\n", digest);
        assert_true(digest_sha256(line, (size_t)length, digest, NULL));
        assert_string_equal(bundle.digest, digest);
        assert_true(format_load(bundle.files, bundle.count, &artifact, &err));
        assert_string_equal(artifact.format, kinds[i].name);
        assert_true(bundle_is_unchanged(&bundle, &err));
        artifact_finish(&artifact);
        bundle_finish(&bundle);
    }
    buf_finish(&text);
}

/* --- and change ---------------------------------------------------------------------------- */

static int spoiled_fd = -1;
static off_t spoiled_size;

/* A file that is written again in place is empty for a while. */
static bool load_while_cut(const struct format_file *files, size_t count, struct artifact *artifact,
                           struct err *err)
{
    assert_int_equal(ftruncate(spoiled_fd, spoiled_size), 0);
    return format_load(files, count, artifact, err);
}

static void test_one_that_is_cut_is_refused_and_tried_again(void **state)
{
    struct fixture *fixture = *state;
    struct buf text = BUF_INIT;
    fixture->registry->options.max_bytes = limits.max_bytes;
    for (size_t i = 0; i < KINDS; i++) {
        put_kind(&fixture->directory, &kinds[i], &text);
        spoiled_fd = openat(fixture->directory.fd, FILE_NAME, O_WRONLY | O_CLOEXEC);
        spoiled_size = i % 2 == 0 ? 0 : (off_t)text.length / 2;
        fixture->registry->load = load_while_cut;
        fixture_scan(fixture, i == 0 ? "failed m 1\nunavailable m \n" : "failed m 1\n");
        assert_non_null(strstr(fixture->reasons.data, "changed while they were read"));
        close(spoiled_fd);
        fixture->registry->load = format_load;
        put_kind(&fixture->directory, &kinds[i], &text);
        fixture_scan(fixture, i == 0 ? "live m 1\n" : "replaced m 1\n");
    }
    buf_finish(&text);
}

struct scribbler {
    int fd;
    const struct buf *text;
    atomic_bool stop;
};

/* Writes over the file, cuts it, and makes it whole again, as fast as it can. */
static void *scribble(void *context)
{
    struct scribbler *scribbler = context;
    const struct buf *text = scribbler->text;
    uint32_t random = 12345;
    ssize_t written = 0;
    while (!atomic_load(&scribbler->stop)) {
        static const char junk[] = "9\"]}\\[{,:-\n =\0e\\u1 Tree=";
        for (int i = 0; i < 50; i++) {
            random = random * 1664525 + 1013904223;
            size_t at = random % (text->length - sizeof junk);
            written += pwrite(scribbler->fd, junk + random % 8, 1 + random % 12, (off_t)at);
        }
        if (random % 4 == 0)
            written += ftruncate(scribbler->fd, (off_t)(random % text->length));
        written += pwrite(scribbler->fd, text->data, text->length, 0);
    }
    assert_true(written > 0);
    return NULL;
}

static void load_once(const struct directory *directory, size_t *changed)
{
    struct bundle bundle;
    struct bundle_print print;
    struct artifact artifact;
    struct err err = ERR_INIT;
    if (!bundle_read(directory->fd, "m/1", &limits, &bundle, &print, &err)) {
        ++*changed;
        return;
    }
    bool ok = format_load(bundle.files, bundle.count, &artifact, &err);
    *changed += !bundle_is_unchanged(&bundle, &err);
    if (ok)
        artifact_finish(&artifact);
    bundle_finish(&bundle);
}

static void read_mapped(const struct directory *directory)
{
    struct format_file file = {.name = "model", .mapped = true};
    struct mapping mapping;
    struct artifact artifact;
    struct err err = ERR_INIT;
    assert_true(file_map_at(directory->fd, FILE_NAME, limits.max_bytes, &mapping, &err));
    file.data = mapping.data;
    file.size = mapping.size;
    if (format_load(&file, 1, &artifact, &err))
        artifact_finish(&artifact);
    mapping_close(&mapping);
}

/* Nothing is promised but that it ends well, under the sanitizers too. */
static void test_scribbling_does_no_harm(void **state)
{
    const struct fixture *fixture = *state;
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < KINDS; i++) {
        struct scribbler scribbler = {.text = &text};
        pthread_t thread;
        size_t changed = 0;
        put_kind(&fixture->directory, &kinds[i], &text);
        scribbler.fd = openat(fixture->directory.fd, FILE_NAME, O_WRONLY | O_CLOEXEC);
        assert_int_equal(pthread_create(&thread, NULL, scribble, &scribbler), 0);
        for (int round = 0; round < 12; round++) {
            load_once(&fixture->directory, &changed);
            read_mapped(&fixture->directory);
        }
        atomic_store(&scribbler.stop, true);
        pthread_join(thread, NULL);
        close(scribbler.fd);
        assert_int_not_equal(changed, 0);
    }
    buf_finish(&text);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_make, fixture_drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_they_are_mapped_and_become_models),
        CASE(test_one_that_is_cut_is_refused_and_tried_again),
        CASE(test_scribbling_does_no_harm),
    };
    return cmocka_run_group_tests_name("registry/large", tests, NULL, NULL);
}

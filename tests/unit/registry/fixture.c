#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void on_event(void *context, const char *event, const char *model, const char *version,
                     const char *reason)
{
    struct fixture *fixture = context;
    buf_printf(&fixture->told, "%s %s %s\n", event, model, version);
    if (reason != NULL)
        buf_printf(&fixture->reasons, "%s\n", reason);
}

int fixture_make(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    *state = &fixture;
    if (!directory_make(&fixture.directory))
        return -1;
    fixture.metrics = metrics_create();
    struct registry_options options = {
        .models = fixture.directory.path,
        .keep = 2,
        .max_bytes = 65536,
        .max_files = 10,
        .max_models = 50,
        .metrics = fixture.metrics,
        .on_event = on_event,
        .context = &fixture,
    };
    fixture.registry = registry_create(&options, NULL);
    return fixture.registry != NULL ? 0 : -1;
}

int fixture_drop(void **state)
{
    struct fixture *fixture = *state;
    registry_destroy(fixture->registry);
    metrics_destroy(fixture->metrics);
    buf_finish(&fixture->told);
    buf_finish(&fixture->reasons);
    directory_drop(&fixture->directory);
    return 0;
}

void fixture_scan(struct fixture *fixture, const char *expected)
{
    struct err err = ERR_INIT;
    buf_reset(&fixture->told, 65536);
    buf_reset(&fixture->reasons, 65536);
    bool ok = registry_scan(fixture->registry, &err);
    if (!ok)
        print_message("# %s\n", err.text);
    assert_true(ok);
    if (strcmp(buf_text(&fixture->told), expected) != 0)
        print_message("# reasons: %s\n", buf_text(&fixture->reasons));
    assert_string_equal(buf_text(&fixture->told), expected);
}

double fixture_answer(struct fixture *fixture, const char *name, const char *version,
                      char *answered_by)
{
    struct err err = ERR_INIT;
    struct model *model = registry_acquire(fixture->registry, name, version, &err);
    if (model == NULL)
        return -1;
    double x = 0;
    struct matrix in = {.data = &x, .rows = 1, .cols = 1, .stride = 1};
    struct matrix out[OP_OUTPUTS_MAX] = {0};
    struct arena results;
    struct arena scratch;
    arena_init(&results, 0);
    arena_init(&scratch, 0);
    assert_true(graph_run(model->artifact.graph, &in, out, 1, &results, &scratch, &err));
    double answer = out[0].data[0];
    arena_finish(&results);
    arena_finish(&scratch);
    if (answered_by != NULL)
        snprintf(answered_by, 32, "%s", model->version);
    registry_release(fixture->registry, model);
    return answer;
}

void fixture_expect(struct fixture *fixture, const char *name, const char *version, double value)
{
    char answered_by[32] = "";
    double answer = fixture_answer(fixture, name, NULL, answered_by);
    assert_string_equal(answered_by, version);
    assert_true(answer == value);
}

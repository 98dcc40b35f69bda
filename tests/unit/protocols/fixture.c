#include "fixture.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "math/init.h"
#include "protocols/openapi.h"

static const struct {
    const char *directory; /* NULL: a document by itself */
    const char *version;
    const char *document;
} models[] = {
    {"flowers", "1",
     "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"a\"},{\"name\":\"b\"}],"
     "\"model\":{\"op\":\"logistic_regression\",\"coef_\":[[1,0],[0,1],[-1,-1]],"
     "\"intercept_\":[0,0,0]},\"outputs\":{\"labels\":[\"left\",\"right\",\"none\"]}}"},
    {"people", "1",
     "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"age\",\"min\":0,\"max\":150},"
     "{\"name\":\"sex\",\"type\":\"category\",\"values\":[\"female\",\"male\"]},"
     "{\"name\":\"class\",\"type\":\"category\",\"values\":[1,2,3]},"
     "{\"name\":\"fare\",\"required\":false,\"on_missing\":\"zero\"}],"
     "\"steps\":[{\"op\":\"one_hot_encoder\",\"columns\":[\"sex\",\"class\"],"
     "\"categories_\":[[\"female\",\"male\"],[1,2,3]]}],"
     "\"model\":{\"op\":\"linear_regression\",\"coef_\":[1,0,10,100,200,300,0.5]}}"},
    {"double", "1",
     "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\"},{\"name\":\"y\"}],"
     "\"model\":{\"op\":\"linear_regression\",\"coef_\":[[1,0],[0,1]],\"intercept_\":[0,0]},"
     "\"outputs\":{\"targets\":[\"low\",\"high\"]}}"},
    {"double", "2",
     "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\"},{\"name\":\"y\"}],"
     "\"model\":{\"op\":\"linear_regression\",\"coef_\":[[1,0],[0,2]],\"intercept_\":[0,0.5]},"
     "\"outputs\":{\"targets\":[\"low\",\"high\"]}}"},
    {NULL, "line.json",
     "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\"}],"
     "\"model\":{\"op\":\"linear_regression\",\"coef_\":[2],\"intercept_\":1}}"},
};

static bool write_model(const char *directory, size_t index)
{
    char path[256];
    if (models[index].directory == NULL) {
        snprintf(path, sizeof path, "%s/%s", directory, models[index].version);
    } else {
        snprintf(path, sizeof path, "%s/%s", directory, models[index].directory);
        mkdir(path, 0700); /* may be there from another version */
        snprintf(path, sizeof path, "%s/%s/%s", directory, models[index].directory,
                 models[index].version);
        if (mkdir(path, 0700) != 0)
            return false;
        strncat(path, "/model.json", sizeof path - strlen(path) - 1);
    }
    FILE *file = fopen(path, "we");
    if (file == NULL)
        return false;
    bool ok = fputs(models[index].document, file) >= 0;
    return fclose(file) == 0 && ok;
}

static void report(void *context, const char *event, const char *model, const char *version,
                   const char *reason)
{
    (void)context;
    if (reason != NULL)
        fprintf(stderr, "%s %s/%s: %s\n", event, model, version, reason);
}

static bool open_models(struct fixture *fixture, struct err *err)
{
    snprintf(fixture->directory, sizeof fixture->directory, "/tmp/omen-protocols-XXXXXX");
    if (mkdtemp(fixture->directory) == NULL)
        return err_set(err, ERR_IO, "no temporary directory");
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        if (!write_model(fixture->directory, i))
            return err_set(err, ERR_IO, "cannot write model %zu", i);
    }
    const struct registry_options options = {
        .models = fixture->directory,
        .keep = 2,
        .max_bytes = 1 << 20,
        .max_files = 8,
        .max_models = 16,
        .on_event = report,
    };
    fixture->registry = registry_create(&options, err);
    return fixture->registry != NULL && registry_scan(fixture->registry, err);
}

static bool open_routes(struct fixture *fixture, struct err *err)
{
    fixture->context = (struct protocol_context){.registry = fixture->registry,
                                                 .max_rows = 1000,
                                                 .max_body = 1 << 20,
                                                 .version_labels = "double/old=1, double/new=2"};
    fixture->context.openapi = openapi_create(err);
    fixture->router = router_create();
    if (fixture->context.openapi == NULL)
        return false;
    return fixture->router != NULL && protocol_add_all(fixture->router, &fixture->context, err);
}

bool fixture_open(struct fixture *fixture, size_t memory)
{
    struct err err = ERR_INIT;
    memset(fixture, 0, sizeof *fixture);
    arena_init(&fixture->arena, memory);
    arena_init(&fixture->scratch, memory);
    http_response_init(&fixture->response);
    math_init();
    if (open_models(fixture, &err) && open_routes(fixture, &err))
        return true;
    fprintf(stderr, "%s\n", err.text);
    fixture_close(fixture);
    return false;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void fixture_close(struct fixture *fixture)
{
    router_destroy(fixture->router);
    openapi_destroy(fixture->context.openapi);
    registry_destroy(fixture->registry);
    http_response_finish(&fixture->response);
    arena_finish(&fixture->arena);
    arena_finish(&fixture->scratch);
    if (fixture->directory[0] != '\0')
        nftw(fixture->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    memset(fixture, 0, sizeof *fixture);
}

static const char *no_param(const struct http_request *request, const char *name)
{
    (void)request;
    (void)name;
    return NULL;
}

int fixture_request(struct fixture *fixture, enum http_method method, const char *path,
                    const char *content_type, const char *body, size_t length)
{
    int64_t now = clock_monotonic_ns();
    arena_reset(&fixture->arena, 1 << 20);
    http_response_reset(&fixture->response, 1 << 20);
    struct http_request request = {
        .method = method,
        .path = path,
        .path_length = strlen(path),
        .query = "",
        .content_type = content_type,
        .body = body,
        .body_length = length,
        .id = "test",
        .remote = "",
        .arena = &fixture->arena,
        .scratch = &fixture->scratch,
        .timing = {.queued = now, .started = now, .received = now},
        .param = no_param,
    };
    protocol_dispatch(fixture->router, &request, &fixture->response);
    return fixture->response.status;
}

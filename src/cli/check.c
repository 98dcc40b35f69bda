/* omen check: whether models load and give their trainers' answers. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/load.h"
#include "codec/json.h"
#include "registry/listing.h"
#include "registry/selftest.h"

#define PATH_SIZE 4352 /* a path, two safe names and what stands between */
#define MS (double)CLOCK_NS_PER_MS

struct check_values {
    struct load_limits limits;
    int64_t max_models;
    bool json, models;
};

static const struct config_option options[] = {
    {"form", "json", CONFIG_BOOL, offsetof(struct check_values, json), "no",
     .help = "Write a JSON object for each model, each on a line of its own."},
    {"form", "models", CONFIG_BOOL, offsetof(struct check_values, models), "no",
     .help = "Take a directory for one of models (NAME/VERSION/ and NAME.json) even if it does not "
             "look so."},
    LOAD_OPTIONS,
    {"limits", "max-models", CONFIG_INTEGER, offsetof(struct check_values, max_models), "1000", 1,
     100000, NULL,
     "Most models, and most versions of a model, that are looked at, as the worker's option of "
     "this name."},
};

struct check {
    const struct check_values *values;
    size_t good, bad, unseen; /* unseen: could not be looked at */
};

/* --- one line each ------------------------------------------------------------------------- */

static void print(struct buf *line)
{
    if (!line->failed)
        fwrite(line->data, 1, line->length, stdout);
    fflush(stdout);
    buf_finish(line);
}

static void print_json(const char *path, const struct loaded *loaded, double test_ms,
                       const struct err *err)
{
    struct buf line = BUF_INIT;
    buf_put_char(&line, '{');
    json_write_text(&line, "path", path);
    json_write_bool(&line, "ok", err == NULL);
    if (loaded != NULL) {
        json_write_text(&line, "format", loaded->artifact.format);
        json_write_size(&line, "golden_rows", loaded->artifact.golden.row_count);
        json_write_text(&line, "digest", loaded->digest);
        json_write_fixed(&line, "load_ms", (double)loaded->load_ns / MS, 3);
        json_write_fixed(&line, "test_ms", test_ms, 3);
    }
    if (err != NULL) {
        json_write_text(&line, "code", err_code_name(err->code));
        json_write_text(&line, "error", err->text);
        if (err->row != ERR_NO_ROW)
            json_write_size(&line, "row", (uint64_t)err->row);
        if (err->field[0] != '\0')
            json_write_text(&line, "output", err->field);
    }
    buf_put_text(&line, "}\n");
    print(&line);
}

static void print_text(const char *path, const struct loaded *loaded, double test_ms,
                       const struct err *err)
{
    struct buf line = BUF_INIT;
    if (err != NULL)
        buf_printf(&line, "%s: bad: %s\n", path, err->text);
    else if (loaded->artifact.golden.row_count > 0)
        buf_printf(&line,
                   "%s: good: %s, %zu golden rows agree, loaded in %.1f ms, tested in %.1f "
                   "ms\n",
                   path, loaded->artifact.format, loaded->artifact.golden.row_count,
                   (double)loaded->load_ns / MS, test_ms);
    else
        buf_printf(&line, "%s: good: %s, loaded in %.1f ms; it has no golden rows\n", path,
                   loaded->artifact.format, (double)loaded->load_ns / MS);
    print(&line);
}

static void tell(struct check *check, const char *path, const struct loaded *loaded, double test_ms,
                 const struct err *err)
{
    bool unseen =
        err != NULL && (err->code == ERR_NOT_FOUND || err->code == ERR_IO) && loaded == NULL;
    check->good += err == NULL;
    check->unseen += unseen;
    check->bad += err != NULL && !unseen;
    if (check->values->json)
        print_json(path, loaded, test_ms, err);
    else
        print_text(path, loaded, test_ms, err);
}

/* fd and inner: where it is opened; path: what it is called. */
static void check_model(struct check *check, int fd, const char *inner, const char *path)
{
    struct loaded loaded;
    struct err err = ERR_INIT;
    if (!load_model_at(fd, inner, &check->values->limits, &loaded, &err)) {
        if (err.code == ERR_NOT_FOUND && faccessat(fd, inner, F_OK, 0) == 0)
            err.code = ERR_INVALID; /* it is there, but no model is in it */
        tell(check, path, NULL, 0, &err);
        return;
    }
    int64_t begun = clock_monotonic_ns();
    bool ok = selftest_run(&loaded.artifact, &err);
    double test_ms = (double)(clock_monotonic_ns() - begun) / MS;
    tell(check, path, &loaded, test_ms, ok ? NULL : &err);
    loaded_finish(&loaded);
}

/* --- directories of models ----------------------------------------------------------------- */

static void check_versions(struct check *check, int fd, const char *path,
                           const struct listing_model *model)
{
    char inner[PATH_SIZE], whole[2 * PATH_SIZE];
    for (size_t i = 0; i < model->count; i++) {
        if (model->versions[i].alone)
            snprintf(inner, sizeof inner, "%s.json", model->name);
        else
            snprintf(inner, sizeof inner, "%s/%s", model->name, model->versions[i].version);
        snprintf(whole, sizeof whole, "%s/%s", path, inner);
        check_model(check, fd, inner, whole);
    }
}

static bool check_listing(struct check *check, int fd, const char *path, struct err *err)
{
    struct listing listing;
    bool ok = listing_read(fd, (size_t)check->values->max_models, &listing, err);
    for (size_t i = 0; ok && i < listing.count; i++) {
        if (listing.models[i].unreadable)
            ok = err_set(err, ERR_IO, "cannot list the versions of %s", listing.models[i].name);
        else
            check_versions(check, fd, path, &listing.models[i]);
    }
    if (ok && listing.cut)
        ok = err_set(err, ERR_LIMIT,
                     "more than %" PRId64 " models, or versions of one; the others are not looked "
                     "at",
                     check->values->max_models);
    if (ok && listing.count == 0)
        ok = err_set(err, ERR_NOT_FOUND, "there is no model");
    listing_finish(&listing);
    return ok;
}

static void check_models(struct check *check, const char *path)
{
    struct err err = ERR_INIT;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 ? check_listing(check, fd, path, &err)
                      : err_set_errno(&err, ERR_IO, errno, "cannot be listed");
    if (fd >= 0)
        close(fd);
    if (!ok)
        tell(check, path, NULL, 0, &err);
}

/* One model's directory of versions: NAME/1, NAME/2 ... */
static void check_name(struct check *check, const char *path, const struct listing *listing)
{
    char whole[PATH_SIZE];
    for (size_t i = 0; i < listing->count; i++) {
        if (!listing->models[i].is_directory)
            continue;
        snprintf(whole, sizeof whole, "%s/%s", path, listing->models[i].name);
        check_model(check, AT_FDCWD, whole, whole);
    }
}

/* --- what a path is ------------------------------------------------------------------------ */

enum kind { KIND_VERSION, KIND_NAME, KIND_MODELS };

/* By its directories: none in a version's, one floor of them in a model's, two in one of models. */
static enum kind kind_of(const struct check *check, const char *path, struct listing *listing)
{
    struct err ignored = ERR_INIT;
    enum kind kind = KIND_VERSION;
    *listing = (struct listing){0};
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return KIND_VERSION;
    if (listing_read(fd, (size_t)check->values->max_models, listing, &ignored)) {
        for (size_t i = 0; i < listing->count; i++) {
            const struct listing_model *model = &listing->models[i];
            bool has_versions = false;
            for (size_t j = 0; j < model->count; j++)
                has_versions = has_versions || !model->versions[j].alone;
            if (model->is_directory && has_versions)
                kind = KIND_MODELS;
            else if (model->is_directory && kind == KIND_VERSION)
                kind = KIND_NAME;
        }
    }
    close(fd);
    return kind;
}

static void check_path(struct check *check, const char *path)
{
    struct listing listing;
    char trimmed[PATH_SIZE];
    snprintf(trimmed, sizeof trimmed, "%s", path);
    size_t length = strlen(trimmed);
    while (length > 1 && trimmed[length - 1] == '/')
        trimmed[--length] = '\0';
    enum kind kind = kind_of(check, trimmed, &listing);
    if (check->values->models || kind == KIND_MODELS)
        check_models(check, trimmed);
    else if (kind == KIND_NAME)
        check_name(check, trimmed, &listing);
    else
        check_model(check, AT_FDCWD, trimmed, trimmed);
    listing_finish(&listing);
}

static int run(const void *values, char *const *paths, int count)
{
    struct check check = {.values = values};
    for (int i = 0; i < count; i++)
        check_path(&check, paths[i]);
    if (!check.values->json && check.good + check.bad + check.unseen > 1)
        printf("%zu good, %zu bad\n", check.good, check.bad + check.unseen);
    if (fflush(stdout) != 0)
        return COMMAND_BAD;
    return check.unseen > 0 ? COMMAND_USAGE : check.bad > 0 ? COMMAND_BAD : COMMAND_GOOD;
}

const struct command command_check = {
    .name = "check",
    .usage = "FILE|DIR ... [--json]",
    .summary = "Loads models as the worker does and runs their golden rows.",
    .details =
        "A directory may be a version's, a model's with its versions, or one of models; each "
        "version in it is told on a line of its own. Exit status: 0 all are good, 1 one is "
        "bad, 2 something could not be looked at.",
    .table = {options, sizeof options / sizeof options[0], sizeof(struct check_values), NULL},
    .paths_least = 1,
    .paths_most = 1000000,
    .run = run,
};

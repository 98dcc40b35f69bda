#include "fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/log.h"
#include "math/init.h"

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

void fixture_write_config(struct fixture *fixture, const char *text)
{
    write_file(fixture->config, text);
}

void fixture_write_model(struct fixture *fixture, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s.json", fixture->models, name);
    write_file(path, "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"a\"},{\"name\":\"b\"}],"
                     "\"model\":{\"op\":\"linear_regression\",\"coef_\":[1,1]}}");
}

const char *fixture_logged(struct fixture *fixture)
{
    ssize_t size = pread(fixture->log, fixture->logged, sizeof fixture->logged - 1, 0);
    assert_true(size >= 0);
    fixture->logged[size] = '\0';
    assert_int_equal(ftruncate(fixture->log, 0), 0);
    assert_int_equal(lseek(fixture->log, 0, SEEK_SET), 0);
    return fixture->logged;
}

static void make_paths(struct fixture *f)
{
    snprintf(f->directory, sizeof f->directory, "/tmp/omen-app-XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    snprintf(f->config, sizeof f->config, "%s/worker.conf", f->directory);
    snprintf(f->models, sizeof f->models, "%s/models", f->directory);
    assert_int_equal(mkdir(f->models, 0700), 0);
    snprintf(f->arguments_text[0], sizeof f->arguments_text[0], "--config=%s", f->config);
    snprintf(f->arguments_text[1], sizeof f->arguments_text[1], "--models=%s", f->models);
    snprintf(f->arguments_text[2], sizeof f->arguments_text[2], "--listen=unix:%s/worker.sock",
             f->directory);
    f->arguments[0] = (char *)"omen-worker";
    for (int i = 0; i < 3; i++)
        f->arguments[i + 1] = f->arguments_text[i];
}

int fixture_setup(void **state)
{
    static struct fixture fixture;
    static char *environment[] = {NULL};
    struct options options = {.listen = NULL};
    struct err err = ERR_INIT;
    memset(&fixture, 0, sizeof fixture);
    *state = &fixture;
    make_paths(&fixture);
    fixture_write_config(&fixture, "[server]\nthreads = 1\n");
    fixture.log = memfd_create("log", MFD_CLOEXEC);
    assert_true(fixture.log >= 0);
    log_configure(fixture.log, LOG_INFO, LOG_FORMAT_TEXT);
    math_init();
    assert_true(
        command_parse(&fixture.command, 4, fixture.arguments, environment, &fixture.problems));
    assert_true(command_options(&fixture.command, &options, &fixture.problems));
    fixture.app = app_create(&fixture.command, &options, &err);
    if (fixture.app == NULL)
        fail_msg("%s", err.text);
    assert_null(options.listen);
    return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;
    app_destroy(fixture->app);
    command_finish(&fixture->command);
    config_problems_finish(&fixture->problems);
    log_configure(STDERR_FILENO, LOG_INFO, LOG_FORMAT_TEXT);
    close(fixture->log);
    nftw(fixture->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}

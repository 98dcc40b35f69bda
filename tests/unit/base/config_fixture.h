/* A table of every type, values with its defaults, and a file to read them from. */
#ifndef OMEN_TESTS_BASE_CONFIG_FIXTURE_H
#define OMEN_TESTS_BASE_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"

struct values {
    char *listen, *note;
    bool verbose;
    int64_t threads, body, timeout, mode;
    double ratio;
    int format;
};

static const char *const formats[] = {"text", "json", NULL};

static const struct config_option options[] = {
    {"server", "listen", CONFIG_TEXT, offsetof(struct values, listen), "unix:/run/x", 0, 0, NULL,
     "Where to listen."},
    {"server", "threads", CONFIG_INTEGER, offsetof(struct values, threads), "0", 0, 1024, NULL,
     "Worker threads; 0 for as many as the machine grants."},
    {"log", "log-format", CONFIG_CHOICE, offsetof(struct values, format), "text", 0, 0, formats,
     "Form of a line."},
    {"log", "verbose", CONFIG_BOOL, offsetof(struct values, verbose), "no", 0, 0, NULL, "More."},
    {"server", "max-body", CONFIG_SIZE, offsetof(struct values, body), "16m", 1024, 1 << 30, NULL,
     "Bytes of a body."},
    {"server", "read-timeout", CONFIG_DURATION, offsetof(struct values, timeout), "5s", 1e6, 3.6e12,
     NULL, "The whole request."},
    {"server", "listen-mode", CONFIG_MODE, offsetof(struct values, mode), "0660", 0, 0, NULL,
     "Of a socket."},
    {"log", "ratio", CONFIG_REAL, offsetof(struct values, ratio), "0.1", 0, 1, NULL, "Sampled."},
    {"log", "note", CONFIG_TEXT, offsetof(struct values, note), "", 0, 0, NULL, "Free text."},
};

static const struct config_table table = {options, sizeof options / sizeof options[0],
                                          sizeof(struct values), "OMEN"};

struct fixture {
    struct values values;
    struct config_problems problems;
    char path[64];
};

static int fixture_make(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof fixture);
    *state = &fixture;
    strcpy(fixture.path, "/tmp/omen-test-config-XXXXXX");
    int fd = mkstemp(fixture.path);
    if (fd < 0)
        return -1;
    close(fd);
    return config_defaults(&table, &fixture.values, NULL) ? 0 : -1;
}

static int fixture_drop(void **state)
{
    struct fixture *fixture = *state;
    config_finish(&table, &fixture->values);
    config_problems_finish(&fixture->problems);
    config_problems_finish(NULL);
    return unlink(fixture->path);
}

static inline bool read_bytes(struct fixture *fixture, const char *text, size_t size)
{
    FILE *file = fopen(fixture->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
    config_problems_finish(&fixture->problems);
    return config_read_file(&table, &fixture->values, fixture->path, &fixture->problems);
}

static inline bool read_text(struct fixture *fixture, const char *text)
{
    return read_bytes(fixture, text, strlen(text));
}

/* One problem, on that line, with these words. */

static inline bool read_flags(struct fixture *fixture, int count, const char **arguments, int *next)
{
    return config_read_arguments(&table, &fixture->values, count, (char **)arguments, next,
                                 &fixture->problems);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_drop)

#endif

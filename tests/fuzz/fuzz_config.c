/* A configuration file of any bytes: every mistake is one line of the problems, what was set is
 * within its bounds, and config_print gives a file that reads back to the same values. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX ((size_t)64 * 1024)

struct values {
    char *listen, *note;
    bool verbose, strict;
    int64_t threads, offset, body, cache, timeout, period, mode;
    double ratio, gain;
    int format;
};

static const char *const formats[] = {"text", "json", "none", NULL};

#define PLACE(member) offsetof(struct values, member)
static const struct config_option options[] = {
    {"server", "listen", CONFIG_TEXT, PLACE(listen), "unix:/run/x", 0, 0, NULL, "Place."},
    {"log", "note", CONFIG_TEXT, PLACE(note), "", 0, 0, NULL, "Any text."},
    {"log", "verbose", CONFIG_BOOL, PLACE(verbose), "no", 0, 0, NULL, "More."},
    {"server", "strict", CONFIG_BOOL, PLACE(strict), "yes", 0, 0, NULL, "Less."},
    {"server", "threads", CONFIG_INTEGER, PLACE(threads), "0", 0, 1024, NULL, "Bounded."},
    {"server", "offset", CONFIG_INTEGER, PLACE(offset), "-5", 0, 0, NULL, "Unbounded."},
    {"server", "max-body", CONFIG_SIZE, PLACE(body), "16m", 1024, 1 << 30, NULL, "Bounded."},
    {"server", "cache", CONFIG_SIZE, PLACE(cache), "0", 0, 0, NULL, "Unbounded."},
    {"server", "read-timeout", CONFIG_DURATION, PLACE(timeout), "5s", 1e6, 3.6e12, NULL,
     "Bounded."},
    {"server", "period", CONFIG_DURATION, PLACE(period), "1ns", 0, 0, NULL, "Unbounded."},
    {"server", "listen-mode", CONFIG_MODE, PLACE(mode), "0660", 0, 0, NULL, "Mode."},
    {"log", "ratio", CONFIG_REAL, PLACE(ratio), "0.1", 0, 1, NULL, "Bounded."},
    {"log", "gain", CONFIG_REAL, PLACE(gain), "-1e300", 0, 0, NULL, "Unbounded."},
    {"log", "log-format", CONFIG_CHOICE, PLACE(format), "text", 0, 0, formats, "Form."},
};

static const struct config_table table = {options, sizeof(options) / sizeof(options[0]),
                                          sizeof(struct values), "FUZZ"};

/* A file without a place on a disk, written anew for each reading. */
static int file = -1;
static char path[64];

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void open_once(void)
{
    if (file >= 0)
        return;
    file = memfd_create("config", MFD_CLOEXEC);
    check(file >= 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
}

/* Reads these bytes over the defaults; problems is what config_read_file left there. */
static bool read_bytes(const void *bytes, size_t size, struct values *values,
                       struct config_problems *problems)
{
    struct err err = ERR_INIT;
    *values = (struct values){0};
    *problems = (struct config_problems){0};
    check(ftruncate(file, 0) == 0 && pwrite(file, bytes, size, 0) == (ssize_t)size);
    check(config_defaults(&table, values, &err));
    return config_read_file(&table, values, path, problems);
}

static void check_problems(struct config_problems *problems, bool ok)
{
    const char *text = buf_text(&problems->text);
    size_t lines = 0;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    check(ok == (problems->count == 0) && lines == problems->count);
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
        check(strncmp(line, path, strlen(path)) == 0);
}

static void check_bounds(const struct values *values)
{
    check(values->threads >= 0 && values->threads <= 1024);
    check(values->body >= 1024 && values->body <= 1 << 30);
    check(values->timeout >= 1000000 && values->timeout <= INT64_C(3600000000000));
    check(values->cache >= 0 && values->period >= 0);
    check(values->mode >= 0 && values->mode <= 07777);
    check(values->ratio >= 0 && values->ratio <= 1 && isfinite(values->gain));
    check(values->format >= 0 && values->format < 3);
    check(values->listen != NULL && values->note != NULL);
}

static bool same_values(const struct values *a, const struct values *b)
{
    return strcmp(a->listen, b->listen) == 0 && strcmp(a->note, b->note) == 0 &&
           a->verbose == b->verbose && a->strict == b->strict && a->threads == b->threads &&
           a->offset == b->offset && a->body == b->body && a->cache == b->cache &&
           a->timeout == b->timeout && a->period == b->period && a->mode == b->mode &&
           memcmp(&a->ratio, &b->ratio, sizeof(a->ratio)) == 0 &&
           memcmp(&a->gain, &b->gain, sizeof(a->gain)) == 0 && a->format == b->format;
}

static void check_round_trip(const struct values *values)
{
    struct buf printed = BUF_INIT, again = BUF_INIT;
    struct values read;
    struct config_problems problems;
    config_print(&table, values, &printed);
    check(!printed.failed);
    check(read_bytes(printed.data, printed.length, &read, &problems));
    check(same_values(values, &read));
    config_print(&table, &read, &again);
    check(again.length == printed.length && memcmp(again.data, printed.data, printed.length) == 0);
    config_problems_finish(&problems);
    config_finish(&table, &read);
    buf_finish(&printed);
    buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct values values;
    struct config_problems problems;
    if (size > INPUT_MAX)
        return 0;
    open_once();
    bool ok = read_bytes(data, size, &values, &problems);
    check_problems(&problems, ok);
    check_bounds(&values);
    check_round_trip(&values);
    config_problems_finish(&problems);
    config_finish(&table, &values);
    return 0;
}

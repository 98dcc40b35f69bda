/* One model, asked in this process: what tools/bench models measures of omen.
 *
 * usage: model-driver DIRECTORY ROWS
 *
 * DIRECTORY holds a model's files; ROWS is a file of doubles, the encoded rows. Prints a line with
 * what loading took, then answers commands from standard input, one a line, a line each:
 *
 *     batch N SECONDS    rows/s of batches of N rows
 *     single SECONDS     microseconds of one row at a time
 *     check              all rows' default output, numbers with 17 digits
 *
 * Rows are taken in turn, never the same one twice in a row. */
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "formats/format.h"
#include "graph/graph.h"
#include "math/init.h"
#include "registry/bundle.h"

#define FILES_MAX 16
#define FILE_BYTES_MAX ((size_t)4 << 30)

struct driver {
    struct artifact artifact;
    double *rows;
    size_t row_count, cols, at;
    struct arena results, scratch;
};

static int fail(const char *what, const struct err *err)
{
    fprintf(stderr, "model-driver: %s: %s\n", what, err->text);
    return 1;
}

/* ---- loading ---- */

/* Resident bytes now. */
static size_t resident(void)
{
    size_t total = 0, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%zu %zu", &total, &pages) != 2)
            pages = 0;
        fclose(file);
    }
    return pages * 4096;
}

/* The most so far. getrusage would also count what ran in this process before exec. */
static size_t peak(void)
{
    char line[128];
    size_t kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %zu", &kilobytes) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kilobytes * 1024;
}

/* As the worker does: the digest is taken, and large files are mapped. */
static bool load(struct driver *driver, const char *directory, struct err *err)
{
    const struct bundle_limits limits = {.max_bytes = FILE_BYTES_MAX, .max_files = FILES_MAX};
    struct bundle bundle;
    struct bundle_print print;
    size_t before = resident();
    int64_t began = clock_monotonic_ns();
    if (!bundle_read(AT_FDCWD, directory, &limits, &bundle, &print, err))
        return false;
    size_t bytes = bundle.bytes;
    bool ok = format_load(bundle.files, bundle.count, &driver->artifact, err) &&
              bundle_is_unchanged(&bundle, err);
    double seconds = (double)(clock_monotonic_ns() - began) / 1e9;
    bundle_finish(&bundle);
    malloc_trim(0);
    if (ok)
        printf("{\"seconds\": %.6f, \"file\": %zu, \"peak\": %zu, \"resident\": %zu, \"model\": "
               "%zu}\n",
               seconds, bytes, peak() - before, resident() - before, driver->artifact.graph->bytes);
    return ok;
}

static bool read_rows(struct driver *driver, const char *path, struct err *err)
{
    char *data;
    size_t size;
    driver->cols = driver->artifact.graph->schema.field_count;
    if (!file_read(path, FILE_BYTES_MAX, &data, &size, err))
        return false;
    driver->rows = (double *)(void *)data;
    driver->row_count = size / sizeof(double) / driver->cols;
    return driver->row_count > 0 || err_set(err, ERR_INVALID, "no row in the file");
}

/* ---- answering ---- */

/* The next `count` rows (at most row_count), and the default output of them. */
static bool ask(struct driver *driver, size_t count, struct matrix *answer, struct err *err)
{
    const struct graph *graph = driver->artifact.graph;
    struct matrix out[OP_OUTPUTS_MAX];
    if (driver->at + count > driver->row_count)
        driver->at = 0;
    struct matrix in = {driver->rows + driver->at * driver->cols, count, driver->cols,
                        driver->cols};
    driver->at += count;
    arena_reset(&driver->results, SIZE_MAX);
    /* what a request gets that names no output, but all of them: the trainers' do as much */
    uint32_t wanted = (uint32_t)((UINT64_C(1) << graph->output_count) - 1);
    if (!graph_run(graph, &in, out, wanted, &driver->results, &driver->scratch, err))
        return false;
    *answer = out[graph->default_output];
    return true;
}

/* Asks for about so many seconds; *each: seconds per call. */
static bool run(struct driver *driver, size_t count, double seconds, double *each, struct err *err)
{
    struct matrix answer;
    int64_t began = clock_monotonic_ns(), now = began;
    size_t calls = 0, some = count > 16 ? 1 : 64;
    while ((double)(now - began) < seconds * 1e9) {
        for (size_t i = 0; i < some; i++, calls++)
            if (!ask(driver, count, &answer, err))
                return false;
        now = clock_monotonic_ns();
    }
    *each = (double)(now - began) / 1e9 / (double)calls;
    return true;
}

static bool check(struct driver *driver, struct err *err)
{
    struct matrix answer;
    driver->at = 0;
    if (!ask(driver, driver->row_count, &answer, err))
        return false;
    for (size_t row = 0; row < answer.rows; row++)
        for (size_t i = 0; i < answer.cols; i++)
            printf("%s%.17g", row + i > 0 ? " " : "", matrix_row(&answer, row)[i]);
    printf("\n");
    return true;
}

static bool obey(struct driver *driver, const char *line, struct err *err)
{
    size_t count;
    double seconds, each;
    if (sscanf(line, "batch %zu %lf", &count, &seconds) == 2 && count > 0 &&
        count <= driver->row_count) {
        if (!run(driver, count, seconds, &each, err))
            return false;
        printf("%.1f\n", (double)count / each);
        return true;
    }
    if (sscanf(line, "single %lf", &seconds) == 1) {
        if (!run(driver, 1, seconds, &each, err))
            return false;
        printf("%.4f\n", each * 1e6);
        return true;
    }
    if (strcmp(line, "check\n") == 0)
        return check(driver, err);
    return err_set(err, ERR_INVALID, "a command that is none, or more rows than there are");
}

int main(int argc, char **argv)
{
    struct driver driver = {0};
    struct err err = ERR_INIT;
    char line[128];
    if (argc != 3) {
        fprintf(stderr, "usage: model-driver DIRECTORY ROWS\n");
        return 2;
    }
    math_init();
    arena_init(&driver.results, 0);
    arena_init(&driver.scratch, 0);
    int status = 0;
    if (!load(&driver, argv[1], &err))
        status = fail("loading", &err);
    else if (!read_rows(&driver, argv[2], &err))
        status = fail("rows", &err);
    fflush(stdout);
    while (status == 0 && fgets(line, sizeof line, stdin) != NULL) {
        if (!obey(&driver, line, &err))
            status = fail("answering", &err);
        fflush(stdout);
    }
    free(driver.rows);
    artifact_finish(&driver.artifact);
    arena_finish(&driver.results);
    arena_finish(&driver.scratch);
    return status;
}

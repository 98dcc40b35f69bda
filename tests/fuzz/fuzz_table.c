/* Bodies that are tables, of every kind, into the rows of models with numbers, words and texts.
 *
 * The first byte says which model and which reader; the rest is the body. It becomes rows, or an
 * error with a sentence; no more cells than the body pays for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "protocols/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY ((size_t)4 << 20)
#define MAX_ROWS 100

static struct fixture fixture;

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void close_fixture(void)
{
    fixture_close(&fixture);
    json_thread_finish();
}

static void open_once(void)
{
    if (fixture.router != NULL)
        return;
    check(fixture_open(&fixture, MEMORY));
    atexit(close_fixture);
}

static bool read_table(struct rows *rows, const struct table *table, unsigned reader,
                       struct err *err)
{
    enum table_header header = (enum table_header)(reader % 3);
    switch (reader) {
    case 0:
    case 1:
    case 2:
        return table_read_csv(rows, table, &header, err);
    case 3:
    case 4:
        return table_read_libsvm(rows, table, reader - 3, err);
    case 5:
        return table_read_npy(rows, table, err);
    default:
        return table_read_jsonl(rows, table, err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"people", "flowers", "line"};
    struct rows rows = {.fault = ROWS_FINE};
    struct err err = ERR_INIT;
    open_once();
    arena_reset(&fixture.arena, MEMORY);
    if (size == 0)
        return 0;
    const char *name = names[data[0] / 8 % 3];
    struct model *model = registry_acquire(fixture.registry, name, NULL, &err);
    char *text = malloc(size); /* exact but for the NUL behind it */
    check(model != NULL && text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    const struct table table = {&model->artifact.graph->schema, text, size - 1, MAX_ROWS,
                                &fixture.arena};
    bool ok = read_table(&rows, &table, data[0] % 8, &err);
    if (ok) {
        check(rows.fault == ROWS_FINE && rows.frame.matrix.rows <= MAX_ROWS);
        check(rows.frame.matrix.rows <= size);
    } else {
        check(err.text[0] != '\0');
        http_response_reset(&fixture.response, MEMORY);
        rows_answer_error(&rows, &err, &fixture.response);
        check(fixture.response.status >= 400 && fixture.response.status < 500);
    }
    rows_finish(&rows);
    registry_release(fixture.registry, model);
    free(text);
    return 0;
}

/* Decodes one JSON body again and again: what tools/bench codec measures of omen and of json-c.
 *
 * usage: codec-driver BODY SYSTEM SECONDS
 *
 * BODY is a file {"input":[[number,...],...]}. SYSTEM: omen (the body to rows of doubles), json-c
 * (json-c by itself, and its tree copied into rows of doubles), write and write-single (the numbers
 * to text again, as doubles and as floats), npy (the same numbers from the bytes of a NumPy file).
 * Prints the nanoseconds of the fastest call and the exclusive or of all numbers' bits, by which
 * the systems are compared. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "codec/envelope.h"
#include "codec/jsonc.h"
#include "codec/npy.h"

#define BODY_MAX ((size_t)1 << 30)

struct driver {
    char *body;
    size_t length;
    double *matrix; /* room for all the body may hold */
    struct arena arena;
    const double *numbers; /* of the last call */
    size_t count;
    struct buf out;
    char *items; /* the numbers as bytes, for npy */
};

static bool read_body(struct driver *driver, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    driver->body = malloc(BODY_MAX);
    driver->length = driver->body != NULL ? fread(driver->body, 1, BODY_MAX, file) : 0;
    driver->matrix = malloc((driver->length / 2 + 1) * sizeof *driver->matrix);
    fclose(file);
    return driver->length > 0 && driver->matrix != NULL;
}

static bool decode_omen(struct driver *driver)
{
    static const char *const places[] = {"input", NULL};
    static const struct json_wanted wanted = {.places = places, .dimensions = 2};
    struct json *root;
    arena_reset(&driver->arena, BODY_MAX);
    if (!json_parse_envelope(driver->body, driver->length, &wanted, &driver->arena, &root, NULL))
        return false;
    const struct json_numbers *numbers = json_numbers(json_object_get(root, "input", NULL));
    bool ok = numbers != NULL;
    driver->numbers = ok ? numbers->values : NULL;
    driver->count = ok ? numbers->count : 0;
    json_free(root);
    return ok;
}

static bool decode_jsonc(struct driver *driver)
{
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *rows, *root;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    root = json_tokener_parse_ex(tokener, driver->body, (int)driver->length);
    bool ok = json_object_object_get_ex(root, "input", &rows) != 0;
    driver->count = 0;
    for (size_t i = 0; ok && i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        for (size_t j = 0; j < json_object_array_length(row); j++)
            driver->matrix[driver->count++] =
                json_object_get_double(json_object_array_get_idx(row, j));
    }
    driver->numbers = driver->matrix;
    json_object_put(root);
    json_tokener_free(tokener);
    return ok;
}

static bool write_numbers(struct driver *driver)
{
    buf_reset(&driver->out, SIZE_MAX);
    for (size_t i = 0; i < driver->count; i++) {
        buf_put_char(&driver->out, i == 0 ? '[' : ',');
        json_write_number(&driver->out, driver->numbers[i]);
    }
    return !driver->out.failed;
}

static bool write_singles(struct driver *driver)
{
    buf_reset(&driver->out, SIZE_MAX);
    for (size_t i = 0; i < driver->count; i++) {
        buf_put_char(&driver->out, i == 0 ? '[' : ',');
        json_write_single(&driver->out, driver->numbers[i]);
    }
    return !driver->out.failed;
}

static bool convert_npy(struct driver *driver)
{
    const struct npy_header header = {
        .kind = NPY_REAL,
        .item_size = sizeof(double),
        .swapped = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
    };
    npy_convert(&header, driver->items, driver->count, driver->matrix, 1);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(struct driver *driver);
} systems[] = {
    {"omen", decode_omen},           {"json-c", decode_jsonc}, {"write", write_numbers},
    {"write-single", write_singles}, {"npy", convert_npy},
};

/* The fastest call's nanoseconds: what else the machine does only ever adds to it. */
static int64_t measure(struct driver *driver, bool (*run)(struct driver *), double seconds)
{
    int64_t best = INT64_MAX;
    int64_t now = clock_monotonic_ns();
    int64_t end = now + (int64_t)(seconds * 1e9);
    do {
        int64_t began = now;
        if (!run(driver))
            return -1;
        now = clock_monotonic_ns();
        best = now - began < best ? now - began : best;
    } while (now < end);
    return best;
}

static uint64_t bits_of(const double *numbers, size_t count)
{
    uint64_t bits, all = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(&bits, &numbers[i], sizeof bits);
        all ^= bits;
    }
    return all;
}

int main(int argc, char **argv)
{
    struct driver driver = {0};
    size_t which = 0;
    size_t known = sizeof systems / sizeof systems[0];
    while (argc == 4 && which < known && strcmp(argv[2], systems[which].name) != 0)
        which++;
    if (argc != 4 || which == known) {
        fprintf(stderr, "usage: codec-driver BODY SYSTEM SECONDS\n");
        return 2;
    }
    if (!read_body(&driver, argv[1]) || !decode_omen(&driver)) {
        fprintf(stderr, "codec-driver: %s holds no rows of numbers\n", argv[1]);
        return 1;
    }
    driver.items = (char *)malloc(driver.count * sizeof(double));
    if (driver.items == NULL)
        return 1;
    memcpy(driver.items, driver.numbers, driver.count * sizeof(double));
    int64_t best = measure(&driver, systems[which].run, strtod(argv[3], NULL));
    const double *numbers = which == 4 ? driver.matrix : driver.numbers;
    printf("%lld %llx\n", (long long)best, (unsigned long long)bits_of(numbers, driver.count));
    arena_finish(&driver.arena);
    buf_finish(&driver.out);
    free(driver.items);
    free(driver.matrix);
    free(driver.body);
    return best < 0;
}

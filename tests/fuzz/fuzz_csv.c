/* CSV: the records do not depend on the pieces the bytes came in, and written again they read the
 * same. The first byte is the delimiter, the second the pieces' size. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct csv_limits limits = {.record_bytes = 200, .fields = 40};

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* What was read: each record's line and fields, each fault's line and sentence. */
static void put_record(struct buf *out, const struct csv_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        check(record->fields[i].length <= limits.record_bytes);
        check(memchr(record->fields[i].text, 0, record->fields[i].length) == NULL);
        buf_printf(out, "%s%zu:", record->fields[i].quoted ? "q" : "p", record->fields[i].length);
        buf_put(out, record->fields[i].text, record->fields[i].length);
    }
}

/* Text that is still to be brought. */
struct supply {
    const char *text;
    size_t size, piece;
};

static void bring(struct csv_reader *reader, struct supply *supply)
{
    size_t size;
    char *place = csv_reserve(reader, &size, NULL);
    check(place != NULL && size > 0 && reader->capacity < 1 << 20);
    size = size < supply->piece ? size : supply->piece;
    size = size < supply->size ? size : supply->size;
    if (size > 0)
        memcpy(place, supply->text, size);
    csv_commit(reader, size);
    supply->text += size;
    supply->size -= size;
    if (supply->size == 0)
        csv_close(reader);
}

/* The records once more, as they are written. */
static void put_again(struct buf *again, char delimiter, const struct csv_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        if (i > 0)
            buf_put_char(again, delimiter);
        csv_write_field(again, delimiter, record->fields[i].text, record->fields[i].length);
    }
    buf_put_char(again, '\n');
}

static void read_all(struct supply supply, char delimiter, struct buf *seen, struct buf *again)
{
    struct csv_reader reader;
    struct csv_record record;
    struct err err = ERR_INIT;
    enum csv_status status;
    csv_init(&reader, delimiter, &limits);
    while ((status = csv_next(&reader, &record, &err)) != CSV_END) {
        if (status == CSV_MORE) {
            bring(&reader, &supply);
            continue;
        }
        buf_printf(seen, "\n%u %d ", (unsigned)record.line, (int)status);
        if (status == CSV_BAD) {
            buf_put_text(seen, err.text);
            continue;
        }
        check(record.count >= 1 && record.count <= limits.fields);
        put_record(seen, &record);
        put_again(again, delimiter, &record);
    }
    csv_finish(&reader);
}

/* What was written reads the same and is written the same, unless doubled quotes made it too long
 * or it begins with a byte order mark now. */
static void check_again(const struct buf *written, char delimiter)
{
    struct buf seen = BUF_INIT, again = BUF_INIT;
    struct supply supply = {written->data, written->length, SIZE_MAX};
    read_all(supply, delimiter, &seen, &again);
    bool same =
        written->length == again.length && memcmp(written->data, again.data, again.length) == 0;
    check(same || strstr(buf_text(&seen), "more than") != NULL ||
          (written->length > 3 && memcmp(written->data, "\xef\xbb\xbf", 3) == 0));
    buf_finish(&seen);
    buf_finish(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char delimiters[] = ",;\t|";
    if (size < 2)
        return 0;
    char delimiter = delimiters[data[0] % 4];
    struct supply at_once = {(const char *)data + 2, size - 2, SIZE_MAX};
    struct supply in_pieces = {(const char *)data + 2, size - 2, (size_t)data[1] + 1};
    struct buf whole = BUF_INIT, pieces = BUF_INIT, again = BUF_INIT, rest = BUF_INIT;
    read_all(at_once, delimiter, &whole, &again);
    read_all(in_pieces, delimiter, &pieces, &rest);
    check(whole.length == pieces.length &&
          memcmp(buf_text(&whole), buf_text(&pieces), whole.length) == 0);
    if (again.length > 0)
        check_again(&again, delimiter);
    buf_finish(&whole);
    buf_finish(&pieces);
    buf_finish(&again);
    buf_finish(&rest);
    return 0;
}

#include "cli/names.h"

#include <stdio.h>
#include <string.h>

int names_cut(const char *name, size_t length)
{
    if (length <= NAMES_BYTES_MAX)
        return (int)length;
    length = NAMES_BYTES_MAX;
    while (length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80)
        length--;
    return (int)length;
}

void names_add(struct names *names, const char *name, size_t length)
{
    size_t room = sizeof names->text - names->used;
    int cut = names_cut(name, length);
    if (names->count < NAMES_SHOWN && (size_t)cut + 32 < room)
        names->used += (size_t)snprintf(names->text + names->used, room, "%s'%.*s'",
                                        names->count > 0 ? ", " : "", cut, name);
    else if (names->count <= NAMES_SHOWN) {
        snprintf(names->text + names->used, room, " and more");
        names->count = NAMES_SHOWN;
    }
    names->count++;
}

const char *names_text(struct names *names)
{
    return names->text;
}

bool names_parse(const char *text, struct name_record *record, struct err *err)
{
    static const struct csv_limits limits = {(size_t)16 << 20, 200000};
    struct csv_record parsed = {0};
    size_t left = strlen(text);
    enum csv_status status = CSV_END;
    *record = (struct name_record){.count = 0};
    csv_init(&record->reader, ',', &limits);
    if (left == 0)
        return true;
    while ((status = csv_next(&record->reader, &parsed, err)) == CSV_MORE) {
        size_t size;
        char *place = csv_reserve(&record->reader, &size, err);
        if (place == NULL)
            return false;
        size = size < left ? size : left;
        memcpy(place, text, size);
        csv_commit(&record->reader, size);
        text += size;
        left -= size;
        if (left == 0)
            csv_close(&record->reader);
    }
    record->fields = parsed.fields;
    record->count = parsed.count;
    return status == CSV_RECORD;
}

void names_finish(struct name_record *record)
{
    csv_finish(&record->reader);
    record->fields = NULL;
    record->count = 0;
}

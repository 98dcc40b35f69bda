/* JSON lines: each is a row, an object by name or a list in the model's order. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/lines.h"
#include "cli/names.h"
#include "cli/source.h"
#include "codec/json.h"

static bool jsonl_open(struct source *source, struct err *err)
{
    struct lines *lines = mem_array(1, sizeof *lines);
    if (lines == NULL)
        return err_set(err, ERR_MEMORY, "no memory to read lines");
    source->state = lines;
    lines_init(lines, SOURCE_RECORD_BYTES);
    return true;
}

static void jsonl_close(struct source *source)
{
    if (source->state != NULL)
        lines_finish(source->state);
    free(source->state);
    source->state = NULL;
}

static bool jsonl_fill(struct source *source, struct err *err)
{
    struct lines *lines = source->state;
    size_t size, got;
    char *place = lines_reserve(lines, &size, err);
    if (place == NULL || !input_read(source->input, place, size, &got, err))
        return false;
    lines_commit(lines, got);
    if (got == 0)
        lines_close(lines);
    return true;
}

/* --- a row, as the worker reads one -------------------------------------------------------- */

static void read_cell(struct frame *frame, size_t column, const struct json *value)
{
    size_t length;
    const char *text;
    switch (json_type(value)) {
    case JSON_NULL:
        frame_set_missing(frame, 0, column);
        break;
    case JSON_NUMBER:
        frame_set_number(frame, 0, column, json_number(value));
        break;
    case JSON_STRING:
        text = json_string(value, &length);
        frame_set_text(frame, 0, column, text, length);
        break;
    case JSON_BOOL:
        frame_set_boolean(frame, 0, column, json_bool(value));
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
    case JSON_NUMBERS:
        frame_set_wrong(frame, 0, column);
        break;
    }
}

static bool read_list(struct source *source, const struct json *list, struct err *err)
{
    size_t length = json_array_length(list);
    if (source->settings.passed_count > 0)
        return err_set(err, ERR_INVALID, "the row is a list, and --id asks for a value by name");
    if (length != source->schema->field_count)
        return err_set(err, ERR_INVALID, "the row has %zu values, the model takes %zu", length,
                       source->schema->field_count);
    for (size_t i = 0; i < length; i++)
        read_cell(&source->frame, i, json_array_at(list, i));
    return true;
}

static bool is_passed(const struct source *source, const char *key, size_t length)
{
    for (size_t i = 0; i < source->settings.passed_count; i++)
        if (source->settings.passed[i].length == length &&
            memcmp(source->settings.passed[i].text, key, length) == 0)
            return true;
    return false;
}

static bool is_absent(const struct json *object, const struct field *field)
{
    bool found = true;
    if (field->required)
        json_object_get(object, field->name, &found);
    return !found;
}

static bool check_names(const struct source *source, const struct json *object, struct err *err)
{
    struct names missing = {.used = 0}, unexpected = {.used = 0};
    for (size_t i = 0; i < source->schema->field_count; i++) {
        const struct field *field = &source->schema->fields[i];
        if (is_absent(object, field))
            names_add(&missing, field->name, strlen(field->name));
    }
    if (missing.count > 0)
        return err_set(err, ERR_MISSING, "the row lacks %s", names_text(&missing));
    if (source->settings.ignore_extra)
        return true;
    for (struct json_iterator it = json_begin(object); json_next(&it);)
        if (schema_find(source->schema, it.key, it.key_length) == STRMAP_NONE &&
            !is_passed(source, it.key, it.key_length))
            names_add(&unexpected, it.key, it.key_length);
    return unexpected.count == 0 ||
           err_set(err, ERR_INVALID,
                   "the row has what the model does not take: %s (--ignore-extra passes over it)",
                   names_text(&unexpected));
}

static bool read_object(struct source *source, const struct json *object, struct err *err)
{
    if (!check_names(source, object, err))
        return false;
    for (struct json_iterator it = json_begin(object); json_next(&it);) {
        uint32_t column = schema_find(source->schema, it.key, it.key_length);
        if (column != STRMAP_NONE)
            read_cell(&source->frame, column, it.value);
    }
    return true;
}

/* --- what is passed on --------------------------------------------------------------------- */

static bool pass_value(struct passed *passed, const struct json *value, struct arena *arena,
                       const struct csv_field *name, struct err *err)
{
    struct buf text = BUF_INIT;
    size_t length = 0;
    int64_t integer;
    passed->literal = true;
    switch (json_type(value)) {
    case JSON_NULL:
        return true;
    case JSON_STRING:
        passed->literal = false;
        json_string(value, &length);
        buf_put(&text, json_string(value, &length), length);
        break;
    case JSON_NUMBER:
        if (json_integer(value, &integer))
            json_write_integer(&text, integer);
        else
            json_write_number(&text, json_number(value));
        break;
    case JSON_BOOL:
        buf_put_text(&text, json_bool(value) ? "true" : "false");
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
    case JSON_NUMBERS:
        return err_set(err, ERR_INVALID, "'%.*s', which --id asks for, is no plain value",
                       names_cut(name->text, name->length), name->text);
    }
    passed->length = text.length;
    passed->text = text.failed ? NULL : arena_copy_text(arena, text.data, text.length);
    buf_finish(&text);
    return passed->text != NULL || err_set(err, ERR_MEMORY, "no memory for a row");
}

static bool pass_values(const struct source *source, const struct json *object,
                        struct source_row *row, struct arena *arena, struct err *err)
{
    size_t count = source->settings.passed_count;
    if (count == 0 || json_type(object) != JSON_OBJECT)
        return true;
    row->passed = arena_zeroed(arena, count, sizeof *row->passed);
    if (row->passed == NULL)
        return err_set(err, ERR_MEMORY, "no memory for a row");
    for (size_t i = 0; i < count; i++) {
        const struct csv_field *name = &source->settings.passed[i];
        bool found;
        char *key = arena_copy_text(arena, name->text, name->length);
        if (key == NULL)
            return err_set(err, ERR_MEMORY, "no memory for a row");
        const struct json *value = json_object_get(object, key, &found);
        if (!found)
            return err_set(err, ERR_MISSING, "the row lacks '%.*s', which --id asks for",
                           names_cut(name->text, name->length), name->text);
        if (!pass_value(&row->passed[i], value, arena, name, err))
            return false;
    }
    return true;
}

/* --- lines --------------------------------------------------------------------------------- */

static bool read_row(struct source *source, const struct json *value, struct source_row *row,
                     struct arena *arena, struct err *err)
{
    if (!pass_values(source, value, row, arena, err))
        return false;
    if (json_type(value) == JSON_ARRAY)
        return read_list(source, value, err) && frame_seal(&source->frame, err);
    if (json_type(value) == JSON_OBJECT)
        return read_object(source, value, err) && frame_seal(&source->frame, err);
    return err_set(err, ERR_INVALID,
                   "the row is %s; a row is a list of values or an object by name",
                   json_type_name(json_type(value)));
}

static enum source_status read_line(struct source *source, const char *text, size_t length,
                                    double *cells, struct arena *arena, struct source_row *row,
                                    struct err *err)
{
    struct json *root = NULL;
    if (length == 0) {
        err_set(err, ERR_INVALID, "the line is empty");
        return SOURCE_BAD;
    }
    if (!json_parse(text, length, &root, err))
        return err->code == ERR_MEMORY ? SOURCE_FAILED : SOURCE_BAD;
    frame_begin_row(&source->frame, source->schema, cells, arena);
    bool ok = read_row(source, root, row, arena, err);
    json_free(root);
    if (ok)
        return SOURCE_ROW;
    return err->code == ERR_MEMORY ? SOURCE_FAILED : SOURCE_BAD;
}

static enum source_status jsonl_next(struct source *source, double *cells, struct arena *arena,
                                     struct source_row *row, struct err *err)
{
    struct lines *lines = source->state;
    const char *text;
    size_t length;
    enum lines_status status = lines_next(lines, &text, &length);
    row->line = lines->number;
    switch (status) {
    case LINES_LINE:
        return read_line(source, text, length, cells, arena, row, err);
    case LINES_TOO_LONG:
        err_set(err, ERR_LIMIT, "the line has more than %zu bytes", lines->limit);
        return SOURCE_BAD;
    case LINES_MORE:
        return SOURCE_MORE;
    case LINES_END:
        break;
    }
    return SOURCE_END;
}

const struct source_type source_jsonl = {
    .name = "jsonl",
    .open = jsonl_open,
    .close = jsonl_close,
    .fill = jsonl_fill,
    .next = jsonl_next,
};

/* CSV: columns by name from the header, or in the model's order. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/names.h"
#include "cli/source.h"
#include "codec/number.h"
#include "decode/cell.h"

/* What a column of the input is for. */
struct place {
    uint32_t field;  /* of the schema, or STRMAP_NONE */
    uint32_t passed; /* of the answer's passed values, or STRMAP_NONE */
};

struct csv_state {
    struct csv_reader reader;
    struct place *places; /* NULL until the columns are known */
    size_t count;
};

static const struct csv_limits limits = {SOURCE_RECORD_BYTES, SOURCE_COLUMNS_MAX};

/* --- columns ------------------------------------------------------------------------------- */

static uint32_t find_passed(const struct source_settings *settings, const struct csv_field *name)
{
    for (size_t i = 0; i < settings->passed_count; i++)
        if (settings->passed[i].length == name->length &&
            memcmp(settings->passed[i].text, name->text, name->length) == 0)
            return (uint32_t)i;
    return STRMAP_NONE;
}

static bool check_twice(const struct csv_field *fields, size_t count, struct err *err)
{
    struct strmap seen = STRMAP_INIT;
    uint32_t existing = STRMAP_NONE;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (!strmap_add(&seen, fields[i].text, fields[i].length, (uint32_t)i, &existing))
            ok = err_set(err, ERR_MEMORY, "no memory for %zu columns", count);
        else if (existing != STRMAP_NONE)
            ok = err_set(err, ERR_INVALID, "the columns %u and %zu have the same name, '%.*s'",
                         existing + 1, i + 1, names_cut(fields[i].text, fields[i].length),
                         fields[i].text);
    }
    strmap_finish(&seen);
    return ok;
}

static bool check_present(const struct source *source, const bool *fields, const bool *passed,
                          struct err *err)
{
    struct names missing = {.used = 0};
    for (size_t i = 0; i < source->schema->field_count; i++) {
        const struct field *field = &source->schema->fields[i];
        if (!fields[i] && field->required)
            names_add(&missing, field->name, strlen(field->name));
    }
    if (missing.count > 0)
        return err_set(err, ERR_MISSING, "the header lacks %s", names_text(&missing));
    for (size_t i = 0; i < source->settings.passed_count; i++)
        if (!passed[i])
            names_add(&missing, source->settings.passed[i].text, source->settings.passed[i].length);
    return missing.count == 0 ||
           err_set(err, ERR_MISSING, "the header lacks %s, which --id asks for",
                   names_text(&missing));
}

static bool map_columns(const struct source *source, struct csv_state *state,
                        const struct csv_field *fields, bool *seen, struct err *err)
{
    struct names extra = {.used = 0};
    bool *seen_passed = seen + source->schema->field_count;
    for (size_t i = 0; i < state->count; i++) {
        struct place *place = &state->places[i];
        place->field = schema_find(source->schema, fields[i].text, fields[i].length);
        place->passed = find_passed(&source->settings, &fields[i]);
        if (place->field != STRMAP_NONE)
            seen[place->field] = true;
        if (place->passed != STRMAP_NONE)
            seen_passed[place->passed] = true;
        if (place->field == STRMAP_NONE && place->passed == STRMAP_NONE)
            names_add(&extra, fields[i].text, fields[i].length);
    }
    if (!check_present(source, seen, seen_passed, err))
        return false;
    return extra.count == 0 || source->settings.ignore_extra ||
           err_set(err, ERR_INVALID,
                   "the header has what the model does not take: %s (--ignore-extra passes over "
                   "it)",
                   names_text(&extra));
}

static bool take_header(struct source *source, const struct csv_field *fields, size_t count,
                        struct err *err)
{
    struct csv_state *state = source->state;
    bool *seen = mem_array(source->schema->field_count + source->settings.passed_count, 1);
    state->places = mem_array(count, sizeof *state->places);
    state->count = count;
    bool ok = (seen != NULL && state->places != NULL) ||
              err_set(err, ERR_MEMORY, "no memory for %zu columns", count);
    ok = ok && check_twice(fields, count, err) && map_columns(source, state, fields, seen, err);
    free(seen);
    return ok;
}

/* Without header the columns are the model's, in its order. */
static bool take_schema(struct source *source, struct err *err)
{
    struct csv_state *state = source->state;
    size_t count = source->schema->field_count;
    if (source->settings.passed_count > 0)
        return err_set(err, ERR_INVALID,
                       "without a header --id needs --columns, which names the columns");
    state->places = mem_array(count, sizeof *state->places);
    if (state->places == NULL)
        return err_set(err, ERR_MEMORY, "no memory for %zu columns", count);
    state->count = count;
    for (size_t i = 0; i < count; i++)
        state->places[i] = (struct place){(uint32_t)i, STRMAP_NONE};
    return true;
}

static bool take_columns(struct source *source, struct err *err)
{
    struct name_record record;
    bool ok = names_parse(source->settings.columns, &record, err) &&
              take_header(source, record.fields, record.count, err);
    names_finish(&record);
    return ok || err_prefix(err, "--columns");
}

static bool csv_open(struct source *source, struct err *err)
{
    struct csv_state *state = mem_array(1, sizeof *state);
    if (state == NULL)
        return err_set(err, ERR_MEMORY, "no memory to read CSV");
    source->state = state;
    csv_init(&state->reader, source->settings.delimiter, &limits);
    if (source->settings.header)
        return true;
    return source->settings.columns[0] != '\0' ? take_columns(source, err)
                                               : take_schema(source, err);
}

static void csv_close_source(struct source *source)
{
    struct csv_state *state = source->state;
    if (state == NULL)
        return;
    csv_finish(&state->reader);
    free(state->places);
    free(state);
    source->state = NULL;
}

static bool csv_fill(struct source *source, struct err *err)
{
    struct csv_state *state = source->state;
    size_t size, got;
    char *place = csv_reserve(&state->reader, &size, err);
    if (place == NULL || !input_read(source->input, place, size, &got, err))
        return false;
    csv_commit(&state->reader, got);
    if (got == 0)
        csv_close(&state->reader);
    return true;
}

/* --- cells --------------------------------------------------------------------------------- */

/* One of the words that --missing named. */
static bool is_missing_word(const struct source *source, const struct csv_field *cell)
{
    for (size_t i = 0; i < source->settings.word_count; i++) {
        const struct csv_field *word = &source->settings.words[i];
        if (word->length == cell->length && memcmp(word->text, cell->text, cell->length) == 0)
            return true;
    }
    return false;
}

static void read_cell(struct source *source, size_t column, const struct csv_field *cell)
{
    if (is_missing_word(source, cell))
        frame_set_missing(&source->frame, 0, column);
    else
        cell_set(&source->frame, 0, column, cell);
}

static bool pass_cell(struct source_row *row, uint32_t which, const struct csv_field *cell,
                      struct arena *arena)
{
    double value;
    struct passed *passed = &row->passed[which];
    passed->text = arena_copy_text(arena, cell->text, cell->length);
    passed->length = cell->length;
    passed->literal =
        !cell->quoted && cell->length > 0 &&
        number_read(cell->text, cell->text + cell->length, &value) == cell->text + cell->length;
    if (cell->length == 0 && !cell->quoted)
        passed->text = NULL;
    return passed->text != NULL || cell->length == 0;
}

/* --- rows ---------------------------------------------------------------------------------- */

static enum source_status fault_length(const struct csv_state *state,
                                       const struct csv_record *record, struct err *err)
{
    const struct csv_field *first = &record->fields[0];
    if (record->count == 1 && first->length == 0 && !first->quoted)
        err_set(err, ERR_INVALID, "the line is empty");
    else
        err_set(err, ERR_INVALID, "the row has %zu values, the table has %zu columns",
                record->count, state->count);
    return SOURCE_BAD;
}

static enum source_status read_record(struct source *source, const struct csv_record *record,
                                      double *cells, struct arena *arena, struct source_row *row,
                                      struct err *err)
{
    const struct csv_state *state = source->state;
    size_t passed = source->settings.passed_count;
    if (record->count != state->count)
        return fault_length(state, record, err);
    if (passed > 0 && (row->passed = arena_zeroed(arena, passed, sizeof *row->passed)) == NULL) {
        err_set(err, ERR_MEMORY, "no memory for a row");
        return SOURCE_FAILED;
    }
    frame_begin_row(&source->frame, source->schema, cells, arena);
    for (size_t i = 0; i < record->count; i++) {
        const struct place *place = &state->places[i];
        if (place->field != STRMAP_NONE)
            read_cell(source, place->field, &record->fields[i]);
        if (place->passed != STRMAP_NONE &&
            !pass_cell(row, place->passed, &record->fields[i], arena)) {
            err_set(err, ERR_MEMORY, "no memory for a row");
            return SOURCE_FAILED;
        }
    }
    return frame_seal(&source->frame, err) ? SOURCE_ROW : SOURCE_BAD;
}

static enum source_status csv_next_row(struct source *source, double *cells, struct arena *arena,
                                       struct source_row *row, struct err *err)
{
    struct csv_state *state = source->state;
    struct csv_record record;
    for (;;) {
        enum csv_status status = csv_next(&state->reader, &record, err);
        row->line = record.line;
        if (status == CSV_MORE)
            return SOURCE_MORE;
        if (status == CSV_END)
            return SOURCE_END;
        if (status == CSV_BAD)
            return err->code == ERR_MEMORY || state->places == NULL ? SOURCE_FAILED : SOURCE_BAD;
        if (state->places != NULL)
            return read_record(source, &record, cells, arena, row, err);
        if (!take_header(source, record.fields, record.count, err))
            return SOURCE_FAILED;
    }
}

const struct source_type source_csv = {
    .name = "csv",
    .open = csv_open,
    .close = csv_close_source,
    .fill = csv_fill,
    .next = csv_next_row,
};

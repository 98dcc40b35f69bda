#include "base/config_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

struct unit {
    const char *name;
    int64_t factor;
};

/* Largest first, so that printing finds the unit that leaves the shortest number. */
static const struct unit duration_units[] = {
    {"h", INT64_C(3600000000000)},
    {"m", INT64_C(60000000000)},
    {"s", 1000000000},
    {"ms", 1000000},
    {"us", 1000},
    {"ns", 1},
    {NULL, 0},
};
static const struct unit size_units[] = {
    {"t", INT64_C(1) << 40},
    {"g", INT64_C(1) << 30},
    {"m", INT64_C(1) << 20},
    {"k", INT64_C(1) << 10},
    {"", 1},
    {NULL, 0},
};

static const char *const bool_words[] = {"no", "yes", "false", "true", "off", "on", "0", "1", NULL};

static void *value_place(const struct config_option *option, void *values)
{
    return (unsigned char *)values + option->offset;
}

static const void *value_place_const(const struct config_option *option, const void *values)
{
    return (const unsigned char *)values + option->offset;
}

static size_t value_size(const struct config_option *option)
{
    static const size_t sizes[] = {
        [CONFIG_TEXT] = sizeof(char *),      [CONFIG_BOOL] = sizeof(bool),
        [CONFIG_INTEGER] = sizeof(int64_t),  [CONFIG_SIZE] = sizeof(int64_t),
        [CONFIG_DURATION] = sizeof(int64_t), [CONFIG_REAL] = sizeof(double),
        [CONFIG_MODE] = sizeof(int64_t),     [CONFIG_CHOICE] = sizeof(int),
    };
    return sizes[option->type];
}

static int64_t value_integer(const struct config_option *option, const void *values)
{
    int64_t value;
    memcpy(&value, value_place_const(option, values), sizeof value);
    return value;
}

/* --- reading ------------------------------------------------------------------------------- */

/* Digits of a base up to the first that is none; false for no digits or more than int64_t holds. */
static bool read_digits(const char **text, int base, int64_t *value)
{
    const char *at = *text;
    *value = 0;
    for (; *at >= '0' && *at < '0' + base; at++)
        if (__builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, *at - '0', value))
            return false;
    bool any = at != *text;
    *text = at;
    return any;
}

static bool read_integer(const char *text, int64_t *value)
{
    bool negative = *text == '-';
    text += negative;
    if (!read_digits(&text, 10, value) || *text != '\0')
        return false;
    *value = negative ? -*value : *value;
    return true;
}

static bool read_with_unit(const char *text, const struct unit *unit, int64_t *value)
{
    if (!read_digits(&text, 10, value))
        return false;
    if (*value == 0 && *text == '\0')
        return true; /* nothing is nothing in every unit */
    for (; unit->name != NULL; unit++)
        if (strcasecmp(text, unit->name) == 0)
            return !__builtin_mul_overflow(*value, unit->factor, value);
    return false;
}

static bool read_real(const char *text, double *value)
{
    /* strtod alone takes leading blanks, hexadecimal, "inf" and "nan". */
    if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
        return false;
    char *end;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

static bool read_mode(const char *text, int64_t *value)
{
    return read_digits(&text, 8, value) && *text == '\0' && *value <= 07777;
}

static int read_word(const char *text, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++)
        if (strcasecmp(text, words[i]) == 0)
            return i;
    return -1;
}

static bool option_bounded(const struct config_option *option)
{
    return option->minimum < option->maximum || option->minimum > option->maximum;
}

static bool read_number(const struct config_option *option, const char *text, int64_t *integer,
                        double *real)
{
    bool ok = false;
    if (option->type == CONFIG_INTEGER)
        ok = read_integer(text, integer);
    else if (option->type == CONFIG_SIZE)
        ok = read_with_unit(text, size_units, integer);
    else if (option->type == CONFIG_DURATION)
        ok = read_with_unit(text, duration_units, integer);
    else if (option->type == CONFIG_MODE)
        ok = read_mode(text, integer);
    else
        return read_real(text, real);
    *real = (double)*integer;
    return ok;
}

/* What was given, short and printable. */
static void put_given(struct buf *out, const char *text)
{
    buf_put_char(out, '"');
    for (size_t i = 0; text[i] != '\0' && i < 40; i++)
        buf_put_char(out, (unsigned char)text[i] < ' ' || text[i] == 0x7F ? '?' : text[i]);
    buf_put_text(out, strlen(text) > 40 ? "...\"" : "\"");
}

static bool refuse(const struct config_option *option, const char *text, const char *what,
                   struct buf *wrong)
{
    put_given(wrong, text);
    buf_printf(wrong, " %s; give ", what);
    config_value_describe(option, wrong);
    return false;
}

static bool set_text(const struct config_option *option, void *values, const char *text,
                     struct buf *wrong)
{
    char *copy = mem_copy_text(text, strlen(text));
    if (copy == NULL) {
        buf_put_text(wrong, "there is no memory for it");
        return false;
    }
    config_value_clear(option, values);
    memcpy(value_place(option, values), &copy, sizeof copy);
    return true;
}

static bool set_word(const struct config_option *option, void *values, const char *text,
                     struct buf *wrong)
{
    bool choice = option->type == CONFIG_CHOICE;
    int index = read_word(text, choice ? option->choices : bool_words);
    if (index < 0)
        return refuse(option, text, choice ? "is not one of the choices" : "is neither yes nor no",
                      wrong);
    bool flag = index % 2 == 1;
    if (choice)
        memcpy(value_place(option, values), &index, sizeof index);
    else
        memcpy(value_place(option, values), &flag, sizeof flag);
    return true;
}

static bool set_number(const struct config_option *option, void *values, const char *text,
                       struct buf *wrong)
{
    static const char *const kinds[] = {
        [CONFIG_INTEGER] = "is not a whole number we can hold",
        [CONFIG_SIZE] = "is not a size",
        [CONFIG_DURATION] = "is not a duration",
        [CONFIG_REAL] = "is not a number",
        [CONFIG_MODE] = "is not an octal file mode",
    };
    int64_t integer = 0;
    double real = 0;
    if (!read_number(option, text, &integer, &real))
        return refuse(option, text, kinds[option->type], wrong);
    if (option_bounded(option) && (real < option->minimum || real > option->maximum))
        return refuse(option, text, real < option->minimum ? "is too small" : "is too large",
                      wrong);
    if (option->type == CONFIG_REAL)
        memcpy(value_place(option, values), &real, sizeof real);
    else
        memcpy(value_place(option, values), &integer, sizeof integer);
    return true;
}

bool config_value_set(const struct config_option *option, void *values, const char *text,
                      struct buf *wrong)
{
    buf_reset(wrong, SIZE_MAX);
    switch (option->type) {
    case CONFIG_TEXT:
        return set_text(option, values, text, wrong);
    case CONFIG_BOOL:
    case CONFIG_CHOICE:
        return set_word(option, values, text, wrong);
    default:
        return set_number(option, values, text, wrong);
    }
}

void config_value_clear(const struct config_option *option, void *values)
{
    void *place = value_place(option, values);
    if (option->type == CONFIG_TEXT) {
        char *text;
        memcpy(&text, place, sizeof text);
        free(text);
    }
    memset(place, 0, value_size(option));
}

bool config_is_same(const struct config_option *option, const void *a, const void *b)
{
    struct buf texts[2] = {BUF_INIT, BUF_INIT};
    config_value_print(option, a, &texts[0]);
    config_value_print(option, b, &texts[1]);
    bool same = strcmp(buf_text(&texts[0]), buf_text(&texts[1])) == 0;
    buf_finish(&texts[0]);
    buf_finish(&texts[1]);
    return same;
}

void config_exchange(const struct config_option *option, void *a, void *b)
{
    unsigned char kept[sizeof(int64_t)];
    size_t size = value_size(option);
    memcpy(kept, value_place(option, a), size);
    memcpy(value_place(option, a), value_place(option, b), size);
    memcpy(value_place(option, b), kept, size);
}

/* --- writing ------------------------------------------------------------------------------- */

static void put_with_unit(struct buf *out, const struct unit *unit, int64_t value)
{
    if (value == 0) {
        buf_put_char(out, '0');
        return;
    }
    while (value % unit->factor != 0)
        unit++; /* ends at factor 1 */
    buf_printf(out, "%" PRId64 "%s", value / unit->factor, unit->name);
}

static void put_real(struct buf *out, double value)
{
    char text[32];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_put_text(out, text);
}

static void put_number(struct buf *out, enum config_type type, int64_t value)
{
    if (type == CONFIG_SIZE)
        put_with_unit(out, size_units, value);
    else if (type == CONFIG_DURATION)
        put_with_unit(out, duration_units, value);
    else
        buf_printf(out, type == CONFIG_MODE ? "%04" PRIo64 : "%" PRId64, value);
}

void config_value_print(const struct config_option *option, const void *values, struct buf *out)
{
    const void *place = value_place_const(option, values);
    const char *text;
    bool flag;
    int choice;
    double real;
    switch (option->type) {
    case CONFIG_TEXT:
        memcpy(&text, place, sizeof text);
        buf_put_text(out, text != NULL ? text : "");
        break;
    case CONFIG_BOOL:
        memcpy(&flag, place, sizeof flag);
        buf_put_text(out, flag ? "yes" : "no");
        break;
    case CONFIG_CHOICE:
        memcpy(&choice, place, sizeof choice);
        buf_put_text(out, option->choices[choice]);
        break;
    case CONFIG_REAL:
        memcpy(&real, place, sizeof real);
        put_real(out, real);
        break;
    default:
        put_number(out, option->type, value_integer(option, values));
        break;
    }
}

static void put_bound(const struct config_option *option, struct buf *out, double bound)
{
    if (option->type == CONFIG_REAL)
        put_real(out, bound);
    else if (bound >= 9.2e18 || bound <= -9.2e18)
        buf_printf(out, "%.0f", bound);
    else
        put_number(out, option->type, (int64_t)bound);
}

static void put_choices(const char *const *choices, struct buf *out)
{
    for (size_t i = 0; choices[i] != NULL; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : choices[i + 1] != NULL ? ", " : " or ", choices[i]);
}

void config_value_describe(const struct config_option *option, struct buf *out)
{
    static const char *const kinds[] = {
        [CONFIG_TEXT] = "a text",
        [CONFIG_BOOL] = "yes or no",
        [CONFIG_INTEGER] = "a whole number",
        [CONFIG_SIZE] = "a size in bytes such as 65536, 64k, 16m or 2g",
        [CONFIG_DURATION] = "a duration with its unit, such as 500us, 250ms, 5s, 2m or 1h",
        [CONFIG_REAL] = "a number",
        [CONFIG_MODE] = "an octal file mode such as 0660",
        [CONFIG_CHOICE] = "",
    };
    buf_put_text(out, kinds[option->type]);
    if (option->type == CONFIG_CHOICE)
        put_choices(option->choices, out);
    else if (option->type != CONFIG_TEXT && option->type != CONFIG_BOOL && option_bounded(option)) {
        buf_put_text(out, ", from ");
        put_bound(option, out, option->minimum);
        buf_put_text(out, " to ");
        put_bound(option, out, option->maximum);
    }
}

void config_value_print_kind(const struct config_option *option, struct buf *out)
{
    static const char *const kinds[] = {
        [CONFIG_TEXT] = "TEXT",         [CONFIG_BOOL] = "yes|no", [CONFIG_INTEGER] = "N",
        [CONFIG_SIZE] = "SIZE",         [CONFIG_REAL] = "X",      [CONFIG_MODE] = "MODE",
        [CONFIG_DURATION] = "DURATION", [CONFIG_CHOICE] = "",
    };
    buf_put_text(out, kinds[option->type]);
    for (size_t i = 0; option->type == CONFIG_CHOICE && option->choices[i] != NULL; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : "|", option->choices[i]);
}

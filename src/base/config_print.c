/* The option table as people read it: configuration file, sample, --help, man page. */
#include <ctype.h>
#include <string.h>

#include "base/config_private.h"
#include "base/config_value.h"

#define TEXT_WIDTH ((size_t)78)
#define PIECE_MAX ((size_t)120) /* bytes of a text on one line of a file */

/* Calls `print` for every option, section by section in the order sections first appear. */
static void each_option(const struct config_table *table, struct buf *out, const void *values,
                        void (*head)(const char *section, bool first, struct buf *out),
                        void (*print)(const struct config_table *table,
                                      const struct config_option *option, const void *values,
                                      struct buf *out))
{
    for (size_t i = 0; i < table->count; i++) {
        const char *section = table->options[i].section;
        size_t seen = 0;
        while (strcmp(table->options[seen].section, section) != 0)
            seen++;
        if (seen < i)
            continue; /* was printed with the first of its section */
        head(section, i == 0, out);
        for (size_t j = i; j < table->count; j++)
            if (strcmp(table->options[j].section, section) == 0)
                print(table, &table->options[j], values, out);
    }
}

void config_put_wrapped(struct buf *out, const char *margin, const char *text)
{
    size_t column = 0;
    while (*(text += strspn(text, " \n")) != '\0') {
        size_t word = strcspn(text, " \n");
        if (column > 0 && column + 1 + word > TEXT_WIDTH) {
            buf_put_char(out, '\n');
            column = 0;
        }
        if (column == 0) {
            buf_put_text(out, margin);
            column = strlen(margin);
        } else {
            buf_put_char(out, ' ');
            column++;
        }
        buf_put(out, text, word);
        column += word;
        text += word;
    }
    buf_put_char(out, '\n');
}

/* --- configuration file -------------------------------------------------------------------- */

static bool text_needs_quotes(const char *text)
{
    size_t length = strlen(text);
    if (length > PIECE_MAX || (length > 0 && (text[0] == '"' || text[0] == ' ')))
        return true;
    for (size_t i = 0; i < length; i++)
        if (text[i] == ';' || text[i] == 0x7F || (unsigned char)text[i] < ' ')
            return true;
    return length > 0 && text[length - 1] == ' ';
}

static void put_quoted(struct buf *out, const char *text)
{
    size_t used = 0;
    buf_put_char(out, '"');
    for (; *text != '\0'; text++) {
        if (used >= PIECE_MAX) { /* a long text goes on, indented, on the next line */
            buf_put_text(out, "\"\n    \"");
            used = 0;
        }
        if (*text == '"' || *text == '\\') {
            buf_printf(out, "\\%c", *text);
            used += 2;
        } else if (*text == ';' || *text == 0x7F || (unsigned char)*text < ' ') {
            buf_printf(out, "\\x%02x", (unsigned char)*text);
            used += 4;
        } else {
            buf_put_char(out, *text);
            used++;
        }
    }
    buf_put_char(out, '"');
}

void config_print_value(const struct config_option *option, const void *values, struct buf *out)
{
    struct buf text = BUF_INIT;
    config_value_print(option, values, &text);
    if (text_needs_quotes(buf_text(&text)))
        put_quoted(out, buf_text(&text));
    else
        buf_put_text(out, buf_text(&text));
    if (text.failed)
        out->failed = true;
    buf_finish(&text);
}

static void file_head(const char *section, bool first, struct buf *out)
{
    buf_printf(out, "%s[%s]\n", first ? "" : "\n", section);
}

static void file_option(const struct config_table *table, const struct config_option *option,
                        const void *values, struct buf *out)
{
    (void)table;
    buf_printf(out, "%s = ", option->name);
    config_print_value(option, values, out);
    buf_put_char(out, '\n');
}

void config_print(const struct config_table *table, const void *values, struct buf *out)
{
    each_option(table, out, values, file_head, file_option);
}

static void sample_option(const struct config_table *table, const struct config_option *option,
                          const void *values, struct buf *out)
{
    (void)table;
    (void)values;
    buf_put_char(out, '\n');
    config_put_wrapped(out, "# ", option->help);
    buf_printf(out, "#%s =%s%s\n", option->name, option->value[0] != '\0' ? " " : "",
               option->value);
}

void config_print_sample(const struct config_table *table, struct buf *out)
{
    each_option(table, out, NULL, file_head, sample_option);
}

/* --- help and man page --------------------------------------------------------------------- */

static void help_head(const char *section, bool first, struct buf *out)
{
    buf_printf(out, "%s%s:\n", first ? "" : "\n", section);
}

static void help_option(const struct config_table *table, const struct config_option *option,
                        const void *values, struct buf *out)
{
    (void)table;
    (void)values;
    buf_printf(out, "  --%s%s=", option->type == CONFIG_BOOL ? "[no-]" : "", option->name);
    if (option->type == CONFIG_BOOL)
        out->length -= out->failed ? 0 : 1; /* a bare flag is enough */
    else
        config_value_print_kind(option, out);
    buf_put_char(out, '\n');
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s Default: %s.", option->help,
               option->value[0] != '\0' ? option->value : "empty");
    config_put_wrapped(out, "      ", buf_text(&text));
    buf_finish(&text);
}

void config_print_help(const struct config_table *table, struct buf *out)
{
    each_option(table, out, NULL, help_head, help_option);
}

static void put_scdoc(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\*_<>[]|#~`", *text) != NULL)
            buf_put_char(out, '\\');
        buf_put_char(out, *text);
    }
}

static void put_scdoc_variable(struct buf *out, const struct config_table *table, const char *name)
{
    if (table->environment == NULL)
        return;
    buf_put_text(out, ", *");
    put_scdoc(out, table->environment);
    buf_put_text(out, "\\_");
    for (; *name != '\0'; name++) {
        if (*name == '-')
            buf_put_text(out, "\\_");
        else
            buf_put_char(out, (char)toupper((unsigned char)*name));
    }
    buf_put_char(out, '*');
}

static void manual_head(const char *section, bool first, struct buf *out)
{
    buf_printf(out, "%s## [%s]\n\n", first ? "" : "\n", section);
}

static void manual_option(const struct config_table *table, const struct config_option *option,
                          const void *values, struct buf *out)
{
    (void)values;
    struct buf kind = BUF_INIT;
    bool bare = option->type == CONFIG_BOOL && table->environment == NULL;
    config_value_print_kind(option, &kind);
    buf_printf(out, "*--%s%s*", bare ? "[no-]" : "", option->name);
    if (!bare)
        buf_printf(out, "=_%s_", buf_text(&kind));
    put_scdoc_variable(out, table, option->name);
    buf_put_text(out, "\n\t");
    put_scdoc(out, option->help);
    buf_reset(&kind, 4096);
    config_value_describe(option, &kind);
    if (option->type != CONFIG_TEXT && option->type != CONFIG_BOOL) {
        buf_put_text(out, " Takes ");
        put_scdoc(out, buf_text(&kind));
        buf_put_char(out, '.');
    }
    buf_put_text(out, " Default: ");
    if (option->value[0] != '\0') {
        buf_put_char(out, '*');
        put_scdoc(out, option->value);
        buf_put_text(out, "*.\n\n");
    } else {
        buf_put_text(out, "empty.\n\n");
    }
    buf_finish(&kind);
}

static void no_head(const char *section, bool first, struct buf *out)
{
    (void)section;
    (void)first;
    (void)out;
}

void config_print_manual(const struct config_table *table, struct buf *out)
{
    each_option(table, out, NULL, table->environment != NULL ? manual_head : no_head,
                manual_option);
}

/* Options from a configuration file. */
#include <ini.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/config_private.h"
#include "base/config_value.h"
#include "base/file.h"
#include "base/mem.h"

#define FILE_LIMIT ((size_t)1024 * 1024)

/* inih splits a line into section, name and value; it also cuts long lines silently, takes an
 * indented line for a continuation and tells only the first bad line. So it is fed line by line,
 * and each line is judged first. */
struct file_reader {
    const struct config_table *table;
    void *values;
    const char *path;
    struct config_problems *problems;
    struct buf wrong;
    const char *at, *end;
    int line;
    int *given;                       /* by option: the line that gave it, 0 for none */
    bool ignoring;                    /* inside a section that was refused */
    bool continuing;                  /* this line adds to the text of the last one */
    const struct config_option *last; /* what the last line set, NULL if it was refused */
};

#define FILE_PROBLEM(reader, format, ...)                                                    \
    config_problem_add((reader)->problems, "%s:%d: " format, (reader)->path, (reader)->line, \
                       __VA_ARGS__)

static bool section_exists(const struct config_table *table, const char *section)
{
    for (size_t i = 0; i < table->count; i++)
        if (strcmp(table->options[i].section, section) == 0)
            return true;
    return false;
}

static const char *section_guess(const struct config_table *table, const char *section)
{
    const char *best = NULL;
    size_t distance = SIZE_MAX;
    for (size_t i = 0; i < table->count; i++)
        config_candidate_judge(section, table->options[i].section, &best, &distance);
    return best;
}

static char *line_nothing(char *out)
{
    memcpy(out, "\n", 2);
    return out;
}

static void section_enter(struct file_reader *reader, const char *line, size_t length)
{
    char name[CONFIG_NAME_SIZE];
    const char *close = memchr(line, ']', length);
    size_t size = close != NULL ? (size_t)(close - line - 1) : 0;
    reader->ignoring = true;
    reader->last = NULL;
    if (close == NULL || size >= sizeof name) {
        FILE_PROBLEM(reader, "a section is not closed; write %s", "[name]");
        return;
    }
    memcpy(name, line + 1, size);
    name[size] = '\0';
    if (section_exists(reader->table, name)) {
        reader->ignoring = false;
        return;
    }
    const char *guess = section_guess(reader->table, name);
    if (guess != NULL)
        FILE_PROBLEM(reader, "[%s]: there is no such section; did you mean [%s]?", name, guess);
    else
        FILE_PROBLEM(reader, "[%s]: there is no such section; --help lists them", name);
}

/* What of a line inih is to see: the line, or nothing if it is empty or was found wrong. */
static char *line_judge(struct file_reader *reader, const char *line, size_t length, char *out,
                        size_t size)
{
    size_t blanks = 0;
    while (blanks < length && (line[blanks] == ' ' || line[blanks] == '\t'))
        blanks++;
    line += blanks;
    length -= blanks;
    reader->continuing = blanks > 0 && length > 0 && line[0] == '"';
    if (length == 0 || line[0] == ';' || line[0] == '#')
        return line_nothing(out);
    if (memchr(line, '\0', length) != NULL || length + 3 > size) {
        if (length + 3 > size)
            FILE_PROBLEM(reader,
                         "the line has %zu bytes, the limit is %zu; go on with a text in "
                         "quotes, indented, on the next line",
                         length, size - 3);
        else
            FILE_PROBLEM(reader, "%s", "the line holds a NUL byte; give a text file");
        reader->last = NULL;
        return line_nothing(out);
    }
    if (line[0] == '[')
        section_enter(reader, line, length);
    else if (!reader->continuing && memchr(line, '=', length) == NULL &&
             memchr(line, ':', length) == NULL) {
        FILE_PROBLEM(reader, "this is neither a section nor a setting; write %s", "name = value");
        return line_nothing(out);
    }
    /* inih knows a continuation by its blank; anything else that was indented must have none. */
    snprintf(out, size, "%s%.*s\n", reader->continuing ? " " : "", (int)length, line);
    return out;
}

static char *read_line(char *out, int size, void *stream)
{
    struct file_reader *reader = stream;
    if (reader->at >= reader->end || size < 4)
        return NULL;
    const char *line = reader->at;
    const char *newline = memchr(line, '\n', (size_t)(reader->end - line));
    size_t length = (size_t)((newline != NULL ? newline : reader->end) - line);
    reader->at = newline != NULL ? newline + 1 : reader->end;
    reader->line++;
    if (length > 0 && line[length - 1] == '\r')
        length--;
    if (reader->line == 1 && length >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
        line += 3;
        length -= 3;
    }
    return line_judge(reader, line, length, out, (size_t)size);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape of a quoted text after its backslash. Returns the bytes read, 0 if it is none. */
static size_t unescape(const char *text, char *c)
{
    switch (text[0]) {
    case '\\':
    case '"':
        *c = text[0];
        return 1;
    case 'n':
        *c = '\n';
        return 1;
    case 't':
        *c = '\t';
        return 1;
    case 'x':
        if (hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0)
            return 0;
        *c = (char)(hex_digit(text[1]) * 16 + hex_digit(text[2]));
        return *c != '\0' ? 3 : 0;
    default:
        return 0;
    }
}

/* Takes the quotes off a text that has them. NULL with what is wrong. */
static const char *unquote(const char *value, char *text, struct buf *wrong)
{
    if (value[0] != '"')
        return value;
    size_t used = 0;
    for (const char *at = value + 1;; at++) {
        if (*at == '"' && at[1] == '\0')
            break;
        if (*at == '\0' || *at == '"') {
            buf_put_text(wrong, "the quotes do not close at the end of the value; inside them "
                                "write \\\" for a quote and \\x3b for a semicolon");
            return NULL;
        }
        char c = *at;
        size_t escape = c == '\\' ? unescape(at + 1, &c) : 0;
        if (*at == '\\' && escape == 0) {
            buf_put_text(wrong, "unknown escape; in quotes there are \\\\ \\\" \\n \\t and \\xHH");
            return NULL;
        }
        at += escape;
        text[used++] = c;
    }
    text[used] = '\0';
    return text;
}

static bool option_store(struct file_reader *reader, const struct config_option *option,
                         const char *value)
{
    char *text = mem_copy_text(value, strlen(value)); /* unquoting only shortens it */
    struct buf joined = BUF_INIT;
    bool ok = false;
    buf_reset(&reader->wrong, SIZE_MAX);
    const char *plain = text != NULL ? unquote(value, text, &reader->wrong) : NULL;
    if (plain != NULL) {
        if (reader->continuing)
            config_value_print(option, reader->values, &joined);
        buf_put_text(&joined, plain);
        ok = config_value_set(option, reader->values, buf_text(&joined), &reader->wrong);
    }
    if (!ok)
        FILE_PROBLEM(reader, "[%s] %s: %s", option->section, option->name,
                     buf_text(&reader->wrong));
    buf_finish(&joined);
    free(text);
    return ok;
}

static void option_unknown(struct file_reader *reader, const char *section, const char *name)
{
    const struct config_option *elsewhere = config_option_find(reader->table, name);
    const char *guess = config_option_guess(reader->table, name);
    if (elsewhere != NULL)
        FILE_PROBLEM(reader, "[%s] %.100s: this setting belongs under [%s]", section, name,
                     elsewhere->section);
    else if (guess != NULL)
        FILE_PROBLEM(reader, "[%s] %.100s: there is no such setting; did you mean %s?", section,
                     name, guess);
    else
        FILE_PROBLEM(reader, "[%s] %.100s: there is no such setting; --help lists them", section,
                     name);
}

static int handle_setting(void *user, const char *section, const char *name, const char *value)
{
    struct file_reader *reader = user;
    const struct config_option *option = reader->last;
    if (reader->ignoring)
        return 1;
    if (reader->continuing) {
        if (option != NULL && option->type != CONFIG_TEXT)
            FILE_PROBLEM(reader, "[%s] %s: only a text goes on on the next line", section, name);
        else if (option != NULL && !option_store(reader, option, value))
            reader->last = NULL;
        return 1;
    }
    option = config_option_find(reader->table, name);
    reader->last = NULL;
    if (option == NULL || strcmp(option->section, section) != 0) {
        option_unknown(reader, section, name);
        return 1;
    }
    int *given = &reader->given[option - reader->table->options];
    if (*given != 0)
        FILE_PROBLEM(reader, "[%s] %s: given on line %d already; keep one", section, name, *given);
    else if (option_store(reader, option, value))
        reader->last = option;
    *given = reader->line;
    return 1;
}

bool config_read_file(const struct config_table *table, void *values, const char *path,
                      struct config_problems *problems)
{
    size_t before = problems->count;
    char *data = NULL;
    size_t size = 0;
    struct err err = ERR_INIT;
    if (!file_read(path, FILE_LIMIT, &data, &size, &err)) {
        config_problem_add(problems, "%s", err.text);
        return false;
    }
    struct file_reader reader = {
        .table = table,
        .values = values,
        .path = path,
        .problems = problems,
        .at = data,
        .end = data + size,
        .given = mem_array(table->count, sizeof *reader.given),
    };
    if (reader.given == NULL)
        config_problem_add(problems, "%s: no memory to read it", path);
    /* The judge lets through only what inih understands; its own complaint would be a bug of ours,
     * and is better told than swallowed. */
    else if (ini_parse_stream(read_line, &reader, handle_setting, &reader) != 0 &&
             problems->count == before)
        config_problem_add(problems, "%s: cannot be read as name = value lines under [sections]",
                           path);
    free(reader.given);
    buf_finish(&reader.wrong);
    free(data);
    return problems->count == before;
}

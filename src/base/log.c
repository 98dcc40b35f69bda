#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"

/* A line is at most PIPE_BUF bytes, so that one write(2) to a pipe or a terminal is never torn
 * apart by another thread's or process's line, without a lock. What does not fit is marked. */
#define LINE_SIZE ((size_t)PIPE_BUF)
#define VALUE_MAX ((size_t)1024)
#define TAIL ",\"truncated\":true}\n"

struct line {
    size_t length;
    size_t limit; /* leaves room for the tail */
    bool full;
    enum log_format format;
    char data[PIPE_BUF];
};

static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_level = LOG_INFO;
static atomic_int log_format = LOG_FORMAT_TEXT;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void log_configure(int fd, enum log_level level, enum log_format format)
{
    atomic_store(&log_fd, fd);
    atomic_store(&log_level, (int)level);
    atomic_store(&log_format, (int)format);
}

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&log_level, memory_order_relaxed);
}

static void line_put(struct line *line, const char *data, size_t size)
{
    if (line->full || size > line->limit - line->length) {
        line->full = true;
        return;
    }
    memcpy(line->data + line->length, data, size);
    line->length += size;
}

static void line_put_text(struct line *line, const char *text)
{
    line_put(line, text, strlen(text));
}

/* Bytes of the UTF-8 character at text, 0 if it is none or is a C1 control character. */
static size_t character_length(const char *text, size_t size)
{
    bool control = size > 1 && text[0] == '\xC2' && (unsigned char)text[1] < 0xA0;
    return control ? 0 : utf8_sequence(text, size);
}

/* A byte that may not stand for itself: a control character, a quote, a bad UTF-8 byte. */
static void line_put_escape(struct line *line, unsigned char byte)
{
    char text[8];
    bool json = line->format == LOG_FORMAT_JSON;
    if (byte == '"' || byte == '\\')
        snprintf(text, sizeof text, "\\%c", byte);
    else if (byte == '\n' || byte == '\t' || byte == '\r')
        snprintf(text, sizeof text, "\\%c", byte == '\n' ? 'n' : byte == '\t' ? 't' : 'r');
    else if (json && byte >= 0x80)
        snprintf(text, sizeof text, "\xEF\xBF\xBD"); /* U+FFFD */
    else
        snprintf(text, sizeof text, json ? "\\u%04x" : "\\x%02x", byte);
    line_put_text(line, text);
}

/* The text between its quotes. */
static void line_put_escaped(struct line *line, const char *text)
{
    size_t size = strnlen(text, VALUE_MAX + 1);
    bool cut = size > VALUE_MAX;
    if (cut)
        size = VALUE_MAX;
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t at = 0; at < size;) {
        size_t length = character_length(text + at, size - at);
        if (length == 0 && cut && size - at < 4 && bytes[at] >= 0xC2)
            break; /* the cut went through a character */
        if (length == 0 || bytes[at] < ' ' || bytes[at] == '"' || bytes[at] == '\\' ||
            bytes[at] == 0x7F) {
            line_put_escape(line, bytes[at++]);
        } else {
            line_put(line, text + at, length);
            at += length;
        }
    }
    if (cut)
        line_put_text(line, "...");
}

static void line_put_quoted(struct line *line, const char *text)
{
    line_put(line, "\"", 1);
    line_put_escaped(line, text);
    line_put(line, "\"", 1);
}

static bool text_is_plain(const char *text)
{
    size_t length = strnlen(text, VALUE_MAX + 1);
    if (length == 0 || length > VALUE_MAX)
        return false;
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] >= 0x7F || strchr("\"\\=", text[i]) != NULL)
            return false;
    return true;
}

static void line_put_value(struct line *line, const struct log_field *field)
{
    char number[40];
    const char *text = field->text != NULL ? field->text : "";
    bool json = line->format == LOG_FORMAT_JSON;
    switch (field->type) {
    case LOG_FIELD_INT:
        snprintf(number, sizeof number, "%lld", (long long)field->integer);
        line_put_text(line, number);
        break;
    case LOG_FIELD_REAL:
        snprintf(number, sizeof number, "%.9g", field->real);
        line_put_text(line, json && !isfinite(field->real) ? "null" : number);
        break;
    case LOG_FIELD_TEXT:
        if (!json && text_is_plain(text))
            line_put_text(line, text);
        else
            line_put_quoted(line, text);
        break;
    }
}

static void line_put_field(struct line *line, const struct log_field *field)
{
    size_t start = line->length;
    if (line->format == LOG_FORMAT_JSON) {
        line_put(line, ",", 1);
        line_put_quoted(line, field->key);
        line_put(line, ":", 1);
    } else {
        line_put(line, " ", 1);
        line_put_text(line, field->key);
        line_put(line, "=", 1);
    }
    line_put_value(line, field);
    if (line->full)
        line->length = start; /* half a value could be read as a whole one */
}

static void line_begin(struct line *line, enum log_level level, const char *message)
{
    char now[CLOCK_TEXT_SIZE];
    clock_format(clock_wall_ns(), now);
    const char *name = (size_t)level < 4 ? level_names[level] : "error";
    if (line->format == LOG_FORMAT_JSON) {
        line_put_text(line, "{\"time\":\"");
        line_put_text(line, now);
        line_put_text(line, "\",\"level\":\"");
        line_put_text(line, name);
        line_put_text(line, "\",\"message\":");
        line_put_quoted(line, message);
    } else {
        line_put_text(line, now);
        line_put(line, " ", 1);
        line_put_text(line, name);
        line_put(line, " ", 1);
        line_put_escaped(line, message);
    }
}

static void line_end(struct line *line)
{
    bool json = line->format == LOG_FORMAT_JSON;
    bool truncated = line->full;
    line->limit = LINE_SIZE;
    line->full = false;
    if (truncated)
        line_put_text(line, json ? ",\"truncated\":true" : " truncated=true");
    line_put_text(line, json ? "}\n" : "\n");
}

void log_event(enum log_level level, const char *message, const struct log_field *fields,
               size_t count)
{
    if (!log_enabled(level))
        return;
    int saved = errno;
    struct line line;
    line.length = 0;
    line.limit = LINE_SIZE - sizeof TAIL;
    line.full = false;
    line.format = (enum log_format)atomic_load_explicit(&log_format, memory_order_relaxed);
    line_begin(&line, level, message);
    for (size_t i = 0; i < count && !line.full; i++)
        line_put_field(&line, &fields[i]);
    line_end(&line);
    ssize_t written;
    do {
        written = write(atomic_load(&log_fd), line.data, line.length);
    } while (written < 0 && errno == EINTR);
    errno = saved;
}

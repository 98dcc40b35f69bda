/* The log: one event, one line, one write(2). Text ("time level message key=value ...") or JSON.
 *
 * Only the top of the program logs; the floors below return errors. Safe from any thread. Control
 * bytes and quotes in values are escaped, so that no value can forge a line. */
#ifndef OMEN_BASE_LOG_H
#define OMEN_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

enum log_field_type { LOG_FIELD_TEXT, LOG_FIELD_INT, LOG_FIELD_REAL };

struct log_field {
    const char *key;
    enum log_field_type type;
    const char *text; /* NULL is written as empty */
    int64_t integer;
    double real;
};

#define LOG_TEXT(key_, value_)                                  \
    {                                                           \
        .key = (key_), .type = LOG_FIELD_TEXT, .text = (value_) \
    }
#define LOG_INT(key_, value_)                                              \
    {                                                                      \
        .key = (key_), .type = LOG_FIELD_INT, .integer = (int64_t)(value_) \
    }
#define LOG_REAL(key_, value_)                                  \
    {                                                           \
        .key = (key_), .type = LOG_FIELD_REAL, .real = (value_) \
    }

/* LOG(LOG_INFO, "model is live", LOG_TEXT("model", name), LOG_INT("version", 3));
 * at least one field; log_event with count 0 for none. */
#define LOG(level, message, ...)                                       \
    log_event(level, message, (const struct log_field[]){__VA_ARGS__}, \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

/* Before threads, and again at a configuration reload. fd is borrowed (2 by default). */
void log_configure(int fd, enum log_level level, enum log_format format);
bool log_enabled(enum log_level level);
void log_event(enum log_level level, const char *message, const struct log_field *fields,
               size_t count);

#endif

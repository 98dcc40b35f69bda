/* An error is a value: a code for the program and a sentence for the person.
 *
 * The callee says what went wrong, callers add where (err_prefix), only the top logs or answers.
 * Functions that can fail return false (or NULL) and fill the struct they were given as their last
 * argument; NULL is accepted where the caller does not care. A sentence names the field, the row
 * and the limit, never a value that a client sent. */
#ifndef OMEN_BASE_ERR_H
#define OMEN_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum err_code {
    ERR_NONE = 0,
    ERR_INVALID,     /* malformed or contradictory input */
    ERR_MISSING,     /* a value that must be there is not */
    ERR_CATEGORY,    /* a word that the schema does not list */
    ERR_RANGE,       /* a number outside of what is allowed */
    ERR_NOT_FOUND,   /* no such file, model, version, output */
    ERR_LIMIT,       /* larger, deeper or more than we accept */
    ERR_UNSUPPORTED, /* well-formed, but not something this build can do */
    ERR_UNAVAILABLE, /* right request, wrong moment: try again later */
    ERR_IO,          /* the operating system said no */
    ERR_MEMORY,      /* an allocation failed */
    ERR_INTERNAL,    /* a bug of ours */
};

#define ERR_TEXT_SIZE 512
#define ERR_FIELD_SIZE 80
#define ERR_NO_ROW (-1)

struct err {
    enum err_code code;
    int64_t row;                /* 0-based row of the request, or ERR_NO_ROW */
    char field[ERR_FIELD_SIZE]; /* the input's name, or "" */
    char text[ERR_TEXT_SIZE];   /* one sentence, no trailing period or newline */
};

#define ERR_INIT ((struct err){.row = ERR_NO_ROW})

/* Fills err (row and field are reset) and returns false, so that `return err_set(...)` reads well.
 * A text that does not fit is cut at a UTF-8 character boundary. */
bool err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set with ": " and the message of errno_value appended. */
bool err_set_errno(struct err *err, enum err_code code, int errno_value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Puts "where: " before the text. Returns false. */
bool err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Says which row and field (either may be ERR_NO_ROW / NULL). Returns false. */
bool err_at(struct err *err, int64_t row, const char *field);

#ifdef __clang_analyzer__
/* The analyzer does not look into other files; this tells it that a refusal is always false. */
static inline bool err_false(bool refused)
{
    (void)refused;
    return false;
}
#define err_set(...) err_false(err_set(__VA_ARGS__))
#define err_set_errno(...) err_false(err_set_errno(__VA_ARGS__))
#define err_prefix(...) err_false(err_prefix(__VA_ARGS__))
#endif

/* The lower-case word of a code as it appears in answers and labels: "invalid", "missing", ... */
const char *err_code_name(enum err_code code);

#endif

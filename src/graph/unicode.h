/* Characters as Python's str and re see them (Unicode 14), for the operators that read texts. */
#ifndef OMEN_GRAPH_UNICODE_H
#define OMEN_GRAPH_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The next character of a UTF-8 text of which `left` > 0 bytes are there, and its length. What is
 * no UTF-8 is U+FFFD, one byte long. */
size_t unicode_decode(const char *bytes, size_t left, uint32_t *code);
/* Writes 1 to 4 bytes; returns how many. */
#define UNICODE_BYTES_MAX 4
size_t unicode_encode(uint32_t code, char *bytes);

/* \w of a pattern: a letter, a digit or another number, or "_". */
bool unicode_is_word(uint32_t code);
/* \s of a pattern, and what str.split splits at. */
bool unicode_is_space(uint32_t code);

/* str.lower of `count` characters: to [2 * count]. Returns how many there are. Knows the sigma at
 * the end of a word and the I with a dot, which becomes two. */
size_t unicode_lower(const uint32_t *from, size_t count, uint32_t *to);

#endif

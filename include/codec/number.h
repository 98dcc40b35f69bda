/* Decimal text to binary and back, exact both ways.
 *
 * Reading: correctly rounded (Eisel-Lemire with a 128-bit table of powers of ten, strtod where that
 * cannot decide; D. Lemire, "Number Parsing at a Gigabyte per Second", 2021). Writing: the shortest
 * text that reads back to the same value (R. Giulietti, "The Schubfach way to render doubles",
 * 2020). Debian has a C++ library for this (double-conversion) but none for C. */
#ifndef OMEN_CODEC_NUMBER_H
#define OMEN_CODEC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Reads one JSON number ("-0.5e3"; no plus, no leading zeros, no bare point) from [text, end).
 * Returns the first byte after it, or NULL when there is none. Overflow gives an infinity. */
const char *number_read(const char *text, const char *end, double *value);
/* The same, and or's to *notes what the text was. */
enum number_note {
    NUMBER_FRACTION = 4,  /* it has a point or an exponent */
    NUMBER_WIDE = 8,      /* whole and beyond 2^53: the double may be a neighbour */
    NUMBER_OVERFLOW = 16, /* the value is infinite */
};
const char *number_read_noting(const char *text, const char *end, double *value, unsigned *notes);
/* The float nearest to the text, rounded once. */
const char *number_read_single(const char *text, const char *end, float *value);

/* A number as programs write them to CSV and the like: what JSON has, and "+1", "007", ".5", "5.",
 * "nan", "inf", "infinity" in any case. Blanks around it are passed over. The whole text. */
bool number_read_text(const char *text, size_t length, double *value);

#define NUMBER_TEXT_SIZE 32

/* Shortest round-trip text: "0.1", "1e300", integers without point ("3", not "3.0"), "-0" for minus
 * zero; plain from 1e-6 to below 1e21, else with an exponent, as JavaScript has it.
 * Only finite values. Returns the length; not NUL-terminated. */
size_t number_write(double value, char text[NUMBER_TEXT_SIZE]);
/* The same for a value that was computed as float32: 0.1f is "0.1". */
size_t number_write_single(float value, char text[NUMBER_TEXT_SIZE]);

#endif

/* "parameters":{"on_error":"row"}: what is wrong with a row is answered in the row's place, and the
 * other rows are answered all the same.
 *
 * A dialect asks row_faults_read before it reads rows; whatever reads them (rows.h) then goes on
 * behind a bad row. Its encoder asks row_faults_has for each row and writes row_faults_write in
 * place of an answer, or names the rows beside answers that have no room for an object. */
#ifndef OMEN_PROTOCOLS_ROW_FAULTS_H
#define OMEN_PROTOCOLS_ROW_FAULTS_H

#include "protocols/rows.h"

/* parameters: the request's, or NULL. Sets rows->by_row. False for an on_error that is neither
 * "row" nor "request", which is what it is without one. */
bool row_faults_read(struct rows *rows, const struct json *parameters, struct err *err);

/* The row is wrong as a whole, or the model refused it. False, with err as it was, when rows are
 * not judged one by one, or the error is none of a row's. */
bool row_faults_keep(struct rows *rows, size_t row, struct err *err);

static inline bool row_faults_has(const struct rows *rows, size_t row)
{
    return frame_row_is_bad(&rows->frame, row);
}
size_t row_faults_count(const struct rows *rows);

/* The error object of a bad row: as rows_answer_error has it. */
void row_faults_write(const struct rows *rows, size_t row, struct buf *out);
/* [object, ...] of the first `limit` bad rows. */
void row_faults_write_list(const struct rows *rows, size_t limit, struct buf *out);

#endif

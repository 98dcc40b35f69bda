#include "formats/xgboost_labels.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "codec/reader.h"

#define LABEL_BYTES_MAX ((size_t)1 << 16)

/* A word, or a whole number. */
static bool read_label(struct reader *reader, struct graph_label *label)
{
    char number[32];
    struct reader_text text;
    if (reader_peek(reader) == READER_TEXT) {
        if (!reader_text(reader, &text) || text.length == 0 || text.length > LABEL_BYTES_MAX)
            return false;
        label->text = mem_copy_text(text.bytes, text.length);
        return label->text != NULL;
    }
    if (reader_peek(reader) != READER_NUMBER || !reader_number(reader, &label->number) ||
        !(fabs(label->number) <= 0x1p53) || label->number != floor(label->number))
        return false;
    label->is_number = true;
    int length = snprintf(number, sizeof number, "%.0f", label->number);
    label->text = mem_copy_text(number, (size_t)length);
    return label->text != NULL;
}

/* False if it is no list of so many labels. */
static bool read_list(struct reader *reader, struct graph_label *labels, size_t classes)
{
    size_t count = 0;
    if (reader_peek(reader) != READER_ARRAY || !reader_open_array(reader))
        return false;
    while (reader_next_item(reader))
        if (count == classes || !read_label(reader, &labels[count++]))
            return false;
    return !reader_failed(reader) && count == classes;
}

/* "classes_" itself, or that of the label encoder, whichever is first. */
static bool find_list(struct reader *reader, struct graph_label *labels, size_t classes)
{
    struct reader_text key;
    if (reader_peek(reader) != READER_OBJECT || !reader_open_object(reader))
        return false;
    while (reader_next_key(reader, &key)) {
        if (reader_text_is(key, "classes_"))
            return read_list(reader, labels, classes);
        if (reader_text_is(key, "_le") && reader_peek(reader) == READER_OBJECT)
            return find_list(reader, labels, classes);
        reader_skip(reader, NULL);
    }
    return false;
}

bool xgboost_labels_read(const char *text, size_t classes, struct graph_label **labels,
                         struct err *err)
{
    struct err within = ERR_INIT;
    *labels = NULL;
    if (text == NULL || classes == 0)
        return true;
    struct graph_label *made = mem_array(classes, sizeof *made);
    struct reader *reader = made != NULL ? reader_create(text, strlen(text), &within) : NULL;
    if (reader != NULL && find_list(reader, made, classes))
        *labels = made;
    else
        graph_labels_free(made, classes);
    bool ok = reader != NULL || err_set(err, ERR_MEMORY, "no memory for the model's labels");
    reader_destroy(reader);
    return ok;
}

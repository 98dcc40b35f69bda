/* A models directory of a test, under /tmp and gone afterwards. */
#ifndef OMEN_TESTS_REGISTRY_DIRECTORY_H
#define OMEN_TESTS_REGISTRY_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>

struct directory {
    char path[64];
    int fd;
};

bool directory_make(struct directory *directory);
void directory_drop(struct directory *directory);

/* Makes the directories on the way. A file appears at once, by rename. */
void directory_put(const struct directory *directory, const char *name, const char *text);
void directory_put_bytes(const struct directory *directory, const char *name, const char *data,
                         size_t size);
/* A directory, empty. */
void directory_folder(const struct directory *directory, const char *name);
/* A link at name, replacing what is there. */
void directory_link(const struct directory *directory, const char *target, const char *name);
void directory_move(const struct directory *directory, const char *from, const char *to);
/* A file or a directory with everything in it. */
void directory_remove(const struct directory *directory, const char *name);

/* The document of a model with one input that answers x + value; its golden row expects golden. */
const char *document(int value, int golden);

#endif

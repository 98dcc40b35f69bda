/* Runs a fuzz target on every file of the folders named on the command line: the corpus as a test,
 * with any compiler. With -Dfuzz=true libFuzzer takes this program's place. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_SIZE_MAX ((size_t)16 << 20)

static bool replay_file(const char *path)
{
    struct err err = ERR_INIT;
    char *data;
    size_t size;
    if (!file_read(path, FILE_SIZE_MAX, &data, &size, &err)) {
        fprintf(stderr, "%s: %s\n", path, err.text);
        return false;
    }
    /* Exactly the bytes, so that a sanitizer sees what reads beyond them. */
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    if (bytes != NULL) {
        memcpy(bytes, data, size);
        LLVMFuzzerTestOneInput(bytes, size);
    }
    free(bytes);
    free(data);
    return bytes != NULL;
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Returns how many files were run, or -1. */
static int replay_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, not_hidden, alphasort);
    bool ok = count > 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        ok = replay_file(path) && ok;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return ok ? count : -1;
}

int main(int argc, char **argv)
{
    bool ok = argc > 1;
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        printf("%s: %d files\n", argv[i], count);
        ok = ok && count > 0;
    }
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

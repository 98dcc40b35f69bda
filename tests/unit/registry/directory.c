#define _XOPEN_SOURCE 700

#include "directory.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A test without its files proves nothing. */
static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

bool directory_make(struct directory *directory)
{
    strcpy(directory->path, "/tmp/omen-test-models-XXXXXX");
    if (mkdtemp(directory->path) == NULL)
        return false;
    directory->fd = open(directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory->fd >= 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void directory_drop(struct directory *directory)
{
    close(directory->fd);
    nftw(directory->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_parents(const struct directory *directory, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s", name);
    for (char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdirat(directory->fd, path, 0700);
        *slash = '/';
    }
}

void directory_put_bytes(const struct directory *directory, const char *name, const char *data,
                         size_t size)
{
    make_parents(directory, name);
    int fd = openat(directory->fd, ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size && close(fd) == 0, name);
    directory_move(directory, ".new", name);
}

void directory_put(const struct directory *directory, const char *name, const char *text)
{
    directory_put_bytes(directory, name, text, strlen(text));
}

void directory_folder(const struct directory *directory, const char *name)
{
    make_parents(directory, name);
    must(mkdirat(directory->fd, name, 0700) == 0, name);
}

void directory_link(const struct directory *directory, const char *target, const char *name)
{
    make_parents(directory, name);
    must(symlinkat(target, directory->fd, ".link") == 0, name);
    directory_move(directory, ".link", name);
}

void directory_move(const struct directory *directory, const char *from, const char *to)
{
    must(renameat(directory->fd, from, directory->fd, to) == 0, to);
}

void directory_remove(const struct directory *directory, const char *name)
{
    char path[320];
    snprintf(path, sizeof path, "%s/%s", directory->path, name);
    must(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0, name);
}

const char *document(int value, int golden)
{
    static char text[512];
    snprintf(text, sizeof text,
             "{\"format\":\"omen/1\",\"inputs\":[{\"name\":\"x\"}],\"model\":{\"op\":"
             "\"linear_regression\",\"coef_\":[1],\"intercept_\":%d},\"golden\":{\"rows\":[{\"in\":"
             "[1],\"out\":{\"value\":%d}}]}}",
             value, golden);
    return text;
}

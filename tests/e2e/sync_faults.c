/* Preloaded into omen-sync: counts the calls that change the disk, and at the one that
 * SYNC_FAULT_AT names ends the process (SYNC_FAULT=kill: before it, killed: after it) or lets the
 * call fail (enospc, eio). SYNC_FAULT_COUNT is a file that gets the number of calls at the end. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls;

static bool fault_is(const char *kind)
{
    const char *fault = getenv("SYNC_FAULT");
    const char *at = getenv("SYNC_FAULT_AT");
    return fault != NULL && at != NULL && strcmp(fault, kind) == 0 && atol(at) == calls;
}

/* True if the call is to fail, errno set. */
static bool before(void)
{
    calls++;
    if (fault_is("kill"))
        raise(SIGKILL);
    errno = fault_is("enospc") ? ENOSPC : fault_is("eio") ? EIO : 0;
    return errno != 0;
}

static void after(void)
{
    int reason = errno;
    if (fault_is("killed"))
        raise(SIGKILL);
    errno = reason;
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("SYNC_FAULT_COUNT");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file == NULL)
        return;
    fprintf(file, "%ld\n", calls);
    fclose(file);
}

#define WRAP(type, name, parameters, arguments)    \
    type name parameters;                          \
    type name parameters                           \
    {                                              \
        static type(*real) parameters;             \
        if (real == NULL) {                        \
            void *found = dlsym(RTLD_NEXT, #name); \
            memcpy(&real, &found, sizeof real);    \
        }                                          \
        if (before())                              \
            return (type)-1;                       \
        type result = real arguments;              \
        after();                                   \
        return result;                             \
    }

WRAP(int, renameat, (int from_fd, const char *from, int to_fd, const char *to),
     (from_fd, from, to_fd, to))
WRAP(int, linkat, (int from_fd, const char *from, int to_fd, const char *to, int flags),
     (from_fd, from, to_fd, to, flags))
WRAP(int, symlinkat, (const char *target, int fd, const char *name), (target, fd, name))
WRAP(int, mkdirat, (int fd, const char *name, mode_t mode), (fd, name, mode))
WRAP(int, unlinkat, (int fd, const char *name, int flags), (fd, name, flags))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, utimensat, (int fd, const char *name, const struct timespec times[2], int flags),
     (fd, name, times, flags))
WRAP(int, fallocate64, (int fd, int mode, off64_t offset, off64_t length),
     (fd, mode, offset, length))
WRAP(int, ftruncate64, (int fd, off64_t length), (fd, length))
WRAP(ssize_t, pwrite64, (int fd, const void *data, size_t size, off64_t offset),
     (fd, data, size, offset))

/* The log is no change of the disk. */
ssize_t write(int fd, const void *data, size_t size)
{
    static ssize_t (*real)(int, const void *, size_t);
    if (real == NULL) {
        void *found = dlsym(RTLD_NEXT, "write");
        memcpy(&real, &found, sizeof real);
    }
    if (fd <= STDERR_FILENO)
        return real(fd, data, size);
    if (before())
        return -1;
    ssize_t result = real(fd, data, size);
    after();
    return result;
}

int openat64(int fd, const char *name, int flags, ...)
{
    static int (*real)(int, const char *, int, ...);
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (real == NULL) {
        void *found = dlsym(RTLD_NEXT, "openat64");
        memcpy(&real, &found, sizeof real);
    }
    if ((flags & O_CREAT) == 0)
        return real(fd, name, flags);
    if (before())
        return -1;
    int result = real(fd, name, flags, mode);
    after();
    return result;
}

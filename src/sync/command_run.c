#include "sync/command_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define STEP_US 5000

static void child(const char *command, const char *model, const char *version, const char *path)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    if (setenv("OMEN_MODEL", model, 1) == 0 && setenv("OMEN_VERSION", version, 1) == 0 &&
        setenv("OMEN_PATH", path, 1) == 0)
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* False when it must not go on: the process and all that it started are ended. */
static bool may_go_on(pid_t pid, int64_t end, const volatile int *stop, struct err *err)
{
    bool stopped = stop != NULL && *stop != 0;
    if (!stopped && clock_monotonic_ns() < end)
        return true;
    kill(-pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return err_set(err, ERR_UNAVAILABLE, stopped ? "stopped" : "a command took too long");
}

static bool wait_for(pid_t pid, int64_t end, const volatile int *stop, struct err *err)
{
    int status = 0;
    pid_t got;
    while ((got = waitpid(pid, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
        if (!may_go_on(pid, end, stop, err))
            return false;
        usleep(STEP_US);
    }
    if (got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (got == pid && WIFEXITED(status))
        return err_set(err, ERR_INVALID, "a command ended with status %d", WEXITSTATUS(status));
    return err_set(err, ERR_INVALID, "a command was ended by a signal");
}

bool command_run_shell(const char *command, const char *model, const char *version,
                       const char *path, int64_t timeout, const volatile int *stop, struct err *err)
{
    int64_t end = clock_monotonic_ns() + timeout;
    pid_t pid = fork();
    if (pid < 0)
        return err_set_errno(err, ERR_IO, errno, "cannot start a command");
    if (pid == 0)
        child(command, model, version, path);
    setpgid(pid, pid);
    return wait_for(pid, end, stop, err);
}

static void speaker(const char *command, int out)
{
    sigset_t none;
    int nothing = open("/dev/null", O_RDWR);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    setpgid(0, 0);
    if (nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(nothing, STDERR_FILENO) >= 0 &&
        dup2(out, STDOUT_FILENO) >= 0)
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Until the end of what it says, or false. */
static bool listen_to(pid_t pid, int in, int64_t end, const volatile int *stop, struct buf *out,
                      struct err *err)
{
    char block[4096];
    struct pollfd ready = {.fd = in, .events = POLLIN};
    ssize_t got = 1;
    while (got != 0) {
        if (!may_go_on(pid, end, stop, err))
            return false;
        if (poll(&ready, 1, STEP_US / 1000) <= 0)
            continue;
        got = read(in, block, sizeof block);
        if (got > 0)
            buf_put(out, block, (size_t)got);
        if (out->failed) {
            kill(-pid, SIGKILL);
            waitpid(pid, NULL, 0);
            return err_set(err, ERR_LIMIT, "a command says too much");
        }
    }
    explicit_bzero(block, sizeof block);
    return true;
}

bool command_run_output(const char *command, int64_t timeout, const volatile int *stop,
                        struct buf *out, struct err *err)
{
    int64_t end = clock_monotonic_ns() + timeout;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set_errno(err, ERR_IO, errno, "cannot start a command");
    pid_t pid = fork();
    if (pid == 0)
        speaker(command, ends[1]);
    close(ends[1]);
    if (pid > 0)
        setpgid(pid, pid);
    bool ok = pid > 0
                  ? listen_to(pid, ends[0], end, stop, out, err) && wait_for(pid, end, stop, err)
                  : err_set_errno(err, ERR_IO, errno, "cannot start a command");
    close(ends[0]);
    return ok;
}

#include "sync/command_run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
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

bool command_run_shell(const char *command, const char *model, const char *version,
                       const char *path, int64_t timeout, const volatile int *stop, struct err *err)
{
    int64_t end = clock_monotonic_ns() + timeout;
    int status = 0;
    pid_t pid = fork();
    if (pid < 0)
        return err_set_errno(err, ERR_IO, errno, "cannot start a command");
    if (pid == 0)
        child(command, model, version, path);
    setpgid(pid, pid);
    pid_t got;
    while ((got = waitpid(pid, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
        bool stopped = stop != NULL && *stop != 0;
        if (stopped || clock_monotonic_ns() >= end) {
            kill(-pid, SIGKILL);
            waitpid(pid, &status, 0);
            return err_set(err, ERR_UNAVAILABLE, stopped ? "stopped" : "a command took too long");
        }
        usleep(STEP_US);
    }
    if (got == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (got == pid && WIFEXITED(status))
        return err_set(err, ERR_INVALID, "a command ended with status %d", WEXITSTATUS(status));
    return err_set(err, ERR_INVALID, "a command was ended by a signal");
}

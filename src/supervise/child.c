#include "supervise/child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool set_notify(const char *notify)
{
    return notify != NULL ? setenv("NOTIFY_SOCKET", notify, 1) == 0
                          : unsetenv("NOTIFY_SOCKET") == 0;
}

/* What we were started to ignore, as a shell's job in the background is, would be ignored for ever
 * by a program that is a shell: it cannot trap such a signal. */
static bool hear_signals(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    bool ok = true;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        ok = signal(numbers[i], SIG_DFL) != SIG_ERR && ok;
    return ok;
}

_Noreturn static void become(const struct child_options *options, pid_t parent)
{
    bool ok = setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, options->death_signal) == 0 &&
              (options->input < 0 || dup2(options->input, STDIN_FILENO) == STDIN_FILENO) &&
              set_notify(options->notify) && hear_signals() &&
              sigprocmask(SIG_SETMASK, options->signals, NULL) == 0;
    if (getppid() != parent) /* we came too late to be told of its death */
        _exit(EXIT_FAILURE);
    if (ok)
        execvp(options->command[0], options->command);
    int error = errno;
    fprintf(stderr, "omen-supervise: %s: %s\n", options->command[0], strerror(error));
    _exit(error == ENOENT ? CHILD_NOT_FOUND : CHILD_CANNOT_RUN);
}

pid_t child_start(const struct child_options *options, struct err *err)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        become(options, parent);
    if (pid < 0)
        err_set_errno(err, ERR_IO, errno, "%s cannot be started", options->command[0]);
    return pid;
}

void child_kill_all(void)
{
    char path[64];
    int pid;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    while (fscanf(file, "%d", &pid) == 1)
        kill(pid, SIGKILL);
    fclose(file);
}

int child_status(int wait_status)
{
    return WIFSIGNALED(wait_status) ? CHILD_KILLED_BY + WTERMSIG(wait_status)
                                    : WEXITSTATUS(wait_status);
}

#include "supervise/handles.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

static bool open_signals(struct handles *handles, struct err *err)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaddset(&set, numbers[i]);
    sigprocmask(SIG_BLOCK, &set, &handles->signals_before);
    handles->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return handles->signal_fd >= 0 ||
           err_set_errno(err, ERR_IO, errno, "no descriptor for signals");
}

static bool open_listener(struct handles *handles, const struct options *options, struct err *err)
{
    const struct listening_options listening = {
        .path = options->socket,
        .group = options->socket_group,
        .mode = (mode_t)options->socket_mode,
        .backlog = (int)options->backlog,
    };
    if (options->socket[0] != '\0')
        handles->listener = listening_open(&listening, &handles->place, err);
    else if (listening_is(STDIN_FILENO))
        handles->listener = listening_take_input(err);
    else
        err_set(err, ERR_MISSING, "standard input does not listen, and no --socket is given");
    return handles->listener >= 0;
}

bool handles_open(struct handles *handles, const struct options *options, struct err *err)
{
    *handles = (struct handles){.listener = -1, .signal_fd = -1, .ready = {.fd = -1}};
    /* Signals first: process 1 would never hear of one that came before. */
    return open_signals(handles, err) && open_listener(handles, options, err) &&
           ready_open(&handles->ready, err);
}

void handles_close(struct handles *handles)
{
    listening_remove(&handles->place);
    if (handles->listener >= 0)
        close(handles->listener);
    if (handles->signal_fd >= 0)
        close(handles->signal_fd);
    ready_close(&handles->ready);
}

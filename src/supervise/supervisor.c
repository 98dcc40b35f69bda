#include "supervise/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "supervise/crew.h"
#include "supervise/handles.h"
#include "supervise/kept.h"

#define HASTE (5 * CLOCK_NS_PER_S) /* from what is asked for to what is done about it */

enum { STATUS_REFUSED = 2 };

/* In this order. The web server ends before the workers, which answer what it still has. */
enum phase { SERVING, LINGERING, ENDING_WEB, HURRYING_WEB, ENDING_WORKERS, KILLING };

struct supervisor {
    const struct options *options;
    struct handles handles;
    struct crew crew;
    struct kept web;
    bool has_web;
    enum phase phase;
    int64_t deadline; /* of the phase */
    int status;
    bool alone; /* no child is left */
};

/* --- ending -------------------------------------------------------------------------------- */

static void enter(struct supervisor *supervisor, enum phase phase, int64_t now, int64_t most)
{
    supervisor->phase = phase;
    supervisor->deadline = now + most;
}

static void end_workers(struct supervisor *supervisor, int64_t now)
{
    crew_end(&supervisor->crew, now);
    if (supervisor->phase != ENDING_WORKERS) /* whoever is left after the workers' own deadlines */
        enter(supervisor, ENDING_WORKERS, now, supervisor->options->worker_timeout + HASTE);
}

static void end_web(struct supervisor *supervisor, int64_t now)
{
    if (supervisor->web.pid == 0) {
        end_workers(supervisor, now);
        return;
    }
    kept_signal(&supervisor->web, SIGQUIT);
    enter(supervisor, ENDING_WEB, now, supervisor->options->web_timeout);
}

static void hurry_web(struct supervisor *supervisor, int64_t now)
{
    LOG(LOG_WARNING, "the web server is told to drop what it has",
        LOG_INT("pid", supervisor->web.pid));
    kept_signal(&supervisor->web, SIGTERM);
    supervisor->status = EXIT_FAILURE;
    enter(supervisor, HURRYING_WEB, now, HASTE);
}

static void kill_web(struct supervisor *supervisor, int64_t now)
{
    LOG(LOG_ERROR, "the web server does not end and is killed",
        LOG_INT("pid", supervisor->web.pid));
    kill(-supervisor->web.pid, SIGKILL);
    enter(supervisor, HURRYING_WEB, now, KEPT_NEVER - now);
}

static void kill_all(struct supervisor *supervisor, int64_t now)
{
    child_kill_all();
    supervisor->status = EXIT_FAILURE;
    enter(supervisor, KILLING, now, HASTE); /* once more for who was born meanwhile */
}

/* The phase has lasted as long as it may. */
static void advance(struct supervisor *supervisor, int64_t now)
{
    switch (supervisor->phase) {
    case SERVING:
        break;
    case LINGERING:
        end_web(supervisor, now);
        break;
    case ENDING_WEB:
        hurry_web(supervisor, now);
        break;
    case HURRYING_WEB:
        kill_web(supervisor, now);
        break;
    case ENDING_WORKERS:
    case KILLING:
        kill_all(supervisor, now);
        break;
    }
}

/* TERM and its like; a second one means that whoever sent it does not want to wait. */
static void stop(struct supervisor *supervisor, int64_t now)
{
    if (supervisor->phase == SERVING && supervisor->options->grace > 0)
        enter(supervisor, LINGERING, now, supervisor->options->grace);
    else if (supervisor->phase <= LINGERING)
        end_web(supervisor, now);
    else if (supervisor->phase == ENDING_WEB)
        hurry_web(supervisor, now);
    else if (supervisor->phase == ENDING_WORKERS)
        end_workers(supervisor, now);
}

static void give_up(struct supervisor *supervisor, int status, int64_t now)
{
    if (supervisor->phase > LINGERING)
        return;
    supervisor->status = status;
    end_web(supervisor, now);
}

/* --- what happens -------------------------------------------------------------------------- */

/* A web server that fails at its start has a configuration or an address that it cannot use: that
 * is for whoever started us to see. One that ran is started again, since a new worker would have to
 * load all models anew. */
static void web_ended(struct supervisor *supervisor, int status, int64_t now)
{
    struct kept *web = &supervisor->web;
    bool failed = status > 0 && status < CHILD_KILLED_BY && kept_is_young(web, now);
    pid_t pid = web->pid;
    kept_ended(web, now);
    if (supervisor->phase == ENDING_WEB || supervisor->phase == HURRYING_WEB) {
        end_workers(supervisor, now);
    } else if (failed) {
        LOG(LOG_ERROR, "the web server cannot run: giving up", LOG_INT("status", status));
        give_up(supervisor, EXIT_FAILURE, now);
    } else {
        LOG(LOG_WARNING, "the web server ended; another is started", LOG_INT("pid", pid),
            LOG_INT("status", status),
            LOG_INT("pause_ms", (web->start_at - now) / CLOCK_NS_PER_MS));
    }
}

/* Reaps everything, what we have inherited as process 1 or as its like, too. */
static void reap(struct supervisor *supervisor, int64_t now)
{
    siginfo_t info;
    for (;;) {
        info.si_pid = 0;
        int found = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
        supervisor->alone = found != 0 && errno == ECHILD;
        if (found != 0 || info.si_pid == 0)
            return;
        pid_t pid = info.si_pid;
        bool web = pid == supervisor->web.pid;
        /* nginx's own processes would hold its port, and accept. As long as it is not reaped its
         * number cannot be another's. */
        if (web)
            kill(-pid, SIGQUIT);
        int wait_status = 0;
        if (waitpid(pid, &wait_status, 0) != pid)
            continue;
        int status = child_status(wait_status);
        crew_on_end(&supervisor->crew, pid, status, now);
        if (web)
            web_ended(supervisor, status, now);
    }
}

static void on_signal(struct supervisor *supervisor, int number, int64_t now)
{
    switch (number) {
    case SIGTERM:
    case SIGINT:
    case SIGQUIT:
        stop(supervisor, now);
        break;
    case SIGHUP:
    case SIGUSR1:
        crew_signal(&supervisor->crew, number);
        kept_signal(&supervisor->web, number);
        break;
    case SIGUSR2:
        crew_roll(&supervisor->crew, now);
        break;
    default:
        break;
    }
}

static void read_signals(struct supervisor *supervisor, int64_t now)
{
    struct signalfd_siginfo info;
    while (read(supervisor->handles.signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        on_signal(supervisor, (int)info.ssi_signo, now);
}

static void read_ready(struct supervisor *supervisor, int64_t now)
{
    for (pid_t pid; (pid = ready_next(&supervisor->handles.ready)) > 0;) {
        crew_on_ready(&supervisor->crew, pid, now);
        if (supervisor->crew.worker.ready && supervisor->web.born == 0)
            supervisor->web.start_at = now;
    }
}

/* --- the loop ------------------------------------------------------------------------------ */

static void do_what_is_due(struct supervisor *supervisor, int64_t now)
{
    crew_tick(&supervisor->crew, now);
    if (supervisor->crew.refused)
        give_up(supervisor, STATUS_REFUSED, now);
    if (supervisor->has_web && supervisor->phase <= LINGERING)
        kept_tick(&supervisor->web, now);
    if (supervisor->phase != SERVING && supervisor->deadline <= now)
        advance(supervisor, now);
}

/* Milliseconds; -1: until something happens. */
static int time_to_wait(const struct supervisor *supervisor, int64_t now)
{
    int64_t due = crew_due(&supervisor->crew);
    if (supervisor->has_web && supervisor->web.pid == 0 && supervisor->phase <= LINGERING &&
        supervisor->web.start_at < due)
        due = supervisor->web.start_at;
    if (supervisor->phase != SERVING && supervisor->deadline < due)
        due = supervisor->deadline;
    if (due == KEPT_NEVER)
        return -1;
    int64_t ms = due <= now ? 0 : (due - now) / CLOCK_NS_PER_MS + 1;
    return ms < 60000 ? (int)ms : 60000;
}

static bool is_over(const struct supervisor *supervisor)
{
    return supervisor->phase >= ENDING_WORKERS && supervisor->alone &&
           crew_is_gone(&supervisor->crew);
}

static void run(struct supervisor *supervisor)
{
    struct pollfd fds[] = {
        {.fd = supervisor->handles.signal_fd, .events = POLLIN},
        {.fd = supervisor->handles.ready.fd, .events = POLLIN},
    };
    for (;;) {
        int64_t now = clock_monotonic_ns();
        do_what_is_due(supervisor, now);
        if (is_over(supervisor))
            break;
        poll(fds, sizeof fds / sizeof fds[0], time_to_wait(supervisor, now));
        now = clock_monotonic_ns();
        read_ready(supervisor, now); /* before its sender is reaped */
        read_signals(supervisor, now);
        reap(supervisor, now);
    }
    if (supervisor->status == EXIT_SUCCESS && supervisor->crew.cut_short)
        supervisor->status = EXIT_FAILURE;
}

/* --- the start ----------------------------------------------------------------------------- */

static void prepare_programs(struct supervisor *supervisor, int64_t now)
{
    const struct options *options = supervisor->options;
    const struct crew_options crew = {
        .child = {.command = options->worker,
                  .input = supervisor->handles.listener,
                  .death_signal = SIGTERM,
                  .notify = supervisor->handles.ready.name,
                  .signals = &supervisor->handles.signals_before},
        .ready_timeout = options->ready_timeout,
        .end_timeout = options->worker_timeout,
    };
    crew_init(&supervisor->crew, &crew);
    supervisor->has_web = options->web != NULL;
    supervisor->web = (struct kept){
        .name = "web server",
        .child = {.command = options->web,
                  .input = -1,
                  .death_signal = SIGQUIT,
                  .signals = &supervisor->handles.signals_before},
        .start_at = now + options->web_wait,
    };
}

bool supervisor_run(const struct options *options, int *status, struct err *err)
{
    struct supervisor supervisor = {.options = options};
    bool ok = handles_open(&supervisor.handles, options, err);
    if (ok) {
        prctl(PR_SET_CHILD_SUBREAPER, 1); /* what a child leaves behind is ours to end, too */
        prepare_programs(&supervisor, clock_monotonic_ns());
        run(&supervisor);
        *status = supervisor.status;
    }
    handles_close(&supervisor.handles);
    return ok;
}

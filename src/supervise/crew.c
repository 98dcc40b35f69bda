#include "supervise/crew.h"

#include <signal.h>

#include "base/log.h"

enum { STATUS_REFUSES = 2 }; /* the worker's word for a configuration that is wrong */

void crew_init(struct crew *crew, const struct crew_options *options)
{
    *crew = (struct crew){
        .options = *options,
        .worker = {.name = "worker", .child = options->child},
        .successor = {.name = "successor", .child = options->child, .start_at = KEPT_NEVER},
    };
}

static void retire(struct crew *crew, pid_t pid, int64_t now)
{
    kill(pid, SIGTERM);
    crew->retired[crew->retired_count++] =
        (struct crew_retired){.pid = pid, .deadline = now + crew->options.end_timeout};
}

static void successor_forget(struct crew *crew)
{
    crew->successor.pid = 0;
    crew->successor.ready = false;
    crew->successor.start_at = KEPT_NEVER;
    crew->successor.pause = 0;
}

/* The successor is the worker from now on. */
static void take_over(struct crew *crew)
{
    crew->worker.pid = crew->successor.pid;
    crew->worker.ready = crew->successor.ready;
    crew->worker.born = crew->successor.born;
    crew->worker.pause = 0;
    successor_forget(crew);
}

static void roll_if_asked(struct crew *crew, int64_t now)
{
    bool again = crew->roll_again;
    crew->roll_again = false;
    if (again)
        crew_roll(crew, now);
}

void crew_roll(struct crew *crew, int64_t now)
{
    if (crew->ending)
        return;
    if (crew->worker.pid == 0) {
        crew->worker.start_at = now;
    } else if (crew->successor.pid != 0) {
        crew->roll_again = true;
    } else if (crew->retired_count + 2 > CREW_RETIRED_MAX) { /* both may have to go there */
        LOG(LOG_WARNING, "no rolling restart: too many workers are still ending",
            LOG_INT("workers", crew->retired_count));
    } else {
        crew->successor.start_at = now;
    }
}

static void successor_give_up(struct crew *crew, int64_t now)
{
    LOG(LOG_ERROR, "the new worker was not ready in time and is ended; the old one stays",
        LOG_INT("pid", crew->successor.pid));
    retire(crew, crew->successor.pid, now);
    successor_forget(crew);
    roll_if_asked(crew, now);
}

static int64_t successor_deadline(const struct crew *crew)
{
    return crew->successor.pid != 0 ? crew->successor.born + crew->options.ready_timeout
                                    : KEPT_NEVER;
}

void crew_tick(struct crew *crew, int64_t now)
{
    for (size_t i = 0; i < crew->retired_count; i++) {
        if (crew->retired[i].deadline > now)
            continue;
        LOG(LOG_ERROR, "a worker did not end in time and is killed",
            LOG_INT("pid", crew->retired[i].pid));
        kill(crew->retired[i].pid, SIGKILL);
        crew->retired[i].deadline = KEPT_NEVER;
    }
    if (crew->ending)
        return;
    if (successor_deadline(crew) <= now)
        successor_give_up(crew, now);
    kept_tick(&crew->worker, now);
    kept_tick(&crew->successor, now);
    if (crew->successor.pid == 0)
        successor_forget(crew); /* not even started: the old one stays */
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t crew_due(const struct crew *crew)
{
    int64_t due = KEPT_NEVER;
    for (size_t i = 0; i < crew->retired_count; i++)
        due = earlier(due, crew->retired[i].deadline);
    if (crew->ending)
        return due;
    if (crew->worker.pid == 0)
        due = earlier(due, crew->worker.start_at);
    due = earlier(due, crew->successor.start_at);
    return earlier(due, successor_deadline(crew));
}

void crew_on_ready(struct crew *crew, pid_t pid, int64_t now)
{
    if (pid == crew->worker.pid)
        crew->worker.ready = true;
    if (pid != crew->successor.pid || crew->ending)
        return;
    LOG(LOG_INFO, "a worker takes over", LOG_INT("pid", pid), LOG_INT("from", crew->worker.pid));
    crew->successor.ready = true;
    retire(crew, crew->worker.pid, now);
    take_over(crew);
    roll_if_asked(crew, now);
}

static bool is_refusal(int status)
{
    return status == STATUS_REFUSES || status == CHILD_CANNOT_RUN || status == CHILD_NOT_FOUND;
}

static void worker_ended(struct crew *crew, int status, int64_t now)
{
    pid_t pid = crew->worker.pid;
    kept_ended(&crew->worker, now);
    if (crew->successor.pid != 0) {
        LOG(LOG_WARNING, "the worker ended; its successor is there already", LOG_INT("pid", pid),
            LOG_INT("status", status));
        take_over(crew);
    } else if (is_refusal(status)) {
        LOG(LOG_ERROR, "the worker refuses to run as it was told to: giving up",
            LOG_INT("status", status));
        crew->refused = true;
        crew->worker.start_at = KEPT_NEVER;
    } else {
        LOG(LOG_WARNING, "the worker ended; another is started", LOG_INT("pid", pid),
            LOG_INT("status", status),
            LOG_INT("pause_ms", (crew->worker.start_at - now) / CLOCK_NS_PER_MS));
    }
}

static void retired_ended(struct crew *crew, size_t index, int status)
{
    if (status != 0 && status != CHILD_KILLED_BY + SIGTERM) {
        LOG(LOG_WARNING, "a worker's end was cut short", LOG_INT("pid", crew->retired[index].pid),
            LOG_INT("status", status));
        crew->cut_short = crew->cut_short || crew->ending;
    }
    crew->retired[index] = crew->retired[--crew->retired_count];
}

void crew_on_end(struct crew *crew, pid_t pid, int status, int64_t now)
{
    if (pid == crew->worker.pid) {
        worker_ended(crew, status, now);
    } else if (pid == crew->successor.pid) {
        LOG(LOG_ERROR, "the new worker ended before it was ready; the old one stays",
            LOG_INT("pid", pid), LOG_INT("status", status));
        successor_forget(crew);
        roll_if_asked(crew, now);
    }
    for (size_t i = 0; i < crew->retired_count; i++)
        if (crew->retired[i].pid == pid)
            retired_ended(crew, i, status);
}

void crew_signal(const struct crew *crew, int number)
{
    if (crew->worker.ready)
        kept_signal(&crew->worker, number);
}

void crew_end(struct crew *crew, int64_t now)
{
    for (size_t i = 0; crew->ending && i < crew->retired_count; i++)
        kill(crew->retired[i].pid, SIGTERM);
    crew->ending = true;
    if (crew->worker.pid != 0)
        retire(crew, crew->worker.pid, now);
    if (crew->successor.pid != 0)
        retire(crew, crew->successor.pid, now);
    crew->worker.pid = 0;
    successor_forget(crew);
}

bool crew_is_gone(const struct crew *crew)
{
    return crew->worker.pid == 0 && crew->successor.pid == 0 && crew->retired_count == 0;
}

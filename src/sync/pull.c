/* pull: the loop around mirror. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "sync/command_run.h"
#include "sync/commands.h"
#include "sync/recheck.h"
#include "sync/refusal.h"
#include "sync/retry.h"
#include "sync/session.h"
#include "sync/status.h"

#define STEP_NS (100 * CLOCK_NS_PER_MS)
#define ONCE_PAUSE (2 * CLOCK_NS_PER_S)
#define ONCE_PAUSE_LEAST (20 * CLOCK_NS_PER_MS)

struct pull {
    const struct options *options;
    const char *directory;
    struct session session;
    struct status *status;
    struct refusal refusal;
    int64_t failures; /* in a row */
    bool changed;     /* since the worker was told */
    bool recovered;   /* what interrupted runs left was removed */
    bool rechecked;   /* what was published before is still what it was */
};

/* --- events -------------------------------------------------------------------------------- */

static void run_hook(const struct pull *pull, const char *model, const char *version)
{
    struct err err = ERR_INIT;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/current", pull->directory, model);
    if (pull->options->on_change[0] != '\0' &&
        !command_run_shell(pull->options->on_change, model, version, path,
                           pull->options->command_timeout, &session_stop, &err))
        LOG(LOG_WARNING, "the command of on-change failed", LOG_TEXT("model", model),
            LOG_TEXT("err", err.text));
}

static void signal_worker(const struct pull *pull)
{
    char *text;
    size_t size;
    if (pull->options->signal_pid_file[0] == '\0')
        return;
    if (!file_read(pull->options->signal_pid_file, 64, &text, &size, NULL)) {
        LOG(LOG_WARNING, "signal-pid-file cannot be read", LOG_TEXT("signal", "HUP"));
        return;
    }
    long pid = strtol(text, NULL, 10);
    free(text);
    if (pid <= 1 || kill((pid_t)pid, SIGHUP) != 0)
        LOG(LOG_WARNING, "the process of signal-pid-file cannot be told",
            LOG_TEXT("signal", "HUP"));
}

static void on_event(void *context, enum mirror_event event, const char *model, const char *version,
                     const char *text)
{
    struct pull *pull = context;
    static const struct {
        enum log_level level;
        const char *message;
    } events[] = {
        [EVENT_PUBLISHED] = {LOG_INFO, "published"},
        [EVENT_FAILED] = {LOG_ERROR, "failed"},
        [EVENT_REFUSED] = {LOG_ERROR, "refused"},
        [EVENT_WAITING] = {LOG_INFO, "waiting"},
        [EVENT_QUARANTINED] = {LOG_ERROR, "quarantined"},
        [EVENT_DAMAGED] = {LOG_ERROR, "damaged"},
        [EVENT_ROLLED_BACK] = {LOG_WARNING, "rolled back"},
    };
    bool good = event == EVENT_PUBLISHED || event == EVENT_ROLLED_BACK;
    LOG(events[event].level, events[event].message, LOG_TEXT("model", model),
        LOG_TEXT("version", version), LOG_TEXT(good ? "id" : "err", text));
    if (!good)
        return;
    pull->changed = true;
    status_version(pull->status, model, version, text);
    status_published(pull->status);
    run_hook(pull, model, version);
}

/* --- one pass ------------------------------------------------------------------------------ */

static void pass_log(const struct pull *pull, const struct mirror_report *report, bool ok,
                     double seconds, const struct err *err)
{
    const struct transfer_counts *counts = transfer_counts(pull->session.transfer);
    if (!ok)
        LOG(LOG_ERROR, "synchronisation failed", LOG_TEXT("source", pull->session.url.text),
            LOG_TEXT("err", err->text), LOG_INT("failures", pull->failures),
            LOG_REAL("seconds", seconds));
    else if (report->published > 0)
        LOG(LOG_INFO, "synchronised", LOG_TEXT("source", pull->session.url.text),
            LOG_INT("models", report->models), LOG_INT("published", report->published),
            LOG_INT("bytes", report->bytes), LOG_INT("requests", counts->requests),
            LOG_INT("retries", counts->retries), LOG_REAL("seconds", seconds));
    else
        LOG(LOG_DEBUG, "nothing new", LOG_INT("models", report->models),
            LOG_REAL("seconds", seconds));
}

/* What the worker says of the versions, and what is done about it. */
static void heed_worker(struct pull *pull)
{
    if (pull->options->worker_state[0] == '\0' || !refusal_changed(&pull->refusal))
        return;
    if (!publish_lock(&pull->session.publish, 0, NULL, NULL))
        return;
    refusal_heed(&pull->refusal, &pull->session.mirror, pull->options->auto_rollback);
    publish_unlock(&pull->session.publish);
    if (pull->changed)
        signal_worker(pull);
    pull->changed = false;
}

/* What is served from before this run, for the metrics. */
static bool tell_version(void *context, const char *model, struct err *err)
{
    const struct pull *pull = context;
    char target[PUBLISH_TARGET_SIZE];
    char version[PUBLISH_TARGET_SIZE];
    (void)err;
    publish_target(&pull->session.publish, model, "current", target);
    publish_version_of(target, version, sizeof version);
    if (target[0] != '\0')
        status_version(pull->status, model, version, target);
    return true;
}

static bool pass_locked(struct pull *pull, struct mirror_report *report, struct err *err)
{
    /* Later leftovers are others', and go when old versions do. */
    if (pull->failures > 0 || !pull->recovered)
        pull->recovered = publish_recover(&pull->session.publish, err);
    size_t damaged = 0;
    if (pull->recovered && !pull->rechecked)
        pull->rechecked = recheck_run(&pull->session.mirror, (enum recheck)pull->options->recheck,
                                      &damaged, err) &&
                          publish_each_model(&pull->session.publish, tell_version, pull, err);
    if (!pull->recovered || !pull->rechecked) {
        report->failure = err->code == ERR_LIMIT ? FAILURE_SPACE : FAILURE_OTHER;
        report->damaged = damaged;
        return false;
    }
    if (pull->options->worker_state[0] != '\0')
        refusal_heed(&pull->refusal, &pull->session.mirror, pull->options->auto_rollback);
    bool ok = mirror_run(&pull->session.mirror, report, err);
    report->damaged = damaged;
    return ok;
}

static bool pass(struct pull *pull, struct mirror_report *report)
{
    struct session *session = &pull->session;
    struct err err = ERR_INIT;
    int64_t begun = clock_monotonic_ns();
    *report = (struct mirror_report){.failure = FAILURE_NONE};
    if (pull->options->timeout > 0)
        transfer_set_deadline(session->transfer, begun + pull->options->timeout);
    bool ok = publish_lock(&session->publish, pull->options->lock_timeout, &session_stop, &err);
    if (ok) {
        ok = pass_locked(pull, report, &err);
        publish_unlock(&session->publish);
    } else {
        report->failure = FAILURE_LOCKED;
    }
    if (session_stop)
        return false;
    double seconds = (double)(clock_monotonic_ns() - begun) / 1e9;
    pull->failures = ok ? 0 : pull->failures + 1;
    pass_log(pull, report, ok, seconds, &err);
    status_pass(pull->status, report, ok, seconds, session->transfer, &session->publish);
    if (pull->changed)
        signal_worker(pull);
    pull->changed = false;
    return ok;
}

/* --- init container ------------------------------------------------------------------------ */

static bool take_any(void *context, const char *model, struct err *err)
{
    const struct publish *publish = ((struct pull *)context)->session.mirror.publish;
    char target[PUBLISH_TARGET_SIZE];
    (void)err;
    publish_target(publish, model, "current", target);
    return target[0] == '\0'; /* false ends the search */
}

static bool wait_some(int64_t ns)
{
    int64_t end = clock_monotonic_ns() + ns;
    while (!session_stop && clock_monotonic_ns() < end)
        usleep(20000);
    return !session_stop;
}

/* Another look may bring more: a version that only has to settle is worth its time, one that is
 * being uploaded only where there is no other. */
static bool is_worth_waiting(const struct pull *pull, const struct mirror_report *report,
                             int64_t begun)
{
    int64_t passed = clock_monotonic_ns() - begun;
    int64_t most = report->unserved > 0 && pull->options->patience > pull->options->settle
                       ? pull->options->patience
                       : pull->options->settle;
    return report->waiting > 0 && passed <= most;
}

/* Until every model that is there has its newest whole version, or something fails. */
static struct mirror_report once_run(struct pull *pull)
{
    int64_t begun = clock_monotonic_ns();
    struct mirror_report report;
    while (pass(pull, &report) && is_worth_waiting(pull, &report, begun)) {
        int64_t pause = pull->options->settle < ONCE_PAUSE ? pull->options->settle : ONCE_PAUSE;
        int64_t timeout = pull->options->timeout;
        pause += ONCE_PAUSE_LEAST;
        if (timeout > 0 && clock_monotonic_ns() + pause > begun + timeout) {
            report.failure = FAILURE_TIMEOUT;
            break;
        }
        if (!wait_some(pause))
            break;
    }
    return report;
}

/* Nothing failed, but is there something of each model to be served? */
static enum failure judge_once(const struct pull *pull, const struct mirror_report *report)
{
    const char *source = pull->session.url.text;
    if (report->failure != FAILURE_NONE)
        return report->failure;
    if (report->models == 0) {
        LOG(LOG_ERROR, "the source has no models", LOG_TEXT("source", source));
        return FAILURE_GONE;
    }
    if (report->unserved == 0)
        return FAILURE_NONE;
    if (report->waiting > 0)
        LOG(LOG_ERROR, "no version of a model became whole", LOG_TEXT("source", source),
            LOG_INT("models", report->unserved), LOG_TEXT("limit", "patience"));
    else
        LOG(LOG_ERROR, "no version of a model can be taken", LOG_TEXT("source", source),
            LOG_INT("models", report->unserved));
    return report->waiting > 0 ? FAILURE_TIMEOUT : FAILURE_INTEGRITY;
}

/* What the source does not give now, it may give later. */
static bool may_pass(enum failure failure)
{
    return failure == FAILURE_TRANSIENT || failure == FAILURE_TIMEOUT || failure == FAILURE_GONE;
}

/* With some failures allowed, each but the last is waited out: a source that is not there yet. */
static enum failure once_until_good(struct pull *pull)
{
    for (int64_t failures = 1;; failures++) {
        struct mirror_report report = once_run(pull);
        if (session_stop)
            return FAILURE_TRANSIENT;
        enum failure failure = judge_once(pull, &report);
        if (!may_pass(failure) || failures >= pull->options->max_failures)
            return failure;
        if (!wait_some(retry_jitter(pull->options->period, retry_random())))
            return FAILURE_TRANSIENT;
    }
}

static int pull_once(struct pull *pull)
{
    enum failure failure = once_until_good(pull);
    if (session_stop)
        return EXIT_TRANSIENT;
    if ((may_pass(failure) || failure == FAILURE_AUTH) && pull->options->allow_stale &&
        !publish_each_model(&pull->session.publish, take_any, pull, NULL)) {
        LOG(LOG_WARNING, "what is there from before is used", LOG_TEXT("why", "allow-stale"));
        return EXIT_GOOD;
    }
    return session_exit_of(failure);
}

/* --- sidecar ------------------------------------------------------------------------------- */

static bool is_final(enum failure failure)
{
    return failure == FAILURE_USAGE;
}

/* Until it is time for the next pass, a signal asks for it, or it is over. */
static void wait_period(struct pull *pull, bool waiting)
{
    int64_t period = retry_jitter(pull->options->period, retry_random());
    if (waiting && pull->options->settle < period)
        period = pull->options->settle + CLOCK_NS_PER_MS;
    int64_t end = clock_monotonic_ns() + period;
    while (!session_stop && !session_wake && clock_monotonic_ns() < end) {
        int64_t left = end - clock_monotonic_ns();
        heed_worker(pull);
        status_beat(pull->status);
        usleep((useconds_t)((left < STEP_NS ? left : STEP_NS) / 1000 + 1));
    }
    session_wake = 0;
}

static int pull_loop(struct pull *pull)
{
    struct mirror_report report;
    while (!session_stop) {
        bool ok = pass(pull, &report);
        if (!ok && !session_stop &&
            (is_final(report.failure) ||
             (pull->options->max_failures > 0 && pull->failures >= pull->options->max_failures)))
            return session_exit_of(report.failure);
        wait_period(pull, report.waiting > 0);
    }
    LOG(LOG_INFO, "stopped", LOG_TEXT("signal", "TERM"));
    return EXIT_GOOD;
}

int command_pull(const struct options *options, char *const *words, int count)
{
    struct pull pull = {.options = options, .directory = count == 2 ? words[1] : ""};
    struct err err = ERR_INIT;
    if (count != 2)
        return session_complain(EXIT_USAGE, "pull takes SOURCE and DIR; see omen-sync --help");
    pull.session.options = options;
    pull.session.publish = (struct publish){.root_fd = -1, .sync_fd = -1, .lock_fd = -1};
    session_catch_signals();
    pull.status =
        status_create(options->listen, options->textfile, options->progress, options->period, &err);
    if (pull.status == NULL)
        return session_complain(EXIT_USAGE, "%s", err.text);
    int code = session_open_directory(&pull.session, words[1], true);
    if (code == EXIT_GOOD)
        code = session_open_source(&pull.session, words[0], false);
    if (code == EXIT_GOOD) {
        pull.session.mirror.on_event = on_event;
        pull.session.mirror.context = &pull;
        refusal_init(&pull.refusal, options->worker_state);
        transfer_set_tick(pull.session.transfer, status_tick, pull.status);
        status_watch(pull.status, pull.session.transfer);
        code = options->once ? pull_once(&pull) : pull_loop(&pull);
    }
    status_destroy(pull.status);
    session_close(&pull.session);
    return code;
}

#include "supervise/kept.h"

#include <signal.h>

#include "base/log.h"

bool kept_is_young(const struct kept *kept, int64_t now)
{
    return now - kept->born < KEPT_YOUNG;
}

void kept_ended(struct kept *kept, int64_t now)
{
    if (!kept_is_young(kept, now))
        kept->pause = 0;
    kept->pid = 0;
    kept->ready = false;
    kept->start_at = now + kept->pause;
    kept->pause = kept->pause == 0 ? KEPT_FIRST_PAUSE : 2 * kept->pause;
    if (kept->pause > KEPT_LONGEST_PAUSE)
        kept->pause = KEPT_LONGEST_PAUSE;
}

void kept_tick(struct kept *kept, int64_t now)
{
    struct err err = ERR_INIT;
    if (kept->pid != 0 || kept->start_at > now)
        return;
    kept->born = now;
    pid_t pid = child_start(&kept->child, &err);
    if (pid > 0) {
        kept->pid = pid;
        LOG(LOG_INFO, "started", LOG_TEXT("program", kept->name), LOG_INT("pid", pid));
        return;
    }
    kept_ended(kept, now);
    LOG(LOG_ERROR, err.text, LOG_INT("again_in_ms", (kept->start_at - now) / CLOCK_NS_PER_MS));
}

void kept_signal(const struct kept *kept, int number)
{
    if (kept->pid > 0)
        kill(kept->pid, number);
}

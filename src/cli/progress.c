#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define INTERVAL (200 * CLOCK_NS_PER_MS)
#define BAR 24

void progress_init(struct progress *progress, bool wanted)
{
    *progress = (struct progress){.shown = wanted && isatty(STDERR_FILENO)};
    progress->begun = clock_monotonic_ns();
    progress->next = progress->begun + INTERVAL;
}

static void draw(struct progress *progress, uint64_t rows, uint64_t bytes, uint64_t total,
                 double seconds)
{
    char bar[BAR + 1];
    double rate = seconds > 0 ? (double)rows / seconds : 0;
    if (total > 0) {
        double part = (double)bytes / (double)total;
        part = part < 1 ? part : 1;
        memset(bar, ' ', BAR);
        memset(bar, '#', (size_t)(part * BAR));
        bar[BAR] = '\0';
        double left = part > 0 ? seconds / part - seconds : 0;
        fprintf(stderr, "\r[%s] %3.0f %%  %" PRIu64 " rows  %.0f rows/s  %.0f s left\x1b[K", bar,
                part * 100, rows, rate, left);
    } else {
        fprintf(stderr, "\r%" PRIu64 " rows  %.0f rows/s\x1b[K", rows, rate);
    }
    fflush(stderr);
    progress->drawn = true;
}

void progress_tell(struct progress *progress, uint64_t rows, uint64_t bytes, uint64_t total)
{
    if (!progress->shown)
        return;
    int64_t now = clock_monotonic_ns();
    if (now < progress->next)
        return;
    progress->next = now + INTERVAL;
    draw(progress, rows, bytes, total, (double)(now - progress->begun) / CLOCK_NS_PER_S);
}

void progress_finish(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\x1b[K", stderr);
    progress->drawn = false;
}

#include "app/process.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/clock.h"

/* From which on a block is the kernel's again once it is freed. More than the buffer of a thousand
 * rows, 1 MiB: to map that for each request took a fifth more CPU. */
#define MAPPED_BYTES (5 << 18)
#define SPARE_BYTES (4 << 20) /* that a thread's heap may keep at its end */

/* Left to itself, glibc raises both to up to 32 and 64 MiB when a large block is freed, for each
 * thread: after some large bodies at a time 200 MiB stayed for ever. */
void process_limit_heaps(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
    mallopt(M_TRIM_THRESHOLD, SPARE_BYTES);
#endif
}

static void emit_build(void *context, struct metrics_emitter *emitter)
{
    (void)context;
    metrics_emit(emitter, (const char *const[]){OMEN_VERSION}, 1);
}

/* The second field of statm: resident pages (proc(5)). */
static void emit_memory(void *context, struct metrics_emitter *emitter)
{
    (void)context;
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL)
        return;
    if (fscanf(file, "%*d %ld", &pages) == 1)
        metrics_emit(emitter, NULL, (double)pages * (double)sysconf(_SC_PAGESIZE));
    fclose(file);
}

static void emit_descriptors(void *context, struct metrics_emitter *emitter)
{
    (void)context;
    DIR *directory = opendir("/proc/self/fd");
    if (directory == NULL)
        return;
    double count = -3; /* ".", ".." and the directory itself */
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    metrics_emit(emitter, NULL, count);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void emit_cpu(void *context, struct metrics_emitter *emitter)
{
    (void)context;
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        metrics_emit(emitter, NULL, seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

bool process_metrics_add(struct metrics *metrics)
{
    static const char *const build_labels[] = {"version"};
    static const struct {
        enum metrics_type type;
        const char *name, *help;
        metrics_collect_function *collect;
    } families[] = {
        {METRICS_GAUGE, "process_resident_memory_bytes", "Resident memory.", emit_memory},
        {METRICS_GAUGE, "process_open_fds", "Open file descriptors.", emit_descriptors},
        {METRICS_COUNTER, "process_cpu_seconds_total", "User and system CPU time.", emit_cpu},
    };
    if (metrics_family_add_callback(metrics, METRICS_GAUGE, "omen_build_info",
                                    "1, with the version as its label.", build_labels, 1,
                                    emit_build, NULL) == NULL)
        return false;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (metrics_family_add_callback(metrics, families[i].type, families[i].name,
                                        families[i].help, NULL, 0, families[i].collect,
                                        NULL) == NULL)
            return false;
    }
    struct metrics_family *start =
        metrics_family_add(metrics, METRICS_GAUGE, "process_start_time_seconds",
                           "When the process started, in seconds since 1970.", NULL, 0, NULL, 0);
    struct metrics_series *series = start != NULL ? metrics_series_create(start, NULL) : NULL;
    metrics_set(series, (double)clock_wall_ns() / (double)CLOCK_NS_PER_S);
    return series != NULL;
}

#include "server/cpu.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/server.h"

#define CPU_MAX 4096u

/* Reads "a b" or "a": false when it is not there. */
static bool read_words(const char *directory, const char *name, char first[32], char second[32])
{
    char path[PATH_MAX], line[128];
    int length = snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *file = length > 0 && (size_t)length < sizeof(path) ? fopen(path, "re") : NULL;
    if (file == NULL)
        return false;
    second[0] = '\0';
    bool found =
        fgets(line, sizeof(line), file) != NULL && sscanf(line, "%31s %31s", first, second) >= 1;
    fclose(file);
    return found;
}

/* quota / period, rounded up; 0: none. */
static unsigned divide(const char *quota_text, const char *period_text)
{
    long long quota = strtoll(quota_text, NULL, 10), period = strtoll(period_text, NULL, 10);
    if (quota <= 0 || period <= 0) /* "max" in v2, -1 in v1 */
        return 0;
    long long count = quota / period + (quota % period != 0);
    return count < CPU_MAX ? (unsigned)count : CPU_MAX;
}

static unsigned quota_v2(const char *directory)
{
    char quota[32], period[32];
    return read_words(directory, "cpu.max", quota, period) ? divide(quota, period) : 0;
}

static unsigned quota_v1(const char *directory)
{
    char quota[32], period[32], ignored[32];
    if (!read_words(directory, "cpu.cfs_quota_us", quota, ignored) ||
        !read_words(directory, "cpu.cfs_period_us", period, ignored))
        return 0;
    return divide(quota, period);
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* The quota of `base` + `path` and of every group above it. In a container the path may be the
 * host's and the mount the container's own: groups that are not there have no say. */
static unsigned climb(const char *base, const char *path, unsigned (*quota)(const char *directory))
{
    char directory[PATH_MAX];
    unsigned count = 0;
    int length = snprintf(directory, sizeof(directory), "%s%s", base, path);
    if (length < 0 || (size_t)length >= sizeof(directory) || strstr(path, "/..") != NULL)
        return quota(base);
    for (size_t end = (size_t)length; end > strlen(base); end--) {
        if (directory[end] != '\0' && directory[end] != '/')
            continue;
        directory[end] = '\0';
        count = smaller(count, quota(directory));
    }
    return smaller(count, quota(base));
}

/* Is "cpu" among the comma-separated controllers? */
static bool names_cpu(const char *controllers, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t word = strcspn(controllers + i, ",:");
        if (word == 3 && memcmp(controllers + i, "cpu", 3) == 0)
            return true;
        i += word + 1;
    }
    return false;
}

/* One line of /proc/self/cgroup: "number:controllers:path". */
static unsigned quota_of_line(const char *root, char *line)
{
    char base[PATH_MAX];
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL)
        return 0;
    size_t length = (size_t)(path - controllers) - 1;
    if (length == 0)
        return climb(root, path + 1, quota_v2);
    if (!names_cpu(controllers + 1, length))
        return 0;
    int written = snprintf(base, sizeof(base), "%s/%.*s", root, (int)length, controllers + 1);
    unsigned count =
        written > 0 && (size_t)written < sizeof(base) ? climb(base, path + 1, quota_v1) : 0;
    if (length != 3) { /* "cpu,cpuacct" is also reached as "cpu" */
        written = snprintf(base, sizeof(base), "%s/cpu", root);
        if (written > 0 && (size_t)written < sizeof(base))
            count = smaller(count, climb(base, path + 1, quota_v1));
    }
    return count;
}

unsigned cpu_quota(const char *root, const char *cgroup_file)
{
    char line[PATH_MAX];
    unsigned count = 0;
    FILE *file = fopen(cgroup_file, "re");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof(line), file) != NULL)
        count = smaller(count, quota_of_line(root, line));
    fclose(file);
    return count;
}

static unsigned affinity(void)
{
    cpu_set_t *set = CPU_ALLOC(CPU_MAX);
    size_t size = CPU_ALLOC_SIZE(CPU_MAX);
    unsigned count = 0;
    if (set != NULL && sched_getaffinity(0, size, set) == 0)
        count = (unsigned)CPU_COUNT_S(size, set);
    CPU_FREE(set);
    return count;
}

unsigned server_cpu_count(void)
{
    unsigned count = smaller(affinity(), cpu_quota("/sys/fs/cgroup", "/proc/self/cgroup"));
    return count > 0 ? count : 1;
}

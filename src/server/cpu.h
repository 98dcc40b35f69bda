/* How many CPUs this process may use. server_cpu_count() is in server/server.h. */
#ifndef OMEN_SERVER_CPU_H
#define OMEN_SERVER_CPU_H

/* CPUs that the cgroups of `cgroup_file` (as /proc/self/cgroup) below `root` (as /sys/fs/cgroup)
 * grant, rounded up; 0 for no limit. The smallest quota on the way to the root counts. */
unsigned cpu_quota(const char *root, const char *cgroup_file);

#endif

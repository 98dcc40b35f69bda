#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "server/cpu.h"
#include "server/server.h"

static char root[64], cgroup_file[96];

static int setup(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/omen-cpu-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(cgroup_file, sizeof(cgroup_file), "%s/self", root);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

static void put(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static unsigned quota(void)
{
    return cpu_quota(root, cgroup_file);
}

static void test_v2(void **state)
{
    (void)state;
    put("self", "0::/kube/pod\n");
    assert_int_equal(quota(), 0);
    put("kube/pod/cpu.max", "max 100000\n");
    assert_int_equal(quota(), 0);
    put("kube/pod/cpu.max", "150000 100000\n");
    assert_int_equal(quota(), 2); /* rounded up */
    put("kube/cpu.max", "100000 100000\n");
    assert_int_equal(quota(), 1); /* the smallest on the way up */
    put("kube/pod/cpu.max", "1 100000\n");
    assert_int_equal(quota(), 1);
}

static void test_v2_in_a_container(void **state)
{
    (void)state;
    put("self", "0::/\n");
    put("cpu.max", "400000 100000\n");
    assert_int_equal(quota(), 4);
    put("self", "0::/../outside\n"); /* not below what is mounted here */
    assert_int_equal(quota(), 4);
}

static void test_v1(void **state)
{
    (void)state;
    put("self", "5:cpuset:/x\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n");
    put("cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "-1\n");
    put("cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota(), 0);
    put("cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n");
    assert_int_equal(quota(), 3);
    put("self", "4:cpu,cpuacct:/not/here\n"); /* the host's path, the container's mount */
    put("cpu/cpu.cfs_quota_us", "500000\n");
    put("cpu/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota(), 5);
}

static void test_nonsense(void **state)
{
    (void)state;
    put("self", "nonsense\n::\n0::/x\n");
    put("x/cpu.max", "banana\n");
    assert_int_equal(quota(), 0);
    put("x/cpu.max", "99999999999999999999 1\n");
    assert_int_equal(quota(), 4096);
    put("x/cpu.max", "100000 0\n");
    assert_int_equal(quota(), 0);
    assert_int_equal(cpu_quota(root, "/nowhere/at/all"), 0);
    assert_true(server_cpu_count() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_v2, setup, teardown),
        cmocka_unit_test_setup_teardown(test_v2_in_a_container, setup, teardown),
        cmocka_unit_test_setup_teardown(test_v1, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nonsense, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

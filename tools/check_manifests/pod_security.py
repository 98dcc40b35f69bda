"""Kubernetes' Pod Security Standard "restricted" (and with it "baseline"), by the names that its
admission controller gives the checks."""

import functools

from .rule import rule

RESTRICTED_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim",
    "projected", "secret",
}
SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
}
SELINUX_TYPES = {None, "", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"}
TOOL = "pod-security"


def each_container(*names, tool=TOOL):
    """A rule over every container of what makes pods: f(workload, container, security context)
    yields sentences."""

    def wrap(function):
        @rule(*names, tool=tool)
        @functools.wraps(function)
        def check(bundle):
            for workload in bundle.runtimes():
                for one in workload.containers:
                    for text in function(workload, one, one.get("securityContext") or {}):
                        yield workload.document, f"container {one.get('name')}: {text}"

        return check

    return wrap


def each_pod(*names):
    def wrap(function):
        @rule(*names, tool=TOOL)
        @functools.wraps(function)
        def check(bundle):
            for workload in bundle.runtimes():
                for text in function(workload, workload.pod):
                    yield workload.document, text

        return check

    return wrap


@each_container("allowPrivilegeEscalation")
def privilege_escalation(workload, container, security):
    if security.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"


@each_container("capabilities_restricted")
def capabilities(workload, container, security):
    which = security.get("capabilities") or {}
    if "ALL" not in (which.get("drop") or []):
        yield "does not drop ALL capabilities"
    more = set(which.get("add") or []) - {"NET_BIND_SERVICE"}
    if more:
        yield f"adds capabilities: {', '.join(sorted(more))}"


@each_container("runAsNonRoot")
def run_as_non_root(workload, container, security):
    if workload.security(container, "runAsNonRoot") is not True:
        yield "runAsNonRoot is not true"


@each_container("runAsUser")
def run_as_user(workload, container, security):
    if workload.security(container, "runAsUser") == 0:
        yield "runs as root"


@each_container("seccompProfile_restricted")
def seccomp(workload, container, security):
    profile = workload.security(container, "seccompProfile") or {}
    if profile.get("type") not in ("RuntimeDefault", "Localhost"):
        yield "seccompProfile is neither RuntimeDefault nor Localhost"


@each_container("privileged")
def privileged(workload, container, security):
    if security.get("privileged"):
        yield "is privileged"


@each_container("procMount")
def proc_mount(workload, container, security):
    if security.get("procMount") not in (None, "Default"):
        yield "procMount is not Default"


@each_container("seLinuxOptions")
def selinux(workload, container, security):
    options = workload.security(container, "seLinuxOptions") or {}
    if options.get("type") not in SELINUX_TYPES or options.get("user") or options.get("role"):
        yield "sets SELinux options"


@each_container("appArmorProfile")
def apparmor(workload, container, security):
    profile = workload.security(container, "appArmorProfile") or {}
    if profile.get("type") == "Unconfined":
        yield "has no AppArmor profile"


@each_container("hostPorts")
def host_ports(workload, container, security):
    if any(port.get("hostPort") for port in container.get("ports") or []):
        yield "has a hostPort"


@each_container("hostProbesAndhostLifecycle")
def host_probes(workload, container, security):
    handlers = [container.get(f"{name}Probe") or {} for name in ("liveness", "readiness", "startup")]
    handlers += list((container.get("lifecycle") or {}).values())
    for handler in handlers:
        if any((handler.get(way) or {}).get("host") for way in ("httpGet", "tcpSocket")):
            yield "a probe or hook names a host"


@each_pod("restrictedVolumes", "restrict-volume-types")
def volumes(workload, pod):
    for one in pod.get("volumes") or []:
        kinds = set(one) - {"name"}
        if not kinds or kinds - RESTRICTED_VOLUMES:
            yield f"volume {one.get('name')} is of a kind that is not allowed: {sorted(kinds)}"


@each_pod("hostPathVolumes", "sensitive-host-mounts", "docker-sock")
def host_paths(workload, pod):
    for one in pod.get("volumes") or []:
        if "hostPath" in one:
            yield f"volume {one.get('name')} is a path of the node"


@each_pod("hostNamespaces", "host-network", "host-pid", "host-ipc")
def host_namespaces(workload, pod):
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.get(key):
            yield f"{key} is set"


@each_pod("sysctls", "unsafe-sysctls")
def sysctls(workload, pod):
    for one in (pod.get("securityContext") or {}).get("sysctls") or []:
        if one["name"] not in SAFE_SYSCTLS:
            yield f"sysctl {one['name']} is not one of the safe ones"


@each_pod("windowsHostProcess")
def windows(workload, pod):
    for context in [pod, *workload.containers]:
        options = (context.get("securityContext") or {}).get("windowsOptions") or {}
        if options.get("hostProcess"):
            yield "is a Windows host process"

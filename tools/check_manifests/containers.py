"""What kube-linter, kube-score and kyverno ask of containers, by their names."""

import re

from .objects import OWN_IMAGES, image_name, image_tag
from .pod_security import each_container
from .rule import rule

SECRET = re.compile(r"(?i)secret|password|token|api_?key|private")
NO_VALUE = re.compile(r"(?i)_file$")


def linter(*names):
    return each_container(*names, tool="kube-linter")


def score(*names):
    return each_container(*names, tool="kube-score")


@linter("privilege-escalation-container", "disallow-privilege-escalation")
def privilege_escalation(workload, container, security):
    if security.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"


@linter("privileged-container")
def privileged(workload, container, security):
    if security.get("privileged"):
        yield "is privileged"


@linter("drop-net-raw-capability", "require-drop-all", "disallow-capabilities-strict")
def drop_all(workload, container, security):
    which = security.get("capabilities") or {}
    if "ALL" not in (which.get("drop") or []) or "NET_RAW" in (which.get("add") or []):
        yield "does not drop ALL capabilities"


@linter("run-as-non-root", "require-run-as-nonroot", "require-run-as-non-root-user")
def non_root(workload, container, security):
    if workload.security(container, "runAsNonRoot") is not True:
        yield "runAsNonRoot is not true"


@linter("restrict-seccomp-strict")
def seccomp(workload, container, security):
    if not workload.security(container, "seccompProfile"):
        yield "has no seccompProfile"


@linter("no-read-only-root-fs", "container-security-context-readonlyrootfilesystem",
        "require-ro-rootfs")
def read_only(workload, container, security):
    if security.get("readOnlyRootFilesystem") is not True:
        yield "readOnlyRootFilesystem is not true"


@score("container-security-context-user-group-id")
def user_and_group(workload, container, security):
    for key in ("runAsUser", "runAsGroup"):
        if (workload.security(container, key) or 0) <= 10000:
            yield f"{key} is not above 10000"


@linter("latest-tag", "disallow-latest-tag", "container-image-tag")
def latest_tag(workload, container, security):
    if image_tag(container.get("image", "")) in ("", "latest"):
        yield "the image has no version"


@rule("restrict-image-registries", tool="kyverno")
def registries(bundle):
    """All images of a rendering come from one place, and are this project's."""
    places = {}
    for workload in bundle.everything():
        for one in workload.containers:
            image = one.get("image", "")
            if image_name(image) not in OWN_IMAGES:
                yield workload.document, f"container {one['name']}: {image} is none of the project's"
            places.setdefault(image.rpartition("/")[0], workload.document)
    if len(places) > 1:
        yield list(places.values())[-1], f"images come from {sorted(places)}"


@score("container-image-pull-policy")
def pull_policy(workload, container, security):
    if workload.is_whole and container.get("imagePullPolicy") != "Always":
        if not container.get("image", "").startswith("localhost/"):  # built here, pulled nowhere
            yield "imagePullPolicy is not Always"


@linter("unset-cpu-requirements")
def cpu(workload, container, security):
    """A request: a limit would throttle, and is what --ignore-container-cpu-limit is for."""
    if "cpu" not in ((container.get("resources") or {}).get("requests") or {}):
        yield "requests no CPU"


@linter("unset-memory-requirements", "container-resources", "require-pod-requests-limits")
def memory(workload, container, security):
    resources = container.get("resources") or {}
    for which in ("requests", "limits"):
        if "memory" not in (resources.get(which) or {}):
            yield f"{which} says nothing of memory"


@score("container-ephemeral-storage-request-and-limit")
def ephemeral_storage(workload, container, security):
    resources = container.get("resources") or {}
    for which in ("requests", "limits"):
        if "ephemeral-storage" not in (resources.get(which) or {}):
            yield f"{which} says nothing of ephemeral-storage"


@linter("duplicate-env-var", "environment-variable-key-duplication")
def duplicate_variables(workload, container, security):
    names = [one["name"] for one in container.get("env") or []]
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield f"{name} is there twice"


@linter("env-var-secret")
def secret_variables(workload, container, security):
    for one in container.get("env") or []:
        if SECRET.search(one["name"]) and not NO_VALUE.search(one["name"]) and "value" in one:
            yield f"{one['name']} is a secret in the clear"


def probe_port(kind):
    @linter(f"{kind}-port")
    def check(workload, container, security):
        probe = container.get(f"{kind}Probe") or {}
        for way in ("httpGet", "tcpSocket", "grpc"):
            port = (probe.get(way) or {}).get("port")
            ports = container.get("ports") or []
            known = {one.get("name") for one in ports} | {one["containerPort"] for one in ports}
            if port is not None and port not in known:
                yield f"the {kind} probe asks port {port}, which the container does not have"

    return check


for one_kind in ("liveness", "readiness", "startup"):
    probe_port(one_kind)


@linter("ssh-port")
def ssh_port(workload, container, security):
    if any(port["containerPort"] == 22 for port in container.get("ports") or []):
        yield "has port 22"


@rule("pod-probes", "require-probes", tool="kube-score")
def probes(bundle):
    """Whatever stays is watched; somebody says when the pod is ready."""
    for workload in bundle.runtimes():
        for one in workload.serving_containers:
            if not one.get("livenessProbe"):
                yield workload.document, f"container {one['name']}: no livenessProbe"
        if not any(one.get("readinessProbe") for one in workload.serving_containers):
            yield workload.document, "no container has a readinessProbe"


@score("pod-probes-identical")
def identical_probes(workload, container, security):
    ready, live = container.get("readinessProbe"), container.get("livenessProbe")
    ways = ("httpGet", "tcpSocket", "exec", "grpc")
    if ready and live and all(ready.get(way) == live.get(way) for way in ways):
        yield "readiness and liveness are asked the same"

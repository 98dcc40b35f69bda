"""What an API server refuses although the schemas take it."""

import ipaddress
import re

from .objects import quantity
from .rule import rule

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
PORT_NAME = re.compile(r"(?=.{1,15}$)(?!.*--)[a-z0-9]*[a-z][a-z0-9-]*[a-z0-9]|[a-z]")
PROBES = ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle")


def server(name):
    return rule(name, tool="api-server")


@server("init-container-probes")
def init_probes(bundle):
    for work in bundle.workloads():
        for one in work.pod.get("initContainers") or []:
            way = one.get("restartPolicy")
            if way not in (None, "Always"):
                yield work.document, f"init container {one['name']}: restartPolicy {way} cannot be"
            if way != "Always" and any(one.get(probe) for probe in PROBES):
                yield work.document, f"init container {one['name']}: only sidecars have probes"


@server("names")
def names(bundle):
    for work in bundle.runtimes():
        seen = [one.get("name") for one in work.containers]
        for name in seen:
            if not DNS_LABEL.fullmatch(str(name)) or seen.count(name) > 1:
                yield work.document, f"a container cannot be called {name}"
        for one in work.containers:
            for port in one.get("ports") or []:
                if not PORT_NAME.fullmatch(port.get("name", "a")):
                    yield work.document, f"a port cannot be called {port['name']}"
    for service in bundle.of_kind("Service"):
        for port in service["spec"].get("ports") or []:
            target = port.get("targetPort", 1)
            if isinstance(target, str) and not PORT_NAME.fullmatch(target):
                yield service, f"a port cannot be called {target}"


@server("cidr")
def cidrs(bundle):
    for policy in bundle.of_kind("NetworkPolicy"):
        entries = (policy["spec"].get("ingress") or []) + (policy["spec"].get("egress") or [])
        peers = [peer for one in entries for peer in (one.get("from") or []) + (one.get("to") or [])]
        for block in [peer["ipBlock"]["cidr"] for peer in peers if "ipBlock" in peer]:
            try:
                ipaddress.ip_network(block)
                if "/" not in block:
                    raise ValueError(block)
            except ValueError:
                yield policy, f"{block} is no network"


@server("disruption-budget")
def budgets(bundle):
    for one in bundle.of_kind("PodDisruptionBudget"):
        if ("minAvailable" in one["spec"]) == ("maxUnavailable" in one["spec"]):
            yield one, "needs minAvailable or maxUnavailable, not both"


@server("sleep")
def sleeps(bundle):
    for work in bundle.workloads():
        grace = work.pod.get("terminationGracePeriodSeconds", 30)
        for one in work.containers:
            hook = ((one.get("lifecycle") or {}).get("preStop") or {}).get("sleep") or {}
            if not 0 < hook.get("seconds", 1) < grace:
                yield work.document, f"container {one['name']}: sleeps longer than the grace period"


@server("autoscaler-target")
def autoscaler_targets(bundle):
    for one in bundle.of_kind("HorizontalPodAutoscaler"):
        spec = one["spec"]
        if spec.get("minReplicas", 1) > spec["maxReplicas"]:
            yield one, "minReplicas is above maxReplicas"
        for metric in spec.get("metrics") or []:
            inner = next((value for key, value in metric.items() if key != "type"), {})
            target = inner.get("target") or {}
            if target.get("averageUtilization", 1) < 1:
                yield one, "a utilization below one"
            for key in ("averageValue", "value"):
                if key in target and not (quantity(target[key]) or 0) > 0:
                    yield one, f"{key} is not above zero"


@server("autoscaler-container")
def autoscaler_containers(bundle):
    """A ContainerResource is of a container that is there and requests it."""
    for one in bundle.of_kind("HorizontalPodAutoscaler"):
        for metric in one["spec"].get("metrics") or []:
            wanted = metric.get("containerResource")
            for work in bundle.workloads() if wanted else []:
                if work.document["metadata"]["name"] != one["spec"]["scaleTargetRef"]["name"]:
                    continue
                container = work.container(wanted["container"]) or {}
                requests = (container.get("resources") or {}).get("requests") or {}
                if wanted["name"] not in requests:
                    yield one, f"{wanted['container']} requests no {wanted['name']}"


@server("volume-mounts")
def volume_mounts(bundle):
    for work in bundle.everything():
        volumes = [one["name"] for one in work.pod.get("volumes") or []]
        for one in work.containers:
            for mount in one.get("volumeMounts") or []:
                if mount["name"] not in volumes:
                    yield work.document, f"container {one['name']}: no volume {mount['name']}"
        used = [m["name"] for one in work.containers for m in one.get("volumeMounts") or []]
        for name in sorted(set(volumes) - set(used)):
            yield work.document, f"nobody mounts the volume {name}"


@server("requests-and-limits")
def requests_and_limits(bundle):
    for work in bundle.runtimes():
        for one in work.containers:
            resources = one.get("resources") or {}
            for key, limit in (resources.get("limits") or {}).items():
                request = (resources.get("requests") or {}).get(key, limit)
                if None in (quantity(request), quantity(limit)):
                    yield work.document, f"container {one['name']}: {key} is no quantity"
                elif quantity(request) > quantity(limit):
                    yield work.document, f"container {one['name']}: requests more {key} than its limit"


@server("references")
def references(bundle):
    """ConfigMaps, Secrets and claims that are named are there."""
    there = {(one["kind"], one["metadata"]["name"]) for one in bundle.documents}
    for work in bundle.workloads():
        wanted = []
        for one in work.containers:
            for source in one.get("envFrom") or []:
                wanted.append(("ConfigMap", (source.get("configMapRef") or {}).get("name")))
                wanted.append(("Secret", (source.get("secretRef") or {}).get("name")))
        for volume in work.pod.get("volumes") or []:
            wanted.append(("ConfigMap", (volume.get("configMap") or {}).get("name")))
            claim = (volume.get("persistentVolumeClaim") or {}).get("claimName")
            wanted.append(("PersistentVolumeClaim", claim))
        for kind, name in wanted:
            if name is not None and (kind, name) not in there:
                yield work.document, f"there is no {kind} {name}"

"""Rendered objects, seen as the rules ask about them."""

import re

OWN_IMAGES = {"omen", "omen-worker", "omen-sync", "omen-nginx"}
SUFFIXES = {
    "": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40,
}


def quantity(text):
    """A Kubernetes quantity as a number, or None if it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([a-zA-Z]*)", str(text))
    return float(found[1]) * SUFFIXES[found[2]] if found and found[2] in SUFFIXES else None


def name_of(document):
    return f"{document.get('kind')}/{document.get('metadata', {}).get('name')}"


def image_name(image):
    """The last part without tag or digest: `host:5000/team/omen-sync:1` is omen-sync."""
    return image.rsplit("/", 1)[-1].split("@")[0].split(":")[0]


def image_tag(image):
    """A digest, a tag, or nothing."""
    if "@" in image:
        return image.split("@", 1)[1]
    last = image.rsplit("/", 1)[-1]
    return last.split(":", 1)[1] if ":" in last else ""


def matches(selector, labels):
    """Whether a selector takes labels. An empty one takes all, none at all takes nothing."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    for one in selector.get("matchExpressions") or []:
        value, values = labels.get(one["key"]), one.get("values") or []
        good = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": one["key"] in labels,
            "DoesNotExist": one["key"] not in labels,
        }
        if not good.get(one["operator"], False):
            return False
    return True


class Workload:
    """What makes pods: a Deployment and its like, KServe's runtime, or a service of Cloud Run."""

    PATHS = {
        "Deployment": ("spec", "template"),
        "StatefulSet": ("spec", "template"),
        "DaemonSet": ("spec", "template"),
        "Job": ("spec", "template"),
        "Pod": (),
    }

    def __init__(self, document):
        self.document, self.kind = document, document["kind"]
        self.name = name_of(document)
        self.is_whole = self.kind in self.PATHS  # its pod is as it says, nobody adds to it
        template = document
        for step in self.PATHS.get(self.kind, ()):
            template = template.get(step) or {}
        if self.kind == "Service":
            template = document["spec"]["template"]
        self.labels = (template.get("metadata") or {}).get("labels") or {}
        self.annotations = (template.get("metadata") or {}).get("annotations") or {}
        self.pod = template.get("spec") or {}

    @property
    def containers(self):
        """All of them, in the order in which they start."""
        return (self.pod.get("initContainers") or []) + self.main_containers

    @property
    def main_containers(self):
        return self.pod.get("containers") or []

    @property
    def serving_containers(self):
        """Those that stay: the main ones and the native sidecars."""
        inits = self.pod.get("initContainers") or []
        return [one for one in inits if one.get("restartPolicy") == "Always"] + self.main_containers

    def container(self, name):
        return next((one for one in self.containers if one.get("name") == name), None)

    def security(self, container, key):
        """A container's setting, or its pod's."""
        own = (container.get("securityContext") or {}).get(key)
        return own if own is not None else (self.pod.get("securityContext") or {}).get(key)

    def ports(self):
        """{name or number} of the ports that containers say they have."""
        ports = [port for one in self.containers for port in one.get("ports") or []]
        return {port.get("name") for port in ports} | {port["containerPort"] for port in ports}


class Bundle:
    """The objects of one rendering."""

    def __init__(self, name, documents, without=()):
        self.name, self.documents = name, documents
        self.without = set(without)  # rules that are not for it

    def of_kind(self, *kinds):
        """Kubernetes' own: a Service of Knative is none of them."""
        return [
            one for one in self.documents
            if one.get("kind") in kinds and not one.get("apiVersion", "").startswith("serving.")
        ]

    def workloads(self):
        """Those whose pods are as they say."""
        return [Workload(one) for one in self.of_kind(*Workload.PATHS)]

    def runtimes(self):
        """And KServe's, which completes them."""
        return self.workloads() + [
            Workload(one) for one in self.documents if one.get("kind") == "ClusterServingRuntime"
        ]

    def everything(self):
        """And Cloud Run's, which knows no security contexts."""
        return self.runtimes() + [
            Workload(one) for one in self.documents
            if one.get("kind") == "Service" and one["apiVersion"].startswith("serving.knative")
        ]

    def config_map(self, name):
        return next(
            (one for one in self.of_kind("ConfigMap") if one["metadata"]["name"] == name), None
        )

    def variables(self, container):
        """[(name, value)] of what a container's environment gets from this rendering."""
        pairs = []
        for source in container.get("envFrom") or []:
            found = self.config_map((source.get("configMapRef") or {}).get("name"))
            pairs += list((found or {}).get("data", {}).items())
        return pairs + [(one["name"], one.get("value", "")) for one in container.get("env") or []]

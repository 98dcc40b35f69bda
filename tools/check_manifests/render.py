"""Renders the manifests: every overlay, every component on an overlay, and the single files."""

import contextlib
import pathlib
import shutil
import subprocess
import tempfile

import yaml

from .objects import Bundle

# Components that stand alone on an overlay, each with what it needs: other components, and settings.
CARRIER = "overlays/gke"
NEEDS = {
    "autoscaling-busy": (["monitoring"], {}),
    "models-image": ([], {"modelSource": "REGION-docker.pkg.dev/PROJECT/omen/models:1"}),
}
PARTS = {"cloud", "load-balancer", "open", "scraped", "settings"}  # in the overlays already
# Files as they are, and by which rules they are not judged. Podman has no cluster around the pod, and
# runs neither probes nor hooks; its pod's ports are the machine's.
PLAIN = {
    "kserve/inference-service.yaml": set(),
    "cloud-run/service.yaml": set(),
    "podman/pod.yaml": {
        "disallow-default-namespace", "hostPorts", "no-anti-affinity", "non-existent-service-account", "order",
        "pod-networkpolicy", "pod-probes", "pod-topology-spread-constraints", "require-labels", "shutdown",
    },
}


class CannotRender(Exception):
    pass


def tool():
    """The command that renders a folder, or None."""
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    return ["kustomize", "build"] if shutil.which("kustomize") else None


def build(folder):
    done = subprocess.run([*tool(), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotRender(done.stderr.strip())
    if done.stderr.strip():
        raise CannotRender(f"a warning: {done.stderr.strip()}")
    return [one for one in yaml.safe_load_all(done.stdout) if one is not None]


def compositions(manifests):
    """Makes an overlay of the carrier and each component, in the copy; returns [(name, folder)]."""
    folders = []
    for component in sorted(path.name for path in (manifests / "components").iterdir()):
        if component in PARTS:
            continue
        more, settings = NEEDS.get(component, ([], {}))
        folder = manifests / "composed" / component  # as deep as an overlay
        shutil.copytree(manifests / CARRIER, folder)
        with edited(folder / "kustomization.yaml") as value:
            value["components"] += [f"../../components/{one}" for one in [*more, component]]
        with edited(folder / "settings.yaml") as value:
            value["data"].update(settings)
        folders.append((f"components/{component}", folder))
    return folders


@contextlib.contextmanager
def edited(path):
    value = yaml.safe_load(path.read_text(encoding="utf-8"))
    yield value
    path.write_text(yaml.safe_dump(value), encoding="utf-8")


def render_all(manifests):
    """Yields a Bundle for everything that there is."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = pathlib.Path(temporary) / "manifests"
        shutil.copytree(manifests, copy)
        folders = [(path, copy / path) for path in ("base", "kserve")]
        overlays = sorted(path.name for path in (copy / "overlays").iterdir())
        folders += [(f"overlays/{name}", copy / "overlays" / name) for name in overlays]
        folders += compositions(copy)
        for name, folder in folders:
            yield Bundle(name, build(folder))
    for name, without in PLAIN.items():
        text = (manifests / name).read_text(encoding="utf-8")
        yield Bundle(name, [one for one in yaml.safe_load_all(text) if one is not None], without)

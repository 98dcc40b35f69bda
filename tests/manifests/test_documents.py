"""What the README shows, typed as written: the clouds' and the engines' commands are stand-ins that
keep what they were told, kubectl renders for real what it would apply."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MANIFESTS = ROOT / "manifests"
README = (MANIFESTS / "README.md").read_text(encoding="utf-8")
STAND_INS = ["gcloud", "meson", "podman", "tools/setup", "kind", "aws", "az", "omen-sync", "curl", "tools/check-manifests",
             "container/build"]

# `gcloud ... list` and `describe` print what a project has, the others nothing.
STAND_IN = """#!/bin/sh
echo "$(basename "$0") $*" >>"$TOLD"
case "$(basename "$0") $*" in
'gcloud ai models list'*) cat "$TOLD.models" 2>/dev/null ;;
'gcloud ai models upload'*) echo 77 >"$TOLD.models" ;;
'gcloud ai endpoints list'*) cat "$TOLD.endpoints" 2>/dev/null ;;
'gcloud ai endpoints create'*) echo 88 >"$TOLD.endpoints" ;;
'gcloud projects describe'*) echo 123456 ;;
'podman save'*) : >images.tar ;;
'az aks show'*) echo https://issuer.example ;;
esac
exit 0
"""
KUBECTL = """#!/bin/sh
echo "kubectl $*" >>"$TOLD"
case $* in
'apply -k '*) "$RENDER" kustomize "$3" >"$TOLD.$(basename "$3").yaml" ;;
'apply -f '*) cp "$3" "$TOLD.$(basename "$3")" ;;
'-n omen get service '*) # a balancer has no address at first
    [ ! -e "$TOLD.asked" ] || echo 192.0.2.1
    : >"$TOLD.asked"
    ;;
esac
"""


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def place_of(tree):
    """What the stand-ins need to know."""
    return {"PATH": f"{tree}/stand-ins:/usr/bin:/bin", "TOLD": str(tree / "told"), "HOME": str(tree),
            "RENDER": shutil.which("kubectl") or ""}


@pytest.fixture(scope="module")
def typed(tmp_path_factory):
    """All of the README's commands, in order, in a copy of the tree. Returns the copy."""
    tree = tmp_path_factory.mktemp("tree")
    shutil.copytree(MANIFESTS, tree / "manifests")
    shutil.copy(ROOT / "meson.build", tree)
    shutil.copytree(ROOT / "tests/golden/exported/iris", tree / "tests/golden/exported/iris")
    (tree / "tools").mkdir()
    (tree / "container").mkdir()
    bin_folder = tree / "stand-ins"
    bin_folder.mkdir()
    for name in STAND_INS:
        path = tree / name if "/" in name else bin_folder / name
        path.write_text(STAND_IN, encoding="utf-8")
        path.chmod(0o755)
    (bin_folder / "kubectl").write_text(KUBECTL, encoding="utf-8")
    (bin_folder / "kubectl").chmod(0o755)
    (bin_folder / "sleep").symlink_to("/bin/true")
    done = subprocess.run(
        ["bash", "-eu", "-c", "\n".join(blocks("sh"))],
        cwd=tree,
        env=place_of(tree),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return tree


def told(tree):
    return (tree / "told").read_text(encoding="utf-8").splitlines()


def applied(tree, name):
    text = (tree / f"told.{name}").read_text(encoding="utf-8")
    return [one for one in yaml.safe_load_all(text) if one], text


def test_the_cloud_gets_what_the_reader_exported(typed):
    documents, text = applied(typed, "gke.yaml")
    assert "image: europe-west1-docker.pkg.dev/my-project/omen/omen-worker:" in text
    maps = [one["data"] for one in documents if one["kind"] == "ConfigMap"]
    assert "gs://my-models/models" in [one.get("MODEL_SOURCE") for one in maps]
    assert not re.search(r"\b(REGION|PROJECT|BUCKET|REGISTRY)\b", text)


def test_the_balancers_address_is_waited_for(typed):
    asked = [line for line in told(typed) if line.startswith("curl ")]
    assert "http://192.0.2.1/predict/iris" in asked[0], asked


@pytest.mark.parametrize("name", ["kserve.yaml", "inference-service.yaml"])
def test_nothing_is_left_to_fill_in(typed, name):
    assert not re.search(r"\b(REGION|PROJECT|BUCKET|REGISTRY)\b", applied(typed, name)[1])


def pushed_images(tree):
    """Of programs; models may be in one, too."""
    pushed = {line.split()[-1] for line in told(tree) if line.startswith("podman push")}
    assert any("/models:" in name for name in pushed)
    return {name for name in pushed if "/models:" not in name}


def test_the_images_that_are_pushed_are_those_that_run(typed):
    pushed = pushed_images(typed)
    running = set(re.findall(r"image: (\S+)", applied(typed, "gke.yaml")[1]))
    running |= set(re.findall(r"image: (\S+)", applied(typed, "kserve.yaml")[1]))
    assert running == pushed
    local = set(re.findall(r"image: (\S+)", applied(typed, "local.yaml")[1]))
    saved = next(line for line in told(typed) if line.startswith("podman save"))
    assert local == set(saved.split()[5:])


def test_the_images_that_are_pushed_are_those_that_are_built(typed):
    """container/build itself says what it would make of the README's words."""
    made = set()
    for line in told(typed):
        if line.startswith("build "):
            command = [ROOT / "container" / "build", "--engine", "podman", "--print", *line.split()[1:]]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            made |= set(done.stdout.split())
    assert pushed_images(typed) <= made
    assert set(re.findall(r"image: (\S+)", applied(typed, "local.yaml")[1])) <= made


def test_the_models_that_are_pushed_are_there(typed):
    pushed = {line.split()[2] for line in told(typed) if line.startswith("omen-sync push")}
    assert pushed == {"models/iris/1", "models/iris/2"}
    assert all((typed / path / "model.json").exists() for path in pushed)


def test_vertex_deploys_the_model_that_was_uploaded(typed):
    words = [line for line in told(typed) if line.startswith("gcloud ai")]
    upload = next(line for line in words if "models upload" in line)
    assert "--artifact-uri=gs://my-models/vertex/iris" in upload
    assert "--container-predict-route=/predict --" in upload + " --"
    deploy = next(line for line in words if "deploy-model" in line)
    assert deploy.startswith("gcloud ai endpoints deploy-model 88 --model=77 ")
    assert all("--region=europe-west1 --project=my-project" in line for line in words)


def test_vertex_deploys_the_next_version_and_not_the_first_again(typed):
    """A version is the model's default, which is what is deployed, only where that is asked for."""
    before = len(told(typed))
    again = [typed / "manifests" / "vertex" / "deploy", "iris", "gs://my-models/vertex/iris", "image:2"]
    subprocess.run(again, env={**place_of(typed), "REGION": "r", "PROJECT": "p"}, check=True)
    words = told(typed)[before:]
    upload = next(line for line in words if "models upload" in line)
    assert "--parent-model=77 --version-aliases=default" in upload
    assert not any("endpoints create" in line for line in words)
    assert any("deploy-model 88 --model=77 " in line and "--traffic-split=0=100" in line for line in words)


def test_shellcheck():
    subprocess.run(["shellcheck", MANIFESTS / "vertex" / "deploy"], check=True)


def test_who_pods_are_is_said_before_they_start(typed):
    """Pod Identity puts its variables into a pod when that is made."""
    lines = told(typed)
    for identity, overlay in (("aws eks create-pod-identity", "eks"), ("az identity federated", "aks"),
                              ("gcloud storage buckets add-iam", "gke")):
        said = next(n for n, line in enumerate(lines) if line.startswith(identity))
        assert said < lines.index(f"kubectl apply -k manifests/overlays/{overlay}")


def test_accounts_that_manifests_name_are_made(typed):
    account = re.search(r"serviceAccountName: (\w+)@", (MANIFESTS / "cloud-run/service.yaml").read_text())[1]
    assert f"gcloud iam service-accounts create {account}" in told(typed)


def test_every_rollout_that_is_waited_for_is_rendered(typed):
    """Names in commands are names in manifests."""
    names = {
        f"{one['kind'].lower()}/{one['metadata']['name']}"
        for name in ("gke.yaml", "local.yaml") for one in applied(typed, name)[0]
    }
    for line in told(typed):
        for word in re.findall(r"\b(?:deployment|service)/[\w-]+", line if "kubectl" in line else ""):
            assert word in names, line


def test_images_in_documents_are_of_this_version():
    version = re.search(r"version: '([^']+)'", (ROOT / "meson.build").read_text(encoding="utf-8"))[1]
    text = (ROOT / "container" / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\bomen(?:-[a-z$]+)?:(\d[\w.]*\w)", text)) == {version}


def test_the_folders_that_are_named_are_there():
    for name in re.findall(r"^([a-z-]+)/ ", blocks("")[0], re.M):
        assert (MANIFESTS / name).is_dir(), name
    table = set(re.findall(r"^\| ([a-z, -]+) \|", README, re.M)) - {"component", "---"}
    named = {name for row in table for name in row.split(", ")}
    parts = {"cloud", "load-balancer", "open", "scraped", "settings"}
    assert named == {path.name for path in (MANIFESTS / "components").iterdir()} - parts


def metric_names():
    """Every metric that the worker and the sync have."""
    sources = [*(ROOT / "src").rglob("*.c")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    return set(re.findall(r'"((?:omen|process)_[a-z_]+)"', text))


def test_the_dashboard_and_the_rules_ask_for_metrics_that_there_are():
    known = metric_names()
    known |= {f"{name}_{end}" for name in known for end in ("sum", "count", "bucket")}
    known |= {"omen_busy_threads"}  # recorded by the rule
    dashboard = json.loads((MANIFESTS / "components/monitoring/dashboard.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
    asked += [one["query"] for one in dashboard["templating"]["list"]]
    asked.append((MANIFESTS / "components/autoscaling-busy/rule.yaml").read_text())
    names = set(re.findall(r"\b(?:omen|process)_[a-z_]+", "\n".join(asked)))
    assert len(names) > 15
    assert names - known == set()


def test_the_dashboards_panels_do_not_overlap():
    dashboard = json.loads((MANIFESTS / "components/monitoring/dashboard.json").read_text())
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_podmans_pod_is_that_of_the_local_overlay():
    command = ["/usr/bin/python3", MANIFESTS / "podman" / "render"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == (MANIFESTS / "podman" / "pod.yaml").read_text(encoding="utf-8"), (
        "manifests/podman/render > manifests/podman/pod.yaml"
    )


def test_podmans_pod_leaves_out_what_podman_cannot():
    *maps, pod = yaml.safe_load_all((MANIFESTS / "podman" / "pod.yaml").read_text(encoding="utf-8"))
    names = [one["name"] for one in pod["spec"]["containers"]]
    assert names == ["bucket", "model-sync", "worker", "nginx"] and "initContainers" not in pod["spec"]
    assert all("Probe" not in key for one in pod["spec"]["containers"] for key in one)
    settings = {one["metadata"]["name"]: one["data"] for one in maps}
    assert settings["omen-models-settings"]["MODEL_SOURCE"] == "http://localhost:9000/models"
    volumes = {one["name"] for one in pod["spec"]["volumes"]}
    mounts = {one["name"] for each in pod["spec"]["containers"] for one in each["volumeMounts"]}
    assert volumes == mounts and all(name.startswith("omen-") for name in volumes)

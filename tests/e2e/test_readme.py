"""What the README shows is what happens: its requests are sent, and its answers compared."""

import json
import re
import shlex
import shutil
import subprocess

import pytest

import harness

README = (harness.ROOT / "README.md").read_text(encoding="utf-8")
SAMPLES = harness.ROOT / "tests" / "golden" / "samples.txt"
URL = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def url(shared):
    """The samples that ./tools/run serves, the first one as the default."""
    names = []
    for line in SAMPLES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, path = line.split()
            source = harness.ROOT / "tests" / "golden" / "exported" / path
            shutil.copy(source, f"{shared.models}/{name}.json")
            names.append(name)
    worker = shared.worker(default_model=names[0])
    harness.wait_for(
        lambda: [one["state"] for one in worker.status()["models"]] == ["live"] * len(names),
        "the samples are live",
    )
    return f"http://127.0.0.1:{shared.nginx(worker.peer).port}"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


def shell_requests():
    """(curl command, the answer that is shown below it or None)."""
    pattern = r"^(curl .*?)\n(?:# ([^\n]*)\n|\n|\Z)"
    found = [pair for block in blocks("sh") for pair in re.findall(pattern, block, re.M | re.S)]
    return [(line.replace("\\\n", " "), answer or None) for line, answer in found]


def without_comment(text):
    return re.split(r"\s+//\s", text, maxsplit=1)


def bodies():
    """(request body, answer) of the list of bodies; what has dots in it is not meant literally."""
    pairs = [without_comment(line) for block in blocks("jsonc") for line in block.splitlines()]
    return [pair for pair in pairs if len(pair) == 2 and "..." not in pair[0] + pair[1]]


@pytest.mark.parametrize(("line", "answer"), shell_requests())
def test_a_request_of_the_readme(url, line, answer):
    words = shlex.split(line.replace(URL, url), comments=True)
    assert any(word.startswith(url) for word in words), line
    done = subprocess.run([*words, "--fail-with-body"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    if answer is not None:
        try:
            assert json.loads(done.stdout) == json.loads(answer)
        except json.JSONDecodeError:
            assert done.stdout.strip() == answer


@pytest.mark.parametrize(("body", "answer"), bodies())
def test_a_body_of_the_readme(url, body, answer):
    request = json.loads(body)
    if isinstance(request["input"], dict):
        pytest.fail("a body by name needs its model: write it with dots")
    port = int(url.rsplit(":", 1)[1])
    status, _, got = harness.http_ask(
        port, "POST", "/predict/iris", body.encode(), {"Content-Type": "application/json"}
    )
    assert status == 200 and json.loads(got) == json.loads(answer)


def test_there_is_something_to_test():
    assert len(shell_requests()) >= 5 and len(bodies()) >= 2
    assert any(answer is not None for _, answer in shell_requests())

"""The page on which a person tries a model, in headless Chromium."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest

import browser
import harness

EXPORTED = harness.ROOT / "tests" / "golden" / "exported"
SAMPLES = {"iris": "iris", "mixed-table": "mixed", "digits": "digits", "diabetes": "diabetes"}
TAB, ENTER = "\ue004", "\ue007"


@pytest.fixture(scope="module")
def site(shared):
    for name, source in SAMPLES.items():
        shutil.copy(EXPORTED / source / "model.json", f"{shared.models}/{name}.json")
    # What a name or a text may hold must stay text on the page.
    hostile = {
        "format": "omen/1",
        "description": "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'>",
        "inputs": [
            {"name": "<b onclick='window.harmed = 1'>&amp;", "min": 0, "max": 9},
            {"name": "__proto__", "description": "</textarea><script>window.harmed = 1</script>"},
            {"name": "it's", "type": "category", "values": ["<i>a</i>", "b'c", "\"d\""]},
        ],
        "steps": [
            {"op": "one_hot_encoder", "columns": ["it's"],
             "categories_": [["<i>a</i>", "b'c", "\"d\""]]}
        ],
        "model": {"op": "linear_regression", "coef_": [1, 10, 100, 200, 300]},
    }  # fmt: skip
    with open(f"{shared.models}/hostile.json", "w", encoding="utf-8") as file:
        json.dump(hostile, file)
    worker = shared.worker()
    harness.wait_for(
        lambda: [one["state"] for one in worker.status()["models"]] == ["live"] * 5,
        "every model is live",
    )
    return f"http://127.0.0.1:{shared.nginx(worker.peer).port}"


@pytest.fixture(scope="module")
def page(shared, site):
    opened = browser.Browser(shared)
    yield opened
    opened.close()


def show(page, site, place, title):
    page.open("about:blank")
    page.open(f"{site}/docs#{place}")
    page.await_text("h1", title)


def complaints(page):
    """What the browser logged, but for the statuses that a test provokes."""
    return [one for one in page.log() if "status of 4" not in one["message"]]


def test_a_model_is_tried(page, site, measured):
    show(page, site, "model/iris", "iris")
    assert page.run("return [...document.querySelectorAll('nav a')].map(a => a.innerText)")
    page.click("button.main")
    assert page.await_text(".result") == "setosa"
    assert "200 OK" in page.await_text(".status")
    bars = page.await_text(".bars")
    assert bars.split()[:2] == ["setosa", "0.9847"]
    timing = page.await_text(".timing")
    assert re.search(r"round trip [\d.]+ ms", timing) and "compute" in timing
    measured("prediction from the page, round trip", timing.split("ms")[0].split()[-1] + " ms")
    if os.environ.get("OMEN_SCREENSHOTS"):  # a directory, for whoever wants to look
        page.screenshot(os.path.join(os.environ["OMEN_SCREENSHOTS"], "docs.png"))
    answer = json.loads(page.await_text(".answer .part .part pre"))
    assert answer["labels"] == ["setosa", "versicolor", "virginica"]
    page.type("#field-2", "4.9")
    page.type("#field-3", "1.5")
    page.click("button.main")
    page.await_text(".result", "versicolor")
    assert complaints(page) == []


def test_the_curl_line_does_what_the_page_did(page, site):
    for name in ("iris", "mixed-table", "hostile"):
        show(page, site, f"model/{name}", name)
        page.click("button.main")
        on_page = json.loads(page.await_text(".answer .part .part pre"))
        line = page.await_text("pre.curl")
        words = shlex.split(line)
        assert words[0] == "curl" and words[2] == f"{site}/predict/{name}"
        done = subprocess.run(words, capture_output=True, check=True, timeout=30)
        assert json.loads(done.stdout) == on_page


def test_a_mistake_is_shown_where_it_is(page, site):
    show(page, site, "model/mixed-table", "mixed-table")
    page.type("#field-6", "three")
    page.click("button.main")
    assert "must be a number" in page.await_text(".error")
    assert "400" in page.await_text(".status.bad")
    assert "must be a number" in page.await_text("#field-6-fault")
    assert page.run("return document.getElementById('field-6').getAttribute('aria-invalid')") == "true"
    page.type("#field-6", "3")
    page.click("button.main")
    assert page.await_text(".result") == "malignant"
    assert page.run("return document.querySelectorAll('.wrong').length") == 0
    assert complaints(page) == []


def test_a_body_written_by_hand(page, site):
    show(page, site, "model/iris", "iris")
    page.click(".switch label:nth-of-type(2)")
    body = {"input": [[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]}
    page.type(".raw textarea", json.dumps(body))
    page.click("button.main")
    page.await_text(".answer .part .part pre", "virginica")
    page.type(".raw textarea", "{")
    page.click("button.main")
    assert "JSON" in page.await_text(".error")
    assert complaints(page) == []


def test_with_the_keyboard_alone(page, site):
    show(page, site, "model/diabetes", "diabetes")
    page.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    seen = []
    for _ in range(60):
        page.press([TAB])
        seen.append(
            page.run(
                "const at = document.activeElement;"
                "return at.className === 'skip' ? 'skip' : at.id || at.innerText;"
            )
        )
        if seen[-1] == "Predict":
            break
    assert "skip" in seen and "field-0" in seen and seen[-1] == "Predict"
    page.press([ENTER])
    page.await_text(".result")


def test_every_control_has_a_name(page, site):
    nameless = """
        return [...document.querySelectorAll('input, select, textarea, button')]
            .filter((one) => !(one.labels && one.labels.length) && !one.getAttribute('aria-label')
                             && !one.textContent.trim())
            .map((one) => one.outerHTML);
    """
    for place, title in (("model/mixed-table", "mixed-table"), ("requests/predict", "Predict")):
        show(page, site, place, title)
        assert page.run(nameless) == []
    assert page.run("return document.documentElement.lang") == "en"
    assert page.run("return document.querySelectorAll('main, nav, header').length") == 3


CONTRAST = """
    const light = (text) => {
        const parts = text.match(/[\\d.]+/g).map(Number);
        const [r, g, b] = parts.slice(0, 3).map((v) => {
            v /= 255;
            return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (node) => {
        for (; node; node = node.parentElement) {
            const color = getComputedStyle(node).backgroundColor;
            if (!/, 0\\)$/.test(color)) return color;
        }
        return 'rgb(255, 255, 255)';
    };
    return [...document.querySelectorAll('body *')]
        .filter((one) => one.checkVisibility() && [...one.childNodes].some(
            (child) => child.nodeType === 3 && child.data.trim()))
        .map((one) => {
            const a = light(getComputedStyle(one).color), b = light(ground(one));
            return [one.innerText, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
        })
        .filter(([, ratio]) => ratio < 4.5);
"""


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read(shared, site, dark):
    """WCAG's contrast of 4.5, by day and by night."""
    opened = browser.Browser(shared, dark=dark)
    try:
        show(opened, site, "model/mixed-table", "mixed-table")
        assert opened.run("return matchMedia('(prefers-color-scheme: dark)').matches") == dark
        opened.type("#field-6", "x")
        opened.click("button.main")
        opened.await_text(".error")
        assert opened.run(CONTRAST) == []
        show(opened, site, "requests/predict", "Predict")
        opened.click("details summary")
        assert opened.run(CONTRAST) == []
    finally:
        opened.close()


def test_on_a_small_screen(shared, site):
    opened = browser.Browser(shared, width=500, height=800)
    try:
        for place, title in (("model/digits", "digits"), ("requests/predict", "Predict")):
            show(opened, site, place, title)
            wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert opened.run(wide) == 0
    finally:
        opened.close()


def test_texts_stay_texts(page, site):
    show(page, site, "model/hostile", "hostile")
    page.click("button.main")
    page.await_text(".result")
    assert page.run("return window.harmed === undefined")
    assert page.run("return document.querySelectorAll('main script, main img, main b').length") == 0
    assert "<script>" in page.run("return document.querySelector('main').innerText")
    assert complaints(page) == []


def test_every_request_can_be_sent(page, site):
    """By the examples that the page fills in."""
    show(page, site, "requests/worker", "Worker")
    count = page.run("return document.querySelectorAll('details').length")
    assert count >= 8
    for number in range(1, count + 1):
        page.click(f"details:nth-of-type({number}) summary")
        page.click(f"details:nth-of-type({number}) button.main")
        assert "200" in page.await_text(f"details:nth-of-type({number}) .status")
        page.click(f"details:nth-of-type({number}) summary")
    show(page, site, "requests/predict", "Predict")
    paths = page.run("return [...document.querySelectorAll('summary code')].map((c) => c.innerText)")
    for path in ("/predict/{model}", "/predict/{model}/{version}"):
        number = paths.index(path) + 1
        page.click(f"details:nth-of-type({number}) summary")
        page.click(f"details:nth-of-type({number}) button.main")
        assert "200" in page.await_text(f"details:nth-of-type({number}) .status")
        page.click(f"details:nth-of-type({number}) summary")


def test_the_other_dialects_are_tried(page, site):
    """Every example that the document has of a model, from the page."""
    show(page, site, "model/iris", "iris")
    page.click(".switch label:nth-of-type(2)")
    count = page.run("return document.getElementById('way').options.length")
    assert count >= 2
    for number in range(count):
        page.run(
            "const way = document.getElementById('way'); way.value = arguments[0];"
            "way.dispatchEvent(new Event('change', {bubbles: true}));",
            str(number),
        )
        page.click("button.main")
        page.await_text(".result", "setosa")
        page.run("document.querySelector('.result').remove()")


def test_nothing_comes_from_elsewhere(page, site):
    show(page, site, "model/iris", "iris")
    sources = page.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert len(sources) >= 3
    assert all(source.startswith((f"{site}/", "data:")) for source in sources), sources
    # The policy holds: neither a script in the page nor a request to another host is let through.
    assert page.run(
        "const script = document.createElement('script'); script.text = 'window.inline = 1';"
        "document.body.append(script); return window.inline === undefined;"
    )
    blocked = page.run(
        "return fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => error.name)"
    )
    assert blocked == "TypeError"
    assert any("Content Security Policy" in one["message"] for one in page.log())

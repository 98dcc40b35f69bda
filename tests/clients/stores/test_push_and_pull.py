"""omen-sync against each cloud: a model is pushed, listed, pulled, replaced, whatever the network does."""

import pytest
from cloud import digests, files, good, put_plain, WEIGHTS


def test_from_push_to_pull_and_the_next_version(cloud):
    good(cloud.push("risk", "1", **files(1)))
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))
    assert "risk" in good(cloud.run("list", cloud.source))
    seen = len(cloud.front.seen)
    good(cloud.pull())  # no change: it costs no bytes
    assert not any("Range" in request.headers for request in cloud.front.seen[seen:])
    good(cloud.push("risk", "2", **files(2)))
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(2))


def test_the_pointer_is_put_last(cloud):
    good(cloud.push("risk", "1", **files(1)))
    puts = [seen for seen in cloud.front.seen if seen.method in ("PUT", "POST") and "/token" not in seen.path]
    bodies = [b"omen-pointer" in seen.body for seen in puts]
    manifests = [b"omen-manifest/1" in seen.body for seen in puts]
    assert bodies.index(True) == len(puts) - 1 and manifests.index(True) == len(puts) - 2


def test_an_interrupted_push_is_seen_by_nobody(cloud):
    good(cloud.push("risk", "1", **files(1)))
    good(cloud.pull())
    cloud.front.add("answer", ".*", "PUT|POST", status=403, times=1000, after=1)
    code, _ = cloud.push("risk", "2", **files(2))
    assert code == 3
    cloud.front.clear()
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))
    good(cloud.push("risk", "2", **files(2)))
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(2))


def test_a_version_is_never_replaced_by_another(cloud):
    good(cloud.push("risk", "1", **files(1)))
    code, text = cloud.push("risk", "1", **files(2))
    assert code != 0, text
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))


@pytest.mark.parametrize("action", ["truncate", "truncate_silently", "reset", "corrupt"])
def test_a_bad_network_brings_no_wrong_byte(cloud, action):
    good(cloud.push("risk", "1", **files(1)))
    cloud.front.add(action, "weights", "GET", times=3)
    code, text = cloud.pull()
    if action == "corrupt":
        assert code == 0 or not (cloud.models / "risk" / "current").exists(), text
        for _ in range(3):
            cloud.pull()
    else:
        assert code == 0, text
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))


def test_a_storm_during_push_and_pull(cloud):
    cloud.front.add("answer", "/models", status=503, times=4)
    good(cloud.push("risk", "1", **files(1)))
    cloud.front.add("answer", "/models", status=429, times=4, headers={"Retry-After": "0"})
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))


def test_a_version_that_another_tool_put(cloud):
    put_plain(cloud, "1", **files(1))
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))
    asked = [seen for seen in cloud.front.seen if "weights.bin" in seen.path]
    assert all("Range" in seen.headers for seen in asked), "a pinned object needs no second look"
    for path, data in files(2).items():
        cloud.put(f"risk/2/{path}", data)
    cloud.pull(("--timeout=2s",))  # not whole yet: it waits for the rest
    assert cloud.content("risk") == digests(**files(1))
    cloud.put("risk/2/_SUCCESS", b"")
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(2))


def test_the_same_size_with_other_bytes(cloud):
    put_plain(cloud, "1", **{"weights.bin": b"a" * 1000})
    good(cloud.pull())
    put_plain(cloud, "1", **{"weights.bin": b"b" * 1000})
    good(cloud.pull())
    assert cloud.content("risk") == digests(**{"weights.bin": b"b" * 1000})


def test_a_file_that_is_encrypted_by_a_key_of_its_own(s3):
    put_plain(s3, "1", **files(1))
    s3.front.add("seal", "weights", "GET", times=1000)
    good(s3.pull())
    assert s3.content("risk") == digests(**{**files(1), "weights.bin": bytes(b ^ 1 for b in WEIGHTS[1:])})


def test_a_training_run_as_it_is(cloud):
    """One model's files directly below the prefix."""
    run = f"{cloud.source}/run-17"
    for number in (1, 2):
        for path, data in {**files(number), "_SUCCESS": b""}.items():
            cloud.put(f"run-17/{path}", data)
        good(cloud.run("pull", run + "/" * number, cloud.models, flags=("--once", "--single=risk")))
        assert cloud.content("risk") == digests(**files(number))


def test_a_file_that_is_replaced_in_the_middle_is_no_mixture(cloud):
    put_plain(cloud, "1", **files(1))
    other = {"weights.bin": bytes(len(WEIGHTS) - 1)}
    cloud.front.add("then_do", "weights", "GET", after=2, then=lambda: put_plain(cloud, "1", **other))
    for _ in range(3):
        cloud.pull()
        seen = cloud.content("risk") if (cloud.models / "risk" / "current").exists() else None
        assert seen in (None, digests(**files(1)), digests(**{**files(1), **other}))
    good(cloud.pull())
    assert cloud.content("risk") == digests(**{**files(1), **other})


@pytest.mark.parametrize("name", ["../../../evil", "a/../../../../evil", "a//b", "a/./b", "evil\\x"])
def test_a_version_with_a_hostile_name_is_refused_whole(cloud, name, make_probe):
    good(cloud.push("risk", "1", **files(1)))
    good(cloud.pull())
    cloud.flags.append("--layout=versions")
    if cloud.source.startswith("az"):  # Azure's client sends no such names
        probe = make_probe(cloud.source, cloud.environment, endpoint=cloud.endpoint)
        name = name.replace("\\", "\x7f")  # which Azure makes a slash of
        assert probe.put(f"risk/2/{name}", b"evil").good
    else:
        cloud.put(f"risk/2/{name}", b"evil")
    put_plain(cloud, "2", **files(2))
    cloud.pull()
    assert cloud.content("risk") == digests(**files(1))
    assert not list(cloud.folder.rglob("*evil*"))


def test_a_source_that_is_emptied_or_gone_takes_nothing_away(cloud):
    good(cloud.push("risk", "1", **files(1)))
    good(cloud.pull())
    cloud.empty()
    cloud.pull()
    assert cloud.content("risk") == digests(**files(1))
    bucket, _, prefix = cloud.source.partition("://")[2].partition("/")
    cloud.source = cloud.source.replace(bucket, "nothing-here")
    assert cloud.pull()[0] == 4
    assert cloud.content("risk") == digests(**files(1))


@pytest.mark.parametrize("kind", ["gs", "s3"])  # Azure's account key has no end
def test_credentials_that_end_in_the_middle_of_a_pull(request, kind):
    cloud = request.getfixturevalue(kind)
    good(cloud.push("risk", "1", **files(1)))
    cloud.front.add("then_do", "weights", "GET", after=2, then=cloud.end_credentials)
    good(cloud.pull())
    assert cloud.content("risk") == digests(**files(1))
    if cloud.source.startswith("gs"):
        assert sum(seen.path == "/token" for seen in cloud.front.seen) == 3


def test_rights_that_are_missing_have_their_exit_status(gs):
    good(gs.push("risk", "1", **files(1)))
    gs.mock.tokens.keys.clear()
    code, text = gs.pull()
    assert code == 3 and "invalid_grant" in text

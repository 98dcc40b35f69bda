"""Sources that are hostile, or fail on the way: omen-sync publishes what was announced, or nothing."""

import json
import os
import signal
import subprocess
import threading
import time

import harness
import pytest
import sync_tool
from sync_tool import (
    EXIT,
    FileSource,
    current,
    published,
    pull,
    put_manifest_source,
    random_tree,
    sync,
)

PART = 65536


# --- hostile sources --------------------------------------------------------------------------

HOSTILE = [
    "../evil",
    "../../../evil",
    "/evil",
    "a//evil",
    "a/./evil",
    "..",
    "a/..",
    "evil\\..\\x",
    "evil\nx",
    "evil\x00x",
    "\x7fevil",
    "x" * 256,
    "/".join("d" * 40),
    ".omen-sync.json",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_refuse_the_whole_version(rig, bucket, models, name):
    tree = random_tree(1)
    put_manifest_source(bucket, "iris", "1", tree)
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    pull(web.url, models)
    before = sorted(os.listdir(rig.run))
    manifest = sync_tool.manifest_of("iris", "2", {"good": b"1", name: b"evil"})
    sync_tool.put_tree(bucket, {"iris/2/omen-manifest.json": manifest, "iris/2/good": b"1"})
    sync_tool.put_tree(bucket, {"CURRENT": sync_tool.pointer_of({("iris", "2"): manifest})})
    done = pull(web.url, models, code=EXIT["integrity"])
    assert "evil" not in done.log
    assert current(models, "iris") == "1"
    assert published(models, "iris") == tree
    assert sorted(os.listdir(rig.run)) == before
    assert not any("evil" in name for _, names, files in os.walk(models) for name in names + files)


@pytest.mark.parametrize("name", ["bad\\name", "bad\nname", "bad\x01name"])
def test_hostile_file_names_refuse_the_whole_version(rig, bucket, models, name):
    source = FileSource(rig, bucket)
    source.put("iris", "1", random_tree(1))
    source.put("iris", "2", {"good": b"1", name: b"evil"})
    pull(source.url, models)
    assert current(models, "iris") == "1"
    assert not os.path.exists(os.path.join(models, "iris", "2"))


def test_links_in_a_source_are_not_followed(rig, bucket, models):
    source = FileSource(rig, bucket)
    source.put("iris", "1", random_tree(1))
    source.put("iris", "2", {"good": b"1"})
    os.symlink("/etc/passwd", os.path.join(bucket, "iris", "2", "passwd"))
    pull(source.url, models)
    assert current(models, "iris") == "1"


@pytest.mark.parametrize(
    "limit", [{"max_object_bytes": 999}, {"max_total_bytes": 2000}, {"max_objects": 3}], ids=str
)
def test_limits_refuse_a_version(rig, bucket, models, limit):
    put_manifest_source(bucket, "iris", "1", random_tree(1, files=3, size=1000))
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    pull(web.url, models, code=EXIT["integrity"], **limit)
    assert current(models, "iris") is None


def test_claims_of_enormous_files_cost_nothing(rig, bucket, models):
    document = json.loads(sync_tool.manifest_of("iris", "1", {"a": b"1"}))
    document["files"][0]["size"] = 1 << 50
    text = json.dumps(document).encode()
    sync_tool.put_tree(bucket, {"iris/1/omen-manifest.json": text, "iris/1/a": b"1"})
    sync_tool.put_tree(bucket, {"CURRENT": sync_tool.pointer_of({("iris", "1"): text})})
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    pull(web.url, models, code=EXIT["integrity"])
    done = pull(
        web.url, models, code=EXIT["space"], max_object_bytes="1024t", max_total_bytes="1024t"
    )
    assert "free" in done.log


# --- faults on the way ------------------------------------------------------------------------


def put(bucket, version="1", **more):
    tree = random_tree(version, files=3, size=5 * PART)
    put_manifest_source(bucket, "iris", version, tree, **more)
    return tree


def is_blob(path):
    return path.endswith(".bin")


def test_ranges_that_are_ignored(faulty, bucket, models):
    tree = put(bucket)
    faulty.fault = lambda handler, path, count: (
        is_blob(path) and (faulty.answer(handler, 200, faulty.data(path)) or True)
    )
    pull(faulty.url, models, part_size="64k")
    assert published(models, "iris") == tree


def test_another_range_than_asked_is_never_written(faulty, bucket, models):
    put(bucket)

    def shift(handler, path, count):
        if not is_blob(path):
            return False
        data = faulty.data(path)
        headers = {"Content_Range": f"bytes 1-{PART}/{len(data)}"}
        faulty.answer(handler, 206, data[1 : PART + 1], **headers)
        return True

    faulty.fault = shift
    pull(faulty.url, models, code=EXIT["integrity"], part_size="64k", retries=2)
    assert current(models, "iris") is None


def test_truncated_bodies_are_resumed(faulty, bucket, models):
    tree = put(bucket)

    def cut(handler, path, count):
        if not is_blob(path) or count % 2 == 0:
            return False
        data = faulty.data(path)
        handler.send_response(200 if "Range" not in handler.headers else 206)
        if "Range" in handler.headers:
            first, last = map(int, handler.headers["Range"][6:].split("-"))
            handler.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            data = data[first : last + 1]
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[: len(data) // 2])
        handler.close_connection = True
        return True

    faulty.fault = cut
    done = pull(faulty.url, models)
    assert published(models, "iris") == tree
    assert done.records()[-1]["retries"] >= 3
    assert any("Range" in headers for path, headers in faulty.headers if is_blob(path))


def test_a_body_without_length_that_ends_early_is_not_the_end(faulty, bucket, models):
    tree = put(bucket)

    def end(handler, path, count):
        if not is_blob(path) or count > 1:
            return False
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(faulty.data(path)[:1000])
        handler.close_connection = True
        return True

    faulty.fault = end
    pull(faulty.url, models)
    assert published(models, "iris") == tree


def test_more_bytes_than_announced_are_refused(faulty, bucket, models):
    put(bucket)

    def flood(handler, path, count):
        if not is_blob(path):
            return False
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        block = faulty.data(path)
        for _ in range(1000):
            handler.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
        return True

    faulty.fault = flood
    pull(faulty.url, models, code=EXIT["integrity"])
    assert current(models, "iris") is None


def test_corrupt_bytes_are_never_published(faulty, bucket, models):
    tree = put(bucket)

    def corrupt(handler, path, count):
        if not path.endswith("file1.bin"):
            return False
        data = bytearray(faulty.data(path))
        data[PART + 5] ^= 1
        faulty.serve(handler, bytes(data))
        return True

    faulty.fault = corrupt
    pull(faulty.url, models, code=EXIT["integrity"], part_size="64k")
    assert current(models, "iris") is None
    faulty.fault = None
    pull(faulty.url, models)
    assert published(models, "iris") == tree


def test_a_file_that_is_not_what_its_manifest_says(rig, bucket, models):
    tree = put(bucket)
    sync_tool.put_tree(bucket, {"iris/1/file1.bin": tree["file1.bin"][:-1] + b"?"})
    done = pull(f"file://{bucket}", models, code=EXIT["integrity"])
    assert "SHA-256" in done.log and current(models, "iris") is None
    put(bucket)
    pull(f"file://{bucket}", models)
    assert published(models, "iris") == tree


def test_large_files_are_digested_beside_the_download(faulty, bucket, models, rig):
    """Files that a second thread verifies: corrupt, cut, cut off, and whole in the end."""
    tree = random_tree(1, files=3, size=20 << 20)
    put_manifest_source(bucket, "iris", "1", tree)

    def corrupt(handler, path, count):
        if not path.endswith("file1.bin") or not handler.headers["Range"].startswith("bytes=4194304-"):
            return False
        data = bytearray(faulty.data(path))
        data[(4 << 20) + 5] ^= 1
        faulty.serve(handler, bytes(data))
        return True

    faulty.fault = corrupt
    pull(faulty.url, models, code=EXIT["integrity"], part_size="4m")
    assert current(models, "iris") is None

    def cut(handler, path, count):
        if not is_blob(path) or count > 1:
            return False
        handler.send_response(200)
        handler.send_header("Content-Length", str(20 << 20))
        handler.end_headers()
        handler.wfile.write(faulty.data(path)[: 9 << 20])
        handler.close_connection = True
        return True

    faulty.counts.clear()
    faulty.fault = cut
    sidecar = sync_tool.start_pull(rig, faulty.url, models, part_size="64m", bandwidth="40m")
    time.sleep(0.7)
    sidecar.send_signal(signal.SIGKILL)
    sidecar.wait()
    faulty.fault = None
    pull(faulty.url, models, part_size="4m")
    assert published(models, "iris") == tree
    assert sync("verify", models).code == 0


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_storm_of_refusals_is_waited_out(faulty, bucket, models, code):
    tree = put(bucket)

    def storm(handler, path, count):
        if count > 3:
            return False
        faulty.answer(handler, code, b"slow down", **({"Retry_After": "0"} if code == 429 else {}))
        return True

    faulty.fault = storm
    done = pull(faulty.url, models)
    assert published(models, "iris") == tree
    assert done.records()[-1]["retries"] >= 9


def test_retry_after_is_heeded(faulty, bucket, models):
    put(bucket)

    def later(handler, path, count):
        if not path.endswith("CURRENT") or count > 1:
            return False
        faulty.answer(handler, 503, b"", Retry_After="2")
        return True

    faulty.fault = later
    begun = time.monotonic()
    pull(faulty.url, models)
    assert time.monotonic() - begun >= 2


def test_a_server_that_only_refuses_is_given_up(faulty, bucket, models):
    put(bucket)
    faulty.fault = lambda handler, path, count: faulty.answer(handler, 503, b"") or True
    done = pull(faulty.url, models, code=EXIT["transient"], retries=3)
    assert "503" in done.log
    assert sum(faulty.counts.values()) == 4


def test_a_stall_is_ended_and_resumed(faulty, bucket, models):
    tree = put(bucket)
    over = threading.Event()

    def stall(handler, path, count):
        if not path.endswith("file0.bin") or count > 1:
            return False
        data = faulty.data(path)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:PART])
        handler.wfile.flush()
        over.wait(20)
        handler.close_connection = True
        return True

    faulty.fault = stall
    pull(faulty.url, models, stall_timeout="1s")
    over.set()
    assert published(models, "iris") == tree


def test_replaced_in_the_middle(faulty, bucket, models):
    """The manifest is of the old bytes, the server has the new ones: nothing is published until the
    pointer says so."""
    put(bucket)
    newer = random_tree("1-new", files=3, size=5 * PART)
    replaced = threading.Event()

    def replace(handler, path, count):
        if is_blob(path) and not replaced.is_set():
            replaced.set()
            put_manifest_source(bucket, "iris", "1", newer)
        return False

    faulty.fault = replace
    sync("pull", faulty.url, models, once="yes", part_size="64k")
    tree = published(models, "iris") if current(models, "iris") else newer
    assert tree == newer
    pull(faulty.url, models)
    assert published(models, "iris") == newer


def test_a_file_that_is_written_while_it_is_copied(rig, bucket, models):
    source = FileSource(rig, bucket)
    tree = random_tree(1, files=2, size=40 * PART)
    source.put("iris", "1", tree)
    sidecar = sync_tool.start_pull(rig, source.url, models, bandwidth="4m")
    time.sleep(0.5)
    source.put("iris", "1", {"file1.bin": b"other"})
    harness.wait_for(lambda: current(models, "iris") == "1", "it is published", seconds=30)
    wanted = {**tree, "file1.bin": b"other"}
    harness.wait_for(lambda: published(models, "iris") == wanted, "it is what is there")
    assert sidecar.is_alive()


def test_redirects_are_not_followed_with_secrets(faulty, bucket, models, rig):
    put(bucket)
    other = sync_tool.Faulty(bucket)
    secret = os.path.join(rig.run, "token")
    with open(secret, "w", encoding="ascii") as file:
        file.write("sesame-open\n")

    def move(handler, path, count):
        faulty.answer(handler, 302, b"", Location=other.url + path)
        return True

    faulty.fault = move
    done = pull(faulty.url, models, code=EXIT["other"], token_file=secret)
    other.close()
    assert not other.headers
    assert faulty.headers[0][1]["Authorization"] == "Bearer sesame-open"
    assert "sesame" not in done.log


def test_a_token_that_expires_in_the_middle_is_read_again(faulty, bucket, models, rig):
    tree = put(bucket)
    secret = os.path.join(rig.run, "token")
    valid = ["first"]

    def write(text):
        with open(secret + ".new", "w", encoding="ascii") as file:
            file.write(text)
        os.rename(secret + ".new", secret)

    together = threading.Lock()

    def guard(handler, path, count):
        with together:  # parts come side by side: the file and what is valid change as one
            if path.endswith("file1.bin") and valid == ["first"]:
                valid[0] = "second"
                write("second")
            current = handler.headers.get("Authorization") == f"Bearer {valid[0]}"
        if not current:
            faulty.answer(handler, 401, b"expired")
        return not current

    write("first")
    faulty.fault = guard
    pull(faulty.url, models, token_file=secret, part_size="64k")
    assert published(models, "iris") == tree
    write("wrong")
    done = pull(faulty.url, models, code=EXIT["auth"], token_file=secret)
    assert "401" in done.log and "wrong" not in done.log


def test_secrets_do_not_go_over_http_to_others(rig, models):
    secret = os.path.join(rig.run, "token")
    with open(secret, "w", encoding="ascii") as file:
        file.write("sesame")
    done = pull("http://models.example/x", models, code=EXIT["usage"], token_file=secret)
    assert "https" in done.log


# --- proxies and certificates -----------------------------------------------------------------


class Proxy:
    """Forwards plain HTTP, and counts."""

    def __init__(self):
        self.seen = []
        proxy = self
        self.faulty = sync_tool.Faulty("/")

        def forward(handler, path, count):
            proxy.seen.append(path)
            host, _, rest = path.removeprefix("http://").partition("/")
            name, _, port = host.partition(":")
            client = harness.http.client.HTTPConnection(name, int(port))
            headers = {
                key: value
                for key, value in handler.headers.items()
                if key.lower() not in ("host", "proxy-connection")
            }
            client.request("GET", "/" + rest, headers=headers)
            answer = client.getresponse()
            data = answer.read()
            kept = ("content-range", "etag")
            more = {key: value for key, value in answer.getheaders() if key.lower() in kept}
            proxy.faulty.answer(handler, answer.status, data, **more)
            return True

        self.faulty.fault = forward
        self.url = self.faulty.url

    def close(self):
        self.faulty.close()


def test_proxy_and_exceptions(rig, bucket, models):
    tree = put(bucket)
    web = rig.add(sync_tool.WebSource(rig.run, bucket))
    proxy = Proxy()
    try:
        pull(web.url, models, proxy=proxy.url, part_size="64k")
        assert published(models, "iris") == tree
        assert len(proxy.seen) > 3
        count = len(proxy.seen)
        pull(web.url, models, env={"http_proxy": proxy.url, "no_proxy": "127.0.0.1"})
        assert len(proxy.seen) == count
        pull(web.url, models, env={"http_proxy": proxy.url})
        assert len(proxy.seen) == count + 1
    finally:
        proxy.close()


def test_certificates_are_checked_against_the_given_authority(rig, bucket, models):
    key, cert = os.path.join(rig.run, "key.pem"), os.path.join(rig.run, "cert.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=source"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)
    tree = put(bucket)
    tls = f"ssl_certificate {cert}; ssl_certificate_key {key};"
    web = rig.add(sync_tool.WebSource(rig.run, bucket, tls=tls))
    pull(web.url, models, code=EXIT["other"], retries=0)
    assert current(models, "iris") is None
    pull(web.url, models, ca_file=cert)
    assert published(models, "iris") == tree
    sync_tool.clean(models)
    pull(web.url, models, env={"SSL_CERT_FILE": cert})
    assert published(models, "iris") == tree

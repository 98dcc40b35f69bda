"""omen-sync under test: its program, sources that behave and sources that do not."""

import hashlib
import http.server
import json
import os
import pathlib
import re
import shutil
import socketserver
import subprocess
import threading

import harness

EXIT = {
    "other": 1,
    "usage": 2,
    "auth": 3,
    "gone": 4,
    "integrity": 5,
    "space": 6,
    "timeout": 7,
    "locked": 8,
    "transient": 75,
}
FAST = {"settle": "150ms", "retry_pause": "10ms", "log_level": "debug"}


def find_sync():
    places = [os.environ["OMEN_BUILD"]] if os.environ.get("OMEN_BUILD") else ["build-gcc", "build"]
    for place in places:
        sync = harness.ROOT / place / "src" / "sync" / "omen-sync"
        if sync.exists():
            return str(sync)
    raise FileNotFoundError(f"no omen-sync in {places}; build first or set OMEN_BUILD")


def flags(options):
    settings = {**FAST, **options}
    return [
        f"--{name.replace('_', '-')}={value}" for name, value in settings.items() if value is not None
    ]


def environment(**more):
    env = harness.clean_environment(**more)
    foreign = re.compile(r"(?i)(\w+_proxy|AWS_\w+|AZURE_\w+|GOOGLE_\w+|CURL_CA_BUNDLE|SSL_CERT_\w+)")
    for name in [name for name in env if foreign.fullmatch(name) and name not in more]:
        del env[name]
    return env


class Done:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout
        self.log = process.stderr

    def records(self):
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]


def sync(*words, env=None, **options):
    """Runs a command to its end."""
    process = subprocess.run(
        [find_sync(), *map(str, words), *flags(options)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(**(env or {})),
        timeout=120 * harness.SLOWER,
        check=False,
    )
    assert not harness.SANITIZER_REPORT.search(process.stderr), process.stderr
    return Done(process)


def pull(source, models, code=0, **options):
    done = sync("pull", source, models, once="yes", **options)
    assert done.code == code, (done.code, done.log)
    return done


def start_pull(rig, source, models, name="sync", env=None, **options):
    """A sidecar; ended with the rig."""
    command = [find_sync(), "pull", source, models, *flags({"period": "100ms", **options})]
    return rig.start(name, command, env=environment(**(env or {})))


# --- what is on the disk ----------------------------------------------------------------------


def current(models, name):
    """The version that is current, None if there is none."""
    try:
        target = os.readlink(os.path.join(models, name, "current"))
    except FileNotFoundError:
        return None
    return re.fullmatch(r"\.versions/(.+)@[0-9a-f]{12}", target)[1]


def read_tree(directory):
    """{path: bytes} of all that is not hidden."""
    tree = {}
    for place, _, names in os.walk(directory):
        for name in names:
            if not name.startswith("."):
                path = os.path.join(place, name)
                with open(path, "rb") as file:
                    tree[os.path.relpath(path, directory)] = file.read()
    return tree


def published(models, name, link="current"):
    return read_tree(os.path.join(models, name, link))


def left_over(models):
    """What no finished run may leave: unfinished trees, links, downloads."""
    places = [os.path.join(models, ".sync", "partial"), os.path.join(models, ".sync", "trash")]
    found = [os.path.join(place, name) for place in places for name in os.listdir(place)]
    for place, directories, names in os.walk(models):
        found += [
            os.path.join(place, name)
            for name in directories + names
            if name.startswith((".tmp-", ".link-"))
        ]
    return found


# --- sources ----------------------------------------------------------------------------------


def put_tree(directory, tree):
    for path, data in tree.items():
        place = os.path.join(directory, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "wb") as file:
            file.write(data)


def random_tree(seed, files=3, size=1000):
    def data(i):
        block = hashlib.sha256(f"{seed}/{i}".encode()).digest()
        return (block * (size // 32 + 1))[:size]

    return {f"file{i}.bin": data(i) for i in range(files)} | {"sub/one.txt": str(seed).encode()}


def manifest_of(name, version, tree, **more):
    files = [
        {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in sorted(tree.items())
    ]
    document = {"format": "omen-manifest/1", "model": name, "version": version, "files": files}
    return json.dumps(document | more).encode()


def pointer_of(manifests):
    """manifests: {(name, version): bytes}."""
    return json.dumps(
        {
            "format": "omen-pointer/1",
            "models": {
                name: {
                    "version": version,
                    "manifest": f"{name}/{version}/omen-manifest.json",
                    "sha256": hashlib.sha256(text).hexdigest(),
                }
                for (name, version), text in manifests.items()
            },
        }
    ).encode()


def put_manifest_source(root, name, version, tree, **more):
    """The manifest layout below root, the pointer last and at once."""
    put_tree(os.path.join(root, name, version), tree)
    manifest = manifest_of(name, version, tree, **more)
    put_tree(root, {f"{name}/{version}/omen-manifest.json": manifest})
    put_tree(root, {".CURRENT.new": pointer_of({(name, version): manifest})})
    os.rename(os.path.join(root, ".CURRENT.new"), os.path.join(root, "CURRENT"))
    return manifest


NGINX = """
daemon off;
worker_processes 1;
user {user};
pid {run}/nginx.pid;
error_log stderr;
events {{ worker_connections 256; }}
http {{
    access_log {run}/access.log;
    client_body_temp_path {run}/body;
    proxy_temp_path {run}/proxy;
    fastcgi_temp_path {run}/fastcgi;
    uwsgi_temp_path {run}/uwsgi;
    scgi_temp_path {run}/scgi;
    sendfile on;
    etag on;
    client_max_body_size 0;
    limit_req_zone $server_name zone=slow:64k rate=20r/s;
    server {{
        listen 127.0.0.1:{port};
        {tls}
        root {root};
        location / {{ dav_methods PUT DELETE; create_full_put_path on; {rules} }}
    }}
}}
"""


class WebSource(harness.Child):
    """nginx over a directory, with uploads."""

    def __init__(self, run, root, name="source", rules="", tls=""):
        self.port = harness.free_port()
        self.root = root
        place = os.path.join(run, name)
        os.makedirs(place, exist_ok=True)
        config = os.path.join(place, "nginx.conf")
        user = "root" if os.geteuid() == 0 else "nobody"
        text = NGINX.format(
            user=user, run=place, port=self.port, root=root, rules=rules, tls=tls
        )
        listen = f"listen 127.0.0.1:{self.port};"
        if tls:
            text = text.replace(listen, listen.replace(";", " ssl;"))
        pathlib.Path(config).write_text(text, encoding="utf-8")
        self.access = os.path.join(place, "access.log")
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        super().__init__(name, ["nginx", "-p", place, "-e", "stderr", "-c", config], run)
        harness.wait_for(lambda: harness.accepts(("127.0.0.1", self.port)), "nginx listens")

    def requests(self):
        return pathlib.Path(self.access).read_text(encoding="utf-8").splitlines()


class FileSource:
    """NAME/VERSION/files with a marker."""

    def __init__(self, rig, root):
        self.root = root
        self.url = f"file://{root}"

    def put(self, name, version, tree):
        put_tree(os.path.join(self.root, name, version), tree)
        put_tree(os.path.join(self.root, name, version), {"_SUCCESS": b""})


class NginxSource:
    """The manifest layout."""

    def __init__(self, rig, root):
        self.root = root
        self.web = rig.add(WebSource(rig.run, root))
        self.url = self.web.url

    def put(self, name, version, tree):
        put_manifest_source(self.root, name, version, tree)


class Faulty:
    """An HTTP server over a directory whose faults a test writes.

    fault(handler, path, count) is asked at each GET: it returns None to be served as usual, or
    True when it has answered by itself. count is how often this path was asked for, from 1.
    """

    def __init__(self, root, fault=None):
        source = self
        self.root = root
        self.fault = fault
        self.counts = {}
        self.headers = []
        self.lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):  # noqa: N802 (the library's name)
                with source.lock:
                    count = source.counts[self.path] = source.counts.get(self.path, 0) + 1
                    source.headers.append((self.path, dict(self.headers)))
                try:
                    if not (source.fault and source.fault(self, self.path, count)):
                        source.serve(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def data(self, path):
        try:
            return pathlib.Path(self.root + path).read_bytes()
        except (FileNotFoundError, IsADirectoryError):
            return None

    def serve(self, handler, data=None):
        data = self.data(handler.path) if data is None else data
        if data is None:
            self.answer(handler, 404, b"not here")
            return
        tag = '"' + hashlib.sha256(data).hexdigest()[:16] + '"'
        if handler.headers.get("If-None-Match") == tag:
            self.answer(handler, 304, b"", ETag=tag)
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", handler.headers.get("Range", ""))
        if not wanted:
            self.answer(handler, 200, data, ETag=tag)
            return
        first, last = int(wanted[1]), int(wanted[2])
        headers = {"Content-Range": f"bytes {first}-{last}/{len(data)}", "ETag": tag}
        self.answer(handler, 206, data[first : last + 1], **headers)

    def answer(self, handler, code, body, **headers):
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def clean(directory):
    shutil.rmtree(directory, ignore_errors=True)

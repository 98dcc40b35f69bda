"""What is measured: each system starts its processes and says where to ask."""

import os
import subprocess
import time

import load
from children import Child, environment, free_port, process_tree

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PYTHON = "/usr/bin/python3"  # Debian's: it has Flask and scikit-learn


class System:
    """A service that answers POST /predict on a port of the loopback."""

    title = ""

    def __init__(self, setting):
        self.setting = setting
        self.port = None
        self.children = []
        self.starts = []       # seconds from exec to the first answer through HTTP
        self.worker_starts = []  # the worker alone, over its own socket

    def launch(self, directory):
        raise NotImplementedError

    def start(self, name):
        """Starts everything, asks until the first answer, and keeps the time it took."""
        directory = os.path.join(self.setting.directory, name)
        os.mkdir(directory)
        self.port = free_port()
        began = time.monotonic()
        self.launch(directory)
        body = self.setting.row
        seconds = load.first_answer(began, self.children, lambda: load.ask_http(self.port, body))
        self.starts.append(seconds)

    def child(self, *arguments, **more):
        self.children.append(Child(*arguments, **more))

    def stop(self):
        for child in reversed(self.children):
            child.stop()
        self.children = []

    def pids(self):
        for child in self.children:
            child.check()
        return list(process_tree([child.process.pid for child in self.children]))

    def answer(self):
        return load.ask_http(self.port, self.setting.body)


class BehindNginx(System):
    """A FastCGI worker on a unix socket, and nginx with the project's own configuration."""

    def command(self, socket_path):
        raise NotImplementedError

    def worker_settings(self, directory):
        """Options of the worker as variables."""
        return {}

    def nginx_settings(self):
        """Options of render-nginx as variables."""
        return {}

    def launch(self, directory):
        socket_path = os.path.join(directory, "worker.sock")
        config = os.path.join(directory, "nginx.conf")
        render = [os.path.join(ROOT, "tools", "render-nginx"), "--run", directory,
                  "--socket", socket_path, "--port", str(self.port), "--listen", "127.0.0.1"]
        if os.geteuid() == 0:
            render += ["--user", "root"]  # the socket is root's
        began = time.monotonic()
        with open(config, "w", encoding="utf-8") as file:
            subprocess.run(render, stdout=file, check=True, env=environment(**self.nginx_settings()))
        self.rendered = time.monotonic() - began
        self.child("worker", self.command(socket_path), directory,
                   env=self.worker_settings(directory))
        self.child("nginx", ["nginx", "-p", directory, "-c", config, "-g", "daemon off;"],
                   directory)

    def start(self, name):
        super().start(name)
        self.starts[-1] -= self.rendered  # writing the configuration is no part of starting

    def start_worker_alone(self, name):
        """exec to the first prediction over the worker's own socket."""
        directory = os.path.join(self.setting.directory, name)
        os.mkdir(directory)
        socket_path = os.path.join(directory, "worker.sock")
        began = time.monotonic()
        child = Child("worker", self.command(socket_path), directory)
        try:
            ask = lambda: load.ask_fastcgi(socket_path, self.setting.row)  # noqa: E731
            self.worker_starts.append(load.first_answer(began, [child], ask))
        finally:
            child.stop()


class Omen(BehindNginx):
    title = "omen behind nginx"

    def command(self, socket_path):
        return [os.path.join(self.setting.build, "src", "app", "omen-worker"),
                f"--models={self.setting.models}", f"--listen=unix:{socket_path}",
                "--max-body=64m", "--max-rows=1000000"]


class Null(BehindNginx):
    title = "empty responder behind nginx"

    def command(self, socket_path):
        threads = len(os.sched_getaffinity(0))  # as omen-worker takes where no cgroup says less
        return [os.path.join(self.setting.build, "tools", "bench.d", "null-responder"),
                socket_path, str(threads)]


class Fastify(System):
    title = "fastify, ONNX Runtime, 2 processes"

    def launch(self, directory):
        self.child("node", ["node", os.path.join(HERE, "fastify_app.mjs")], directory,
                   env={"BENCH_MODEL": os.path.join(self.setting.directory, "model.onnx"),
                        "BENCH_PACKAGES": self.setting.packages, "BENCH_PROCESSES": "2",
                        "BENCH_PORT": str(self.port)})


class Flask(System):
    title = "Flask, gunicorn sync -w2"

    def launch(self, directory):
        model = os.path.join(self.setting.directory, "model.joblib")
        self.child("gunicorn",
                   [PYTHON, "/usr/bin/gunicorn", "-w", "2", "-b", f"127.0.0.1:{self.port}",
                    "flask_app:app"],
                   directory, cwd=HERE, env={"BENCH_MODEL": model})

"""Processes that the benchmark starts, ends by their ids, and asks /proc about."""

import os
import re
import signal
import socket
import subprocess

TICK = 1.0 / os.sysconf("SC_CLK_TCK")


def environment(**more):
    """Without what omen-worker would read as its options or as an inherited listener; BLAS with
    one thread, as every deployment of these services should have it."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("OMEN_", "LISTEN_"))}
    kept.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
    kept["PATH"] = f"{kept.get('PATH', os.defpath)}:/usr/sbin:/sbin"  # where nginx is
    kept.update(more)
    return kept


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Child:
    """A process with its output in a file."""

    def __init__(self, name, command, directory, **more):
        self.name = name
        self.log_path = os.path.join(directory, f"{name}.log")
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=environment(**more.pop("env", {})), **more)

    def check(self):
        """Raises with the end of its log if it has ended."""
        if self.process.poll() is not None:
            with open(self.log_path, encoding="utf-8", errors="replace") as log:
                raise RuntimeError(f"{self.name} ended with status {self.process.returncode}:\n"
                                   + log.read()[-3000:])

    def stop(self):
        """TERM, then KILL for it and what it left behind: its tree as it was before."""
        if self.process.poll() is not None:
            return
        tree = process_tree([self.process.pid])
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            for pid, started in tree.items():
                if start_of(pid) == started:
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()


def stat_of(pid):
    """The fields of /proc/PID/stat from the third on, or None. The name, which may hold anything,
    ends at the last parenthesis."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def start_of(pid):
    """When it started: with the id, that names a process for ever."""
    fields = stat_of(pid)
    return fields and fields[19]


def process_tree(roots):
    """{pid: its start} of the processes and all that descend from them."""
    parents = {}
    starts = {}
    for name in os.listdir("/proc"):
        fields = stat_of(name) if name.isdigit() else None
        if fields:
            parents.setdefault(int(fields[1]), []).append(int(name))
            starts[int(name)] = fields[19]
    tree = {}
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid in starts and pid not in tree:
            tree[pid] = starts[pid]
            waiting += parents.get(pid, [])
    return tree


def cpu_seconds(pids):
    """User and system time of these processes so far."""
    total = 0
    for pid in pids:
        fields = stat_of(pid)
        if fields:
            total += int(fields[11]) + int(fields[12])
    return total * TICK


def pss_bytes(pids):
    """Memory, with what processes share divided among them."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            total += int(re.search(r"^Pss:\s+(\d+) kB", file.read(), re.M)[1])
    return total * 1024


def machine_busy_seconds():
    """CPU time that anything used, all processors together."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq, *_ = map(int, file.readline().split()[1:])
    return (user + nice + system + irq + softirq) * TICK

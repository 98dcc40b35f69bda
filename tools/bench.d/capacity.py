"""The figures of manifests/CAPACITY.md: what requests and models cost, in a pod's processes one by one."""

import os
import shutil
import subprocess
import sys
import tempfile

import capacity_bodies
import capacity_models
import capacity_page
import capacity_requests
import capacity_sync
import serve

PROGRAMS = ("src/app/omen-worker", "src/supervise/omen-supervise", "src/sync/omen-sync")
PARTS = {
    "requests": (capacity_requests, capacity_page.of_requests),
    "bodies": (capacity_bodies, capacity_page.of_bodies),
    "sync": (capacity_sync, capacity_page.of_sync),
    "models": (capacity_models, capacity_page.of_models),
}


def measure(options, directory):
    """({name of the page: value}, {its heading: lines of a table}), printed at length on the way."""
    setting = serve.Setting(options, directory)
    serve.build(options, PROGRAMS)
    setting.build = options.build
    serve.train(options, setting)
    values, tables = {}, {}
    for name in options.parts:
        module, of_page = PARTS[name]
        figures = module.measure(setting, options)
        module.report(figures)
        values.update(of_page(figures))
        if hasattr(module, "tables"):
            tables.update(module.tables(figures))
    return values, tables


def main(options):
    directory = tempfile.mkdtemp(prefix="omen-bench-")
    os.chmod(directory, 0o755)  # the sync's web server may be another user
    options.rows = 1
    sys.stdout.reconfigure(line_buffering=True)  # it takes minutes
    try:
        values, tables = measure(options, directory)
        capacity_page.report(values, tables)
        if options.write:
            capacity_page.write(values, tables)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        print(f"bench: {error}")
        return 1
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0

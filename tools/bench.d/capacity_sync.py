"""What the sync takes of memory: a large model, and many objects, both from a web server."""

import os
import pathlib
import shutil
import subprocess

import sync_speed
from children import free_port, process_tree, pss_bytes
from pod import Peak

LARGE = 100  # MiB of a model, in two files
OBJECTS = 1000


def measure(setting, options):  # pylint: disable=unused-argument
    """{"large": peak bytes while a model of 100 MiB comes, "objects": of looks at 1000 objects,
    "server": of the nginx that they come from}"""
    program = os.path.join(setting.build, "src", "sync", "omen-sync")
    run = pathlib.Path(setting.directory, "sync")
    run.mkdir()
    run.chmod(0o755)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    config = run / "nginx.conf"
    config.write_text(sync_speed.NGINX.format(user="root" if os.geteuid() == 0 else "nobody",
                                              run=run, port=port), encoding="ascii")
    os.environ.update(AWS_ACCESS_KEY_ID="nobody", AWS_SECRET_ACCESS_KEY="nothing", AWS_REGION="here")
    command = ["setpriv", "--pdeathsig", "TERM", "nginx", "-e", "stderr", "-c", str(config)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as nginx:
        try:
            sync_speed.wait_for(port)
            tree = process_tree([nginx.pid])
            server, peak = pss_bytes(tree), Peak(tree)
            sync_speed.make_version(run / "source", LARGE, 2)
            large = sync_speed.peak_memory(program, run, url) * 2**20
            sync_speed.put_small(run, OBJECTS)
            idle = sync_speed.idle_cost(program, run, "gs://small", f"--endpoint={url}",
                                        "--anonymous")
            server += peak.growth()
        finally:
            nginx.terminate()
    shutil.rmtree(run)
    return {"large": large, "objects": idle[2] * 2**20, "look_cpu": idle[0] / 1e3,
            "server": server}


ROWS = [
    (f"sync: peak MiB while a model of {LARGE} MiB comes", "large", 1 / 2**20),
    (f"sync: MiB beside {OBJECTS} objects of a bucket", "objects", 1 / 2**20),
    ("sync: CPU ms of a look at them that finds nothing", "look_cpu", 1e3),
    ("the web server that they come from: peak MiB", "server", 1 / 2**20),
]


def report(figures):
    print()
    for title, key, times in ROWS:
        print(f"{title:52}{figures[key] * times:8.1f}")

"""From what was measured to the table of manifests/CAPACITY.md, name by name."""

import pathlib
import re
import subprocess
import sys

from systems import ROOT

PAGE = pathlib.Path(ROOT, "manifests", "CAPACITY.md")
ROW = re.compile(r"^\| `(\w+)` \| ([0-9.]+) \| (.*) \|$", re.M)
KIB, MIB = 2**10, 2**20


def slope(runs, key):
    """Of a figure for each model more: between the fewest and the most."""
    few, many = min(runs, key=lambda run: run["wanted"]), max(runs, key=lambda run: run["wanted"])
    apart = many["wanted"] - few["wanted"]
    if apart == 0:
        return many[key] / many["wanted"]
    return max(many[key] - few[key], 0) / apart


def of_requests(figures):
    (few, some), (most, many) = list(figures["connections"].items())[-2:]
    apart = most - few
    return {
        "nginx_us": figures["cpu"]["nginx"],
        "worker_us": figures["cpu"]["worker"],
        "wire_bytes": figures["wire"],
        "clients": figures["clients"],
        "nginx_mib": some["nginx"][0] / MIB,
        "nginx_connection_kib": max(many["nginx"][0] - some["nginx"][0], 0) / apart / KIB,
        "worker_mib": some["worker"][0] / MIB,
        "worker_connection_kib": max(many["worker"][0] - some["worker"][0], 0) / apart / KIB,
    }


def of_bodies(figures):
    large = figures["large"]
    return {
        "nginx_slow_kib": figures["slow"] / KIB,
        "nginx_bodies_mib": large["nginx"] / MIB,
        "bodies_mib": max(*large["JSON"], *large["binary"]) / MIB,
    }


def of_models(runs):
    return {
        "model_kib": slope(runs, "memory") / KIB,
        "load_ms": slope(runs, "load_cpu") * 1e3,
        "rescan_ms": slope(runs, "rescan_cpu") * 1e3,
        "metrics_kib": slope(runs, "metrics") / KIB,
        "metrics_ms": slope(runs, "metrics_cpu") * 1e3,
        "packed_ms": slope(runs, "packed_cpu") * 1e3,
        "scrape_kib": slope(runs, "metrics_peak") / KIB,
        "series": slope(runs, "series"),
        "state_bytes": slope(runs, "state"),
        "pull_ms": slope(runs, "pull_cpu") * 1e3,
        "look_ms": slope(runs, "look_cpu") * 1e3,
        "sync_model_kib": slope(runs, "sync_memory") / KIB,
    }


def of_sync(figures):
    return {"sync_mib": max(figures["large"], figures["objects"]) / MIB,
            "bucket_mib": figures["server"] / MIB}


def shown(value):
    """Three digits that count, or three behind the point."""
    digits = next((digits for digits, least in enumerate((100, 10, 1)) if value >= least), 3)
    return f"{value:.{digits}f}"


def fill(text, values):
    """The page with these values; ones that it does not have are an error of ours."""
    missing = set(values) - {match[1] for match in ROW.finditer(text)}
    if missing:
        raise RuntimeError(f"{PAGE} has no {', '.join(sorted(missing))}")
    return ROW.sub(lambda match: f"| `{match[1]}` | {shown(values[match[1]])} | {match[3]} |"
                   if match[1] in values else match[0], text)


def replace_table(text, heading, lines):
    """The page with this table as the first one after a heading."""
    before, found, after = text.partition(f"\n{heading}\n")
    table = re.search(r"^\|.*\n(?:\|.*\n)*", after, re.M)
    if not found or not table:
        raise RuntimeError(f"{PAGE} has no table after {heading}")
    return (before + found + after[:table.start()] + "".join(f"{line}\n" for line in lines)
            + after[table.end():])


def report(values, tables):
    """The page's lines, as they are with these figures, and what they were."""
    page = PAGE.read_text(encoding="utf-8")
    before = {match[1]: match[2] for match in ROW.finditer(page)}
    print("\nthe lines of manifests/CAPACITY.md, and what it says now:\n")
    for match in ROW.finditer(fill(page, values)):
        if match[1] in values:
            print(f"{match[0]:110} was {before[match[1]]}")
    for heading, lines in tables.items():
        print("\n".join(["", heading, "", *lines]))


def write(values, tables):
    text = fill(PAGE.read_text(encoding="utf-8"), values)
    for heading, lines in tables.items():
        text = replace_table(text, heading, lines)
    PAGE.write_text(text, encoding="utf-8")
    subprocess.run([sys.executable, str(pathlib.Path(ROOT, "tools", "capacity")), "--write"], check=True)

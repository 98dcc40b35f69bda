"""A strict reader of the Prometheus text format 0.0.4: what a scraper would refuse, it refuses."""

import math
import re

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*\Z")
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)\Z")
PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|\Z)')
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}


class Metrics:
    """Samples by (name, sorted labels)."""

    def __init__(self):
        self.types = {}
        self.help = {}
        self.samples = {}

    def value(self, name, **labels):
        """The sum over every series that has these labels; 0 if there is none."""
        return sum(
            value
            for (sample, pairs), value in self.samples.items()
            if sample == name and set(labels.items()) <= set(pairs)
        )

    def has(self, name, **labels):
        return any(
            sample == name and set(labels.items()) <= set(pairs) for sample, pairs in self.samples
        )


def parse_labels(text):
    pairs, position = {}, 0
    while position < len(text):
        match = PAIR.match(text, position)
        assert match, f"labels that cannot be read: {text}"
        assert match[1] not in pairs, f"the label {match[1]} twice: {text}"
        pairs[match[1]] = match[2]
        position = match.end()
    return tuple(sorted(pairs.items()))


def parse_value(text):
    special = {"+Inf": math.inf, "-Inf": -math.inf, "NaN": math.nan}
    return special[text] if text in special else float(text)


def family_of(metrics, name):
    """The declared family of a sample: a histogram's samples have suffixes."""
    if name in metrics.types:
        return name
    for suffix in ("_bucket", "_sum", "_count"):
        base = name.removesuffix(suffix)
        if base != name and metrics.types.get(base) in ("histogram", "summary"):
            return base
    raise AssertionError(f"the sample {name} has no TYPE before it")


def parse_comment(metrics, line):
    words = line.split(" ", 3)
    assert words[0] == "#" and len(words) >= 3, line
    if words[1] == "HELP":
        assert words[2] not in metrics.help, f"HELP twice for {words[2]}"
        assert len(words) == 4 and words[3], f"an empty HELP: {line}"
        metrics.help[words[2]] = words[3]
    elif words[1] == "TYPE":
        assert words[2] not in metrics.types, f"TYPE twice for {words[2]}"
        assert NAME.match(words[2]) and words[3] in TYPES, line
        metrics.types[words[2]] = words[3]


def check_histograms(metrics):
    groups = {}
    for (name, labels), value in metrics.samples.items():
        if name.endswith("_bucket") and metrics.types.get(name[:-7]) == "histogram":
            rest = tuple(pair for pair in labels if pair[0] != "le")
            bound = parse_value(dict(labels)["le"])
            groups.setdefault((name[:-7], rest), []).append((bound, value))
    for (name, labels), buckets in groups.items():
        bounds = [bound for bound, _ in buckets]
        counts = [count for _, count in buckets]
        assert bounds == sorted(set(bounds)), f"{name}: bounds out of order"
        assert bounds[-1] == math.inf, f"{name}: no +Inf bucket"
        assert counts == sorted(counts), f"{name}: buckets are not cumulative"
        assert metrics.samples[(f"{name}_count", labels)] == counts[-1], f"{name}: count differs"
        assert (f"{name}_sum", labels) in metrics.samples, f"{name}: no sum"


def parse(text):
    assert text.endswith("\n"), "the last line is not ended"
    metrics, current, finished = Metrics(), None, set()
    for line in text[:-1].split("\n"):
        if line.startswith("#"):
            parse_comment(metrics, line)
            continue
        match = SAMPLE.match(line)
        assert match, f"a line that is no sample: {line!r}"
        family = family_of(metrics, match[1])
        assert family in metrics.help, f"{family} has no HELP"
        if family != current:
            assert family not in finished, f"the samples of {family} are not together"
            finished.add(current)
            current = family
        key = (match[1], parse_labels(match[2] or ""))
        assert key not in metrics.samples, f"a sample twice: {line}"
        metrics.samples[key] = parse_value(match[3])
        if metrics.types[family] == "counter":
            assert family.endswith("_total"), f"the counter {family} does not end in _total"
            assert metrics.samples[key] >= 0, line
    check_histograms(metrics)
    return metrics

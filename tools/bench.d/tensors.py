"""Rows as tensors of the Open Inference Protocol: the same matrix in JSON and in binary."""

import array
import json
import os
import statistics

import load

PATH = "/v2/models/cancer/infer"
QUESTIONS = 101  # for the phases of a request
PHASES = ("decode", "compute", "encode")


class Way:
    """One of the two: its body, and a result for each round."""

    def __init__(self, name, body, headers, directory):
        self.name, self.body, self.headers = name, body, headers
        self.answer, self.rounds = b"", []
        path = os.path.join(directory, f"tensor-{name}.body")
        with open(path, "wb") as file:
            file.write(body)
        self.script = load.write_script(path, headers)

    def measure(self, port, connections, seconds):
        """Adds requests/s, and the milliseconds of each phase."""
        figures = load.run(self.script, port, connections, seconds, PATH)
        if figures["errors"]:
            raise RuntimeError(f"{self.name}: {figures['errors']} errors")
        taken = []
        for _ in range(QUESTIONS):
            phases, self.answer = load.ask_for_phases(port, PATH, self.body, self.headers)
            taken.append(phases)
        rate = figures["requests"] / (figures["microseconds"] / 1e6)
        self.rounds.append([rate] + [statistics.median(one[phase] for one in taken)
                                     for phase in PHASES])


def make_ways(body, directory):
    rows = json.loads(body)["input"]
    rows = rows if isinstance(rows[0], list) else [rows]
    flat = [value for row in rows for value in row]
    blob = array.array("d", flat).tobytes()
    tensor = {"name": "input-0", "shape": [len(rows), len(rows[0])], "datatype": "FP64"}
    plain = {"inputs": [{**tensor, "data": flat}], "outputs": [{"name": "predict_proba"}]}
    sized = {"inputs": [{**tensor, "parameters": {"binary_data_size": len(blob)}}],
             "outputs": [{"name": "predict_proba", "parameters": {"binary_data": True}}]}
    head = json.dumps(sized).encode()
    return [Way("JSON", json.dumps(plain, separators=(",", ":")).encode(), [], directory),
            Way("binary", head + blob, [("Inference-Header-Content-Length", str(len(head)))],
                directory)]


def check(plain, binary):
    """A fast wrong answer is worth nothing."""
    numbers = json.loads(plain.answer)["outputs"][0]["data"]
    doubles = array.array("d")
    doubles.frombytes(binary.answer[-8 * len(numbers):])
    if numbers != doubles.tolist():
        raise RuntimeError("the answers in JSON and in binary differ")


def measure(port, options, setting):
    ways = make_ways(setting.body, setting.directory)
    for _ in range(options.rounds):
        for way in ways:
            way.measure(port, max(options.connections), options.seconds)
    check(*ways)
    return ways


def report(ways, options):
    print(f"\n{options.rows} rows as a tensor of FP64, v2, c={max(options.connections)}\n"
          f"{'':12}{'requests/s':>12}" + "".join(f"{phase + ' ms':>12}" for phase in PHASES))
    for way in ways:
        rate, *phases = map(statistics.median, zip(*way.rounds))
        print(f"{way.name:12}{rate:12.0f}" + "".join(f"{phase:12.3f}" for phase in phases))
    pairs = list(zip(*(way.rounds for way in ways)))
    whole = statistics.median(binary[0] / plain[0] for plain, binary in pairs)
    codec = statistics.median((plain[1] + plain[3]) / max(binary[1] + binary[3], 0.001)
                              for plain, binary in pairs)
    print(f"binary beside JSON: {whole:.2f} times the requests, decoded and encoded in "
          f"1/{codec:.1f} of the time")

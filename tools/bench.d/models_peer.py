"""One system on one model, asked in this process: what tools/bench models measures of the others.

usage: models_peer.py SYSTEM DIRECTORY

Takes the commands of model-driver, with the same answers. Rows are taken in turn.
"""

import ctypes
import os
import sys
import time

import numpy as np


class Peer:
    """rows: what the system is asked with; take(i, n): n rows from i; predict: scores or labels."""

    def __init__(self, directory):
        self.directory = directory
        self.rows = np.load(self.path("rows.npy"))
        self.count = len(self.rows)
        self.at = 0

    def path(self, name):
        return os.path.join(self.directory, name)

    def take(self, count):
        if self.at + count > self.count:
            self.at = 0
        rows = self.rows[self.at:self.at + count]
        self.at += count
        return rows

    def predict_one(self, row):
        return self.predict(row)

    def labels(self):
        return (np.asarray(self.predict(self.rows)).ravel() > 0.5).astype(int)


class XGBoost(Peer):
    def __init__(self, directory):
        super().__init__(directory)
        import xgboost

        self.rows = self.rows.astype(np.float32)
        self.model = xgboost.Booster({"nthread": 1}, model_file=self.path("omen/model.ubj"))
        self.model.set_param({"nthread": 1})

    def predict(self, rows):
        return self.model.inplace_predict(rows)


class LightGBM(Peer):
    """The C functions, called directly: the Python wrapper would add its own checks."""

    def __init__(self, directory):
        super().__init__(directory)
        import lightgbm

        self.lib = lightgbm.basic._LIB
        self.model = lightgbm.Booster(model_file=self.path("omen/model.txt"))
        handle = getattr(self.model, "_handle", None) or self.model.handle
        self.handle = handle
        self.out = np.zeros(self.count)
        self.out_pointer = self.out.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
        self.length = ctypes.c_int64()
        self.parameter = ctypes.c_char_p(b"num_threads=1")
        self.fast = ctypes.c_void_p()
        code = self.lib.LGBM_BoosterPredictForMatSingleRowFastInit(
            handle, ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(-1), ctypes.c_int(1),
            ctypes.c_int32(self.rows.shape[1]), self.parameter, ctypes.byref(self.fast))
        assert code == 0
        width = self.rows.shape[1] * 8
        base = self.rows.ctypes.data
        self.pointers = [ctypes.c_void_p(base + i * width) for i in range(self.count)]
        self.length_pointer = ctypes.byref(self.length)

    def take(self, count):
        if count > 1:
            return super().take(count)
        self.at = self.at + 1 if self.at + 1 < self.count else 0
        return self.pointers[self.at]

    def predict_one(self, row):
        self.lib.LGBM_BoosterPredictForMatSingleRowFast(self.fast, row, self.length_pointer,
                                                        self.out_pointer)

    def predict(self, rows):
        self.lib.LGBM_BoosterPredictForMat(
            self.handle, ctypes.c_void_p(rows.ctypes.data), ctypes.c_int(1),
            ctypes.c_int32(rows.shape[0]), ctypes.c_int32(rows.shape[1]), ctypes.c_int(1),
            ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(-1), self.parameter,
            self.length_pointer, self.out_pointer)
        return self.out[:len(rows)]


class OnnxRuntime(Peer):
    def __init__(self, directory):
        import joblib
        import onnxruntime

        if os.path.exists(os.path.join(directory, "rows.joblib")):
            from pandas.api.types import is_numeric_dtype

            table = joblib.load(os.path.join(directory, "rows.joblib"))
            self.directory, self.count, self.at = directory, len(table), 0
            self.columns = {
                name: table[[name]].to_numpy(dtype=np.float32 if is_numeric_dtype(table[name])
                                             else object) for name in table.columns}
        else:
            super().__init__(directory)
            self.columns = None
            self.rows = self.rows.astype(np.float32)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            self.path("model.onnx"), options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def take(self, count):
        if self.columns is None:
            return {self.input: super().take(count)}
        if self.at + count > self.count:
            self.at = 0
        first, self.at = self.at, self.at + count
        return {name: column[first:first + count] for name, column in self.columns.items()}

    def predict(self, feed):
        return self.session.run(None, feed)

    def labels(self):
        self.at = 0
        return np.asarray(self.predict(self.take(self.count))[0]).ravel().astype(int)


class Sklearn(Peer):
    def __init__(self, directory):
        import joblib

        self.directory = directory
        if os.path.exists(self.path("rows.joblib")):
            self.rows = joblib.load(self.path("rows.joblib"))
            self.count, self.at = len(self.rows), 0
        else:
            super().__init__(directory)
        self.model = joblib.load(self.path("model.joblib"))
        if hasattr(self.model, "n_jobs"):
            self.model.n_jobs = 1
        self.predict = getattr(self.model, "predict_proba", self.model.predict)

    def labels(self):
        return self.model.predict(self.rows).astype(int)


class Treelite(Peer):
    """Compiled to C and to a library first; that time is not measured."""

    def __init__(self, directory):
        super().__init__(directory)
        import tl2cgen
        import treelite

        library = self.path("treelite.so")
        if not os.path.exists(library):
            tl2cgen.export_lib(self.read(treelite), toolchain="gcc", libpath=library,
                               params={"parallel_comp": 100}, nthread=2)
        self.dmatrix = tl2cgen.DMatrix
        self.predictor = tl2cgen.Predictor(library, nthread=1)
        self.type = np.float32 if "xgboost" in directory else np.float64
        self.rows = self.rows.astype(self.type)

    def read(self, treelite):
        if os.path.exists(self.path("model.joblib")):
            import joblib

            return treelite.sklearn.import_model(joblib.load(self.path("model.joblib")))
        if os.path.exists(self.path("omen/model.txt")):
            return treelite.frontend.load_lightgbm_model(self.path("omen/model.txt"))
        return treelite.frontend.load_xgboost_model(self.path("model.json"))

    def predict(self, rows):
        return self.predictor.predict(self.dmatrix(rows))

    def labels(self):
        answer = np.asarray(self.predict(self.rows))
        answer = answer.reshape(len(self.rows), -1)
        return (answer[:, -1] > 0.5).astype(int)


SYSTEMS = {"xgboost": XGBoost, "xgboost1": XGBoost, "lightgbm": LightGBM,
           "onnxruntime": OnnxRuntime, "scikit-learn": Sklearn, "treelite": Treelite}


def run(peer, count, seconds):
    """Seconds of a call; the clock is looked at after some of them."""
    predict, take = (peer.predict_one if count == 1 else peer.predict), peer.take
    peer.at = 0
    some = 1 if count > 16 else 8
    began = now = time.perf_counter()
    calls = 0
    while now - began < seconds:
        for _ in range(some):
            predict(take(count))
        calls += some
        now = time.perf_counter()
    return (now - began) / calls


def obey(peer, words):
    if words[0] == "batch":
        count = int(words[1])
        return f"{count / run(peer, count, float(words[2])):.1f}"
    if words[0] == "single":
        return f"{run(peer, 1, float(words[1])) * 1e6:.4f}"
    return " ".join(map(str, peer.labels()))


def main(system, directory):
    # Libraries write to standard output what no answer is.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    peer = SYSTEMS[system](directory)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(obey(peer, line.split()), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The service of the usual tutorial: Flask, one route, a pickled model. gunicorn serves `app`."""

import os

import joblib
from flask import Flask, jsonify, request

app = Flask(__name__)
model = joblib.load(os.environ["BENCH_MODEL"])


@app.route("/predict", methods=["POST"])
def predict():
    rows = request.get_json(force=True)["input"]
    if isinstance(rows[0], list):
        return jsonify({"prediction": model.predict(rows).tolist()})
    return jsonify({"prediction": model.predict([rows])[0].item()})

"""The service of the usual tutorial: Flask, one route, a pickled model. gunicorn serves `app`."""

import os

import joblib
from flask import Flask, jsonify, request

app = Flask(__name__)
model = joblib.load(os.environ["BENCH_MODEL"])


@app.route("/predict", methods=["POST"])
def predict():
    row = request.get_json(force=True)["input"]
    return jsonify({"prediction": model.predict([row])[0].item()})

"""Texts: the vectorizers and what follows them."""

import numpy as np
import skl2onnx
import sklearn
from skl2onnx.common.data_types import StringTensorType
from sklearn import linear_model, naive_bayes, pipeline
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from case import Case

TEXTS = [
    "The cat sat on the mat",
    "A dog barked at the CAT all night",
    "Stocks fell sharply as markets closed",
    "The central bank raised rates again",
    "My cat and my dog sleep on the mat",
    "Rates rise, markets fall, banks close",
    "The market opened higher; stocks rose 2.5%",
    "Night fell and the dog slept",
    "cats dogs cats dogs",
    "bank of the river, bank of the town",
    "He said: rates, rates, rates!",
    "An all-night market for cat food",
]
KINDS = np.array([0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0])
ASKED = TEXTS[:6] + [
    "",
    "   ",
    "zebra",
    "THE DOG, the dog - the Dog.",
    "x y z cat",
    "naïve café cat",
    "market\tstocks\nfell",
    "bank_of rates2 2024 mat",
    "the the the the",
]
WORDS = "[a-zA-Z0-9_]+"
CONVERTER = f"skl2onnx {skl2onnx.__version__}, scikit-learn {sklearn.__version__}"


def convert(model, options=None, opset=None):
    model.fit(TEXTS, KINDS)
    first = model.steps[0][1] if isinstance(model, pipeline.Pipeline) else model
    chosen = {id(first): {"tokenexp": WORDS} if options is None else options}
    if isinstance(model, pipeline.Pipeline):
        chosen[id(model)] = {"zipmap": False}
    made = skl2onnx.convert_sklearn(
        model,
        initial_types=[("text", StringTensorType([None, 1]))],
        options=chosen,
        target_opset=opset,
    )
    return made, {"text": np.array(ASKED, object).reshape(-1, 1)}


def cases(environment):
    made = []

    def add(name, model, core=False, **options):
        made.append(
            Case(f"text-{name}-{environment}", lambda: convert(model(), **options), core, CONVERTER)
        )

    logistic = linear_model.LogisticRegression
    if environment != "2026":
        add("tfidf-opset-11", TfidfVectorizer, opset={"": 11, "ai.onnx.ml": 1})
        add("count-opset-12", CountVectorizer, opset={"": 12, "ai.onnx.ml": 1})
        return made
    add("count", CountVectorizer, core=True)
    add("tfidf", TfidfVectorizer, core=True)
    add("tfidf-logistic", lambda: pipeline.make_pipeline(TfidfVectorizer(), logistic()), core=True)
    add(
        "count-multinomial-nb",
        lambda: pipeline.make_pipeline(CountVectorizer(), naive_bayes.MultinomialNB()),
        core=True,
    )
    add("count-bigrams", lambda: CountVectorizer(ngram_range=(1, 2)))
    add("tfidf-bigrams-only", lambda: TfidfVectorizer(ngram_range=(2, 2)))
    add("tfidf-trigrams", lambda: TfidfVectorizer(ngram_range=(1, 3), max_features=60))
    add("tfidf-chars", lambda: TfidfVectorizer(analyzer="char", max_features=40), options={})
    add(
        "count-char-bigrams",
        lambda: CountVectorizer(analyzer="char", ngram_range=(1, 2), max_features=60),
        options={},
    )
    add("count-stop-words", lambda: CountVectorizer(stop_words=["the", "a", "on", "of"]))
    add("count-case", lambda: CountVectorizer(lowercase=False))
    add("count-binary", lambda: CountVectorizer(binary=True))
    add("tfidf-l1", lambda: TfidfVectorizer(norm="l1"))
    add("tfidf-no-norm", lambda: TfidfVectorizer(norm=None))
    add("tfidf-sublinear", lambda: TfidfVectorizer(sublinear_tf=True))
    add("tfidf-no-idf", lambda: TfidfVectorizer(use_idf=False))
    add("count-separators", CountVectorizer, options={"separators": [" ", ",", ";", "[.]", "!"]})
    add("count-default-pattern", lambda: CountVectorizer(token_pattern="[a-z]{3,}"), options={})
    return made

"""Vectorisers: from texts to counts and weights of words."""

from __future__ import annotations

from typing import Any

from .document import Refused, vector

# How many characters a word has at least, by the pattern that finds words.
PATTERNS = {r"(?u)\b\w\w+\b": 2, r"\b\w\w+\b": 2, r"\w\w+": 2, r"(?u)\w\w+": 2, r"\w{2,}": 2,
            r"(?u)\b\w+\b": 1, r"\b\w+\b": 1, r"\w+": 1, r"(?u)\w+": 1,
            r"(?u)\b\w\w\w+\b": 3, r"\b\w\w\w+\b": 3, r"\b\w{3,}\b": 3, r"\b\w{2,}\b": 2}


def _grams(vectorizer: Any) -> dict[str, Any]:
    refusals = []
    if vectorizer.input != "content":
        refusals.append(f"input={vectorizer.input!r}: texts come with the request")
    for name in ("tokenizer", "preprocessor"):
        if getattr(vectorizer, name) is not None:
            refusals.append(f"a {name} that is a function")
    if callable(vectorizer.analyzer):
        refusals.append("an analyzer that is a function")
    elif vectorizer.analyzer == "word" and vectorizer.token_pattern not in PATTERNS:
        refusals.append(f"the token_pattern {vectorizer.token_pattern!r} (known are "
                        f"{', '.join(sorted(PATTERNS))})")
    if vectorizer.strip_accents is not None:
        refusals.append(f"strip_accents={vectorizer.strip_accents!r}")
    if refusals:
        raise Refused(refusals)
    described: dict[str, Any] = {"analyzer": vectorizer.analyzer,
                                 "lowercase": bool(vectorizer.lowercase),
                                 "ngram_range": vector(vectorizer.ngram_range)}
    if vectorizer.analyzer == "word":
        described["token_length"] = PATTERNS[vectorizer.token_pattern]
        stop_words = vectorizer.get_stop_words()
        if stop_words:
            described["stop_words"] = sorted(stop_words)
    if vectorizer.binary:
        described["binary"] = True
    return described


def count_vectorizer(vectorizer: Any) -> list[dict[str, Any]]:
    described = _grams(vectorizer)
    words = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.get)
    if any("\0" in word for word in words):
        raise Refused(["a word with a NUL character in its vocabulary"])
    return [{"op": "count_vectorizer", **described, "vocabulary_": [str(word) for word in words]}]


def tfidf_transformer(transformer: Any) -> list[dict[str, Any]]:
    step: dict[str, Any] = {"op": "tfidf_transformer", "norm": transformer.norm or "none"}
    if transformer.sublinear_tf:
        step["sublinear_tf"] = True
    if transformer.use_idf:
        step["idf_"] = vector(transformer.idf_)
    return [step]


def tfidf_vectorizer(vectorizer: Any) -> list[dict[str, Any]]:
    return count_vectorizer(vectorizer) + tfidf_transformer(vectorizer._tfidf)


def hashing_vectorizer(vectorizer: Any) -> list[dict[str, Any]]:
    steps = [{"op": "hashing_vectorizer", **_grams(vectorizer),
              "n_features": int(vectorizer.n_features)}]
    if not vectorizer.alternate_sign:
        steps[0]["alternate_sign"] = False
    if vectorizer.norm is not None:
        steps.append({"op": "tfidf_transformer", "norm": vectorizer.norm})
    return steps


VECTORIZERS = {
    "CountVectorizer": count_vectorizer,
    "HashingVectorizer": hashing_vectorizer,
    "TfidfVectorizer": tfidf_vectorizer,
}

TRANSFORMERS = {
    **VECTORIZERS,
    "TfidfTransformer": tfidf_transformer,
}

"""Texts: a small made-up set of reviews, and the cases that are trained on it."""

from __future__ import annotations

import numpy as np
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction import text as words
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, MultinomialNB
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC

from . import datasets
from .estimators import SEED, case

# Good, bad and neither; in them what a tokeniser must get right: one-letter words, digits and
# underscores, apostrophes, hyphens, runs of white space, accents composed and not, other scripts
# (some with marks that no \w matches), capitals whose lower case is longer or depends on its place.
OPENINGS = ["I love this", "We hated the", "It is a", "Très bon,", "ΚΑΛΟΣ ΚΑΦΕΣ:", "Ужасный", "とても良い",
            "हिन्दी में", "ISTANBUL'da İYİ", "Straße und Größe:", "naïve cafe\u0301", "x y z"]
MIDDLES = ["coffee machine", "keyboard (v2_beta)", "e-mail client", "3.5mm   headphone\tjack",
           "phone -- really", "ﬁne print", "𝒽𝑒𝓁𝓁𝑜 world", "price: 1,299.00 €", "don't-know-what",
           "ＦＵＬＬＷＩＤＴＨ thing", "", "movie\nmovie movie"]
ENDINGS = ["works great", "broke after two days", "no opinion", "great great GREAT!", "terrible :-(",
           "it's fine I guess", "5/5 würde wieder kaufen", "never again"]


def reviews() -> datasets.Set:
    generator = np.random.default_rng(11)
    rows = []
    for _ in range(60):
        parts = [OPENINGS, MIDDLES, ENDINGS]
        picked = [part[generator.integers(len(part))] for part in parts]
        rows.append(" ".join(picked))
    rows[3], rows[17], rows[29] = "", "   ", "a"
    grade = [2 if "great" in row.lower() or "fine" in row else
             0 if "terrible" in row or "broke" in row or "never" in row else 1 for row in rows]
    frame = pandas.DataFrame({
        "review": pandas.Series(rows, dtype=object),
        "price": generator.integers(5, 200, 60).astype(float),
        "shop": pandas.Series([["north", "süd", "west"][place]
                               for place in generator.integers(3, size=60)], dtype=object)})
    return datasets.Set("reviews", frame, np.array(grade), ("bad", "so-so", "good"))


def review_texts() -> datasets.Set:
    whole = reviews()
    return datasets.Set("review-texts", whole.X["review"], whole.y, whole.classes)


datasets.MAKERS.update({"reviews": reviews, "review-texts": review_texts})
TEXTS, TABLE = "review-texts", "reviews"


def text(name, estimator, **options):
    options.setdefault("tolerance", 1e-10)
    case("text-" + name, options.pop("data", TEXTS), estimator, **options)


text("counts", lambda: words.CountVectorizer())
text("tfidf", lambda: words.TfidfVectorizer())
text("tfidf-logistic", lambda: make_pipeline(words.TfidfVectorizer(), LogisticRegression()),
     words=True)
text("tfidf-sublinear", lambda: make_pipeline(
    words.TfidfVectorizer(sublinear_tf=True, norm="l1", smooth_idf=False),
    LinearSVC(random_state=SEED)), words=True)
text("words-in-runs", lambda: make_pipeline(
    words.CountVectorizer(ngram_range=(1, 3), max_features=80, binary=True), BernoulliNB()))
text("stop-words", lambda: make_pipeline(
    words.CountVectorizer(stop_words="english", ngram_range=(2, 2)), MultinomialNB()), words=True)
text("short-words", lambda: make_pipeline(
    words.CountVectorizer(token_pattern=r"(?u)\b\w+\b", lowercase=False), ComplementNB()))
text("characters", lambda: make_pipeline(
    words.TfidfVectorizer(analyzer="char", ngram_range=(1, 2), max_features=120),
    LogisticRegression()))
text("characters-of-words", lambda: make_pipeline(
    words.TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), min_df=3, use_idf=False),
    SGDClassifier(loss="log_loss", random_state=SEED)))
text("hashed", lambda: make_pipeline(
    words.HashingVectorizer(n_features=64, ngram_range=(1, 2)), LogisticRegression()))
text("hashed-counts", lambda: words.HashingVectorizer(n_features=16, alternate_sign=False,
                                                      norm=None))
text("axes", lambda: make_pipeline(
    words.TfidfVectorizer(), TruncatedSVD(4, random_state=SEED), LogisticRegression()))
text("best", lambda: make_pipeline(
    words.CountVectorizer(), words.TfidfTransformer(norm=None), SelectKBest(chi2, k=20),
    LogisticRegression()))
text("union", lambda: make_pipeline(
    make_union(words.TfidfVectorizer(), words.CountVectorizer(analyzer="char", max_features=30)),
    Ridge()))
text("machine", lambda: make_pipeline(words.TfidfVectorizer(), SVC(kernel="linear")), words=True,
     tolerance=1e-9)
text("table", lambda: make_pipeline(ColumnTransformer([
    ("review", words.TfidfVectorizer(ngram_range=(1, 2)), "review"),
    ("price", StandardScaler(), ["price"]),
    ("shop", OneHotEncoder(handle_unknown="ignore"), ["shop"])]), LogisticRegression(max_iter=500)),
    data=TABLE, words=True)
text("table-nested", lambda: make_pipeline(ColumnTransformer([
    ("review", make_pipeline(words.CountVectorizer(), words.TfidfTransformer(),
                             TruncatedSVD(3, random_state=SEED)), "review"),
    ("rest", ColumnTransformer([("price", "passthrough", ["price"])]), ["price"])],
    remainder="drop"), StandardScaler(), LogisticRegression()), data=TABLE)

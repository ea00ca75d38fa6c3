"""Classifiers of scikit-learn as recommenders: a person's likes against dislikes, or against random other pictures."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendation.scoring.parts import Known
from recommendation.scoring.pictures import ORIENTATIONS, SIZES, Pictures, Rows
from recommendation.scoring.taste import Shares

KINDS = ("tree", "forest", "svm", "logistic")
SUBJECT_AXES = 64
HASHED_TAGS = 32
SEED = 3


def features(pictures: Pictures, rows: Rows) -> NDArray[np.float32]:
    """Principal axes of the embedding, colours, orientation, size and hashed tags, shape (len(rows), width)."""
    tags = np.zeros((len(rows), HASHED_TAGS), np.float32)
    taken = pictures.tags.take(rows)
    places = np.repeat(np.arange(len(rows)), np.diff(taken.starts))
    np.add.at(tags, (places, taken.codes % HASHED_TAGS), 1)
    blocks = (
        pictures.subject[rows, :SUBJECT_AXES],
        pictures.color[rows],
        np.eye(len(ORIENTATIONS), dtype=np.float32)[pictures.orientation[rows]],
        np.eye(len(SIZES), dtype=np.float32)[pictures.size[rows]],
        tags,
    )
    return np.hstack(blocks)


def scores(kind: str, known: Known, rows: Rows) -> Shares:
    """Probability, or for the SVM distance to the border, that each picture is liked; zeros without likes."""
    likes = known.taste.likes
    if not len(likes):
        return np.zeros(len(rows))
    others = known.taste.dislikes if len(known.taste.dislikes) >= len(likes) // 2 else known.background
    if not len(others):
        return np.zeros(len(rows))
    train = np.concatenate([likes, others])
    made = _classifier(kind).fit(features(known.pictures, train), np.arange(len(train)) < len(likes))
    gallery = features(known.pictures, rows)
    found = made.decision_function(gallery) if kind == "svm" else made.predict_proba(gallery)[:, 1]
    return np.asarray(found, np.float64)


def _classifier(kind: str) -> Any:
    """A classifier that weighs both classes the same."""
    from sklearn.ensemble import RandomForestClassifier  # slow to import: only where a classifier is asked for
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    makers = {
        "tree": lambda: DecisionTreeClassifier(max_depth=5, class_weight="balanced", random_state=SEED),
        "forest": lambda: RandomForestClassifier(200, class_weight="balanced", random_state=SEED, n_jobs=1),
        "svm": lambda: make_pipeline(StandardScaler(), SVC(class_weight="balanced")),
        "logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=500)),
    }
    return makers[kind]()

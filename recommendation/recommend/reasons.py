"""Why a picture is recommended: computed from the parts of its score, so that it is true.

`holds` checks a reason against the collection, independently of how it was made.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from recommendation.scoring.interests import medoids
from recommendation.scoring.pictures import ORIENTATIONS, SIZES, Pictures
from recommendation.scoring.recommenders import Model
from recommendation.scoring.taste import Taste

VECTOR_PARTS = {
    "subject": ("subject", "same subject"),
    "color": ("color", "same colours"),
    "structure": ("structure", "same layout"),
    "overall": ("subject", "most alike"),
    "classifier": ("subject", "most alike"),
    "cluster": ("subject", "same subject"),
}


class Reason(NamedTuple):
    """Why.

    Args:
        text: for people.
        part: the part of the score that it is about, or cold_start.
        because_of: rows of the liked pictures that it names.
        fact: what the text states in numbers, for `holds`.
    """

    text: str
    part: str
    because_of: tuple[int, ...]
    fact: dict[str, Any]


def reason_of(model: Model, taste: Taste, row: int, parts: dict[str, float], fresh: bool) -> Reason:
    """The reason of one recommended picture: its largest part; what people have in common comes second."""
    found = _first_reason(model, taste, row, parts)
    if fresh:
        return found._replace(text=f"Something new: {found.text}", fact={**found.fact, "fresh": True})
    return found


def _first_reason(model: Model, taste: Taste, row: int, parts: dict[str, float]) -> Reason:
    names = sorted(parts, key=lambda name: (-parts[name], name))
    for name in names:
        made = _about(name, model, taste, row)
        if made is not None:
            second = next((other for other in names if other in SECOND and other != name and parts[other] > 0), None)
            extra = _about(second, model, taste, row) if second else None
            if extra is not None and made.because_of and not extra.because_of:
                text = f"{made.text}; {extra.text[0].lower()}{extra.text[1:]}"
                return Reason(text, made.part, made.because_of, {**extra.fact, **made.fact})
            return made
    nobody = Reason("Nobody has liked it yet", names[0], (), {"liked_by": 0, "users": model.crowd.users})
    return _popular_reason(model, row) or nobody


#: Parts that add a clause to the first reason.
SECOND = ("tags", "palette", "orientation", "size")


def _about(name: str | None, model: Model, taste: Taste, row: int) -> Reason | None:
    """A sentence about one part; None where the part has nothing that can be named."""
    pictures = model.pictures
    if name in VECTOR_PARTS and len(taste.likes):
        return _like_reason(name, pictures, taste, row)
    if name in ("tags", "palette"):
        return _word_reason(name, pictures, taste, row)
    if name in ("orientation", "size"):
        return _kind_reason(name, pictures, taste, row)
    if name == "popularity":
        return _popular_reason(model, row)
    if name == "together":
        return _together_reason(model, taste, row)
    return None


def _like_reason(name: str, pictures: Pictures, taste: Taste, row: int) -> Reason:
    column, words = VECTOR_PARTS[name]
    vectors = getattr(pictures, column)
    liked = medoids(pictures, taste) if name == "cluster" else taste.likes
    cosines = vectors[liked] @ vectors[row]
    place = int(np.argmax(cosines))
    nearest, cosine = int(liked[place]), round(float(cosines[place]), 2)
    text = f"Like {pictures.filenames[nearest]}, which you liked: {words} ({cosine:.2f})"
    if name in ("overall", "classifier"):
        text = f"Fits what you like on the whole, {pictures.filenames[nearest]} most of all ({cosine:.2f})"
    return Reason(text, str(name), (nearest,), {"column": column, "nearest": nearest, "cosine": cosine})


def _word_reason(name: str, pictures: Pictures, taste: Taste, row: int) -> Reason | None:
    words = pictures.tags if name == "tags" else pictures.colors
    counts = Counter(word for like in taste.likes.tolist() for word in words.of_row(like))
    shared = sorted((word for word in words.of_row(row) if counts[word] > 1), key=lambda word: (-counts[word], word))
    if not shared:
        return None
    word, n_likes = shared[0], len(taste.likes)
    kind = f"Tagged {word}" if name == "tags" else word[:1].upper() + word[1:]
    text = f"{kind}, as {counts[word]} of your {n_likes} favourites"
    return Reason(text, name, (), {f"{name}_word": word, f"{name}_count": counts[word], "likes": n_likes})


def _kind_reason(name: str, pictures: Pictures, taste: Taste, row: int) -> Reason | None:
    codes, names = (pictures.orientation, ORIENTATIONS) if name == "orientation" else (pictures.size, SIZES)
    count, n_likes = int((codes[taste.likes] == codes[row]).sum()), len(taste.likes)
    if 2 * count <= n_likes:
        return None
    word = names[codes[row]]
    text = f"{word[:1].upper() + word[1:]}{' size' if name == 'size' else ''}, as {count} of your {n_likes} favourites"
    return Reason(text, name, (), {f"{name}_word": word, f"{name}_count": count, "likes": n_likes})


def _popular_reason(model: Model, row: int) -> Reason | None:
    count, users = model.crowd.n_likes(row), model.crowd.users
    if not count:
        return None
    text = f"Liked by {count} of {users} people"
    return Reason(text, "popularity", (), {"liked_by": count, "users": users})


def _together_reason(model: Model, taste: Taste, row: int) -> Reason | None:
    overlap = model.crowd.overlap
    if overlap is None:
        return None
    places, ranks = np.nonzero(overlap.neighbours[taste.likes] == row)
    products = overlap.products[taste.likes[places], ranks]
    if not len(products) or products.max() <= 0:
        return None
    liked = int(taste.likes[places[np.argmax(products)]])
    product, name = float(products.max()), model.pictures.filenames[liked]
    text = f"Other people rate it as they rate {name}, which you liked"
    if not model.crowd.is_rated:
        text = f"{round(product)} people who like {name}, as you do, like this too"
    return Reason(text, "together", (liked,), {"neighbour": liked, "product": product})


def cold_reason(model: Model, row: int, n_dislikes: int) -> Reason:
    """The reason where nothing is known of what the person likes."""
    start = "You have not liked any picture yet" + (f" (only disliked {n_dislikes})" if n_dislikes else "")
    count, users = model.crowd.n_likes(row), model.crowd.users
    fact = {"cold": n_dislikes, "liked_by": count, "users": users}
    rest = f"liked by {count} of {users} people" if count else "one of each kind of picture to begin with"
    return Reason(f"{start}; {rest}", "cold_start", (), fact)


def holds(model: Model, taste: Taste, row: int, reason: Reason) -> bool:
    """Whether everything that a reason states is so, computed again from the collection."""
    pictures, fact = model.pictures, reason.fact
    checks = [bool(fact), set(reason.because_of) <= set(taste.likes.tolist()), *_hold_words(pictures, taste, row, fact)]
    if "cosine" in fact:
        vectors = getattr(pictures, fact["column"]).astype(np.float64)
        cosines = vectors[taste.likes] @ vectors[row]
        checks.append(abs(float(vectors[fact["nearest"]] @ vectors[row]) - fact["cosine"]) <= 0.006)
        checks.append(reason.part == "cluster" or float(cosines.max()) - fact["cosine"] <= 0.006)
        checks.append(pictures.filenames[fact["nearest"]] in reason.text)
    if "liked_by" in fact:
        checks += [int(model.crowd.likes[row]) == fact["liked_by"], model.crowd.users == fact["users"]]
    if "neighbour" in fact:
        checks += _hold_together(model, taste, row, reason)
    if "cold" in fact:
        checks += [not len(taste.likes), len(taste.dislikes) == fact["cold"]]
    if "fresh" in fact:
        checks.append(pictures.clusters[row] not in pictures.clusters[taste.likes])
    return all(checks)


def _hold_words(pictures: Pictures, taste: Taste, row: int, fact: dict[str, Any]) -> Iterator[bool]:
    for name, words in (("tags", pictures.tags), ("palette", pictures.colors)):
        if f"{name}_word" in fact:
            word = fact[f"{name}_word"]
            has = [word in words.of_row(like) for like in taste.likes.tolist()]
            yield from (word in words.of_row(row), sum(has) == fact[f"{name}_count"], len(has) == fact["likes"])
    for name, codes, names in (("orientation", pictures.orientation, ORIENTATIONS), ("size", pictures.size, SIZES)):
        if f"{name}_word" in fact:
            same = sum(names[codes[like]] == fact[f"{name}_word"] for like in taste.likes.tolist())
            yield from (names[codes[row]] == fact[f"{name}_word"], same == fact[f"{name}_count"])


def _hold_together(model: Model, taste: Taste, row: int, reason: Reason) -> Iterator[bool]:
    overlap, liked = model.crowd.overlap, reason.fact["neighbour"]
    near = (
        {} if overlap is None else dict(zip(overlap.neighbours[liked].tolist(), overlap.products[liked], strict=True))
    )
    yield liked in taste.likes
    yield near.get(row, 0) > 0
    yield model.crowd.is_rated or f"{round(float(near[row]))} people" in reason.text
    yield model.pictures.filenames[liked] in reason.text

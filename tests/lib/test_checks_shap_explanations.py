"""The checks of the page *SHAP for redshifts*: solutions pass, mistakes get their own words."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from shapbook.checks import shap_explanations as checks


def waterfall(phi: np.ndarray, base: float, names: list[str]) -> tuple[list[str], float]:
    return [names[i] for i in np.argsort(-np.abs(phi))], base + phi.sum()


def starter(*arguments: Any) -> None:  # noqa: ANN401
    raise NotImplementedError


def test_the_solution_of_read_waterfall_passes() -> None:
    verdict = checks.read_waterfall(waterfall)
    assert verdict.passed
    assert "local accuracy" in repr(verdict)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda phi, base, names: names, "Return two things"),
        (lambda phi, base, names: (waterfall(phi, base, names)[0], "0.56"), None),
        (lambda phi, base, names: (waterfall(phi, base, names)[0], "high"), "must be one number; yours is str"),
        (lambda phi, base, names: waterfall(phi, base, names)[::-1], "in the other order"),
        (
            lambda phi, base, names: (waterfall(phi, base, names)[0][0], base + phi.sum()),
            "a list of names; yours is str",
        ),
        (lambda phi, base, names: (waterfall(phi, base, names)[0][::-1], base + phi.sum()), "turn it round"),
        (lambda phi, base, names: ([names[i] for i in np.argsort(-phi)], base + phi.sum()), "Sort by |φ|"),
        (lambda phi, base, names: ([names[i] for i in np.argsort(phi)], base + phi.sum()), "Sort by |φ|"),
        (
            lambda phi, base, names: (np.argsort(-np.abs(phi)), base + phi.sum()),
            "must hold each of the names",
        ),
        (lambda phi, base, names: (names, base + phi.sum()), "The order is off"),
        (lambda phi, base, names: (3, base + phi.sum()), "must be a list of names"),
        (lambda phi, base, names: (waterfall(phi, base, names)[0], phi.sum()), "lacks the base value"),
        (lambda phi, base, names: (waterfall(phi, base, names)[0], base + abs(phi).sum()), "keep their sign"),
        (lambda phi, base, names: (waterfall(phi, base, names)[0], base + phi.mean()), "You averaged"),
        (lambda phi, base, names: (waterfall(phi, base, names)[0], base - phi.sum()), "off the base value"),
        (lambda phi, base, names: (waterfall(phi, base, names)[0], 7.0), "The prediction is 7.000"),
    ],
)
def test_every_mistake_of_read_waterfall_has_its_words(mistake: Any, words: str | None) -> None:  # noqa: ANN401
    verdict = checks.read_waterfall(mistake)
    assert verdict.passed == (words is None)
    assert words is None or words in repr(verdict)


def test_two_mistakes_are_told_together() -> None:
    verdict = checks.read_waterfall(lambda phi, base, names: ([names[i] for i in np.argsort(phi)], phi.sum()))
    assert len(verdict.findings) == 2


def along(f: Any, x: np.ndarray, b: np.ndarray, orderings: list[tuple[int, ...]]) -> np.ndarray:  # noqa: ANN401
    phi = np.zeros(len(x))
    for ordering in orderings:
        point = b.copy()
        for feature in ordering:
            before = f(point[None])[0]
            point[feature] = x[feature]
            phi[feature] += (f(point[None])[0] - before) / len(orderings)
    return phi


def all_orderings(n: int) -> list[tuple[int, ...]]:
    return list(permutations(range(n)))


def solution(f: Any, x: np.ndarray, b: np.ndarray) -> np.ndarray:  # noqa: ANN401
    return along(f, x, b, all_orderings(len(x)))


def alone(f: Any, x: np.ndarray, b: np.ndarray) -> np.ndarray:  # noqa: ANN401
    return np.array([f(np.where(np.arange(len(x)) == i, x, b)[None])[0] - f(b[None])[0] for i in range(len(x))])


def banzhaf(f: Any, x: np.ndarray, b: np.ndarray) -> np.ndarray:  # noqa: ANN401
    phi = np.zeros(len(x))
    for i in range(len(x)):
        for code in range(2 ** len(x)):
            inside = np.array([code >> k & 1 for k in range(len(x))], dtype=bool)
            with_i, without_i = inside.copy(), inside.copy()
            with_i[i], without_i[i] = True, False
            phi[i] += (f(np.where(with_i, x, b)[None])[0] - f(np.where(without_i, x, b)[None])[0]) / 2 ** len(x)
    return phi


def in_place(f: Any, x: np.ndarray, b: np.ndarray) -> np.ndarray:  # noqa: ANN401
    phi = solution(f, x, b)
    b[:] = x
    return phi


def test_the_solution_of_baseline_shapley_passes() -> None:
    assert checks.baseline_shapley(solution).passed


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda f, x, b: solution(f, b, x), "wrong sign"),
        (alone, "to the baseline alone"),
        (lambda f, x, b: -alone(f, b, x), "out of x alone"),
        (banzhaf, "Banzhaf"),
        (lambda f, x, b: 24 * solution(f, x, b), "do not divide by their number"),
        (lambda f, x, b: along(f, x, b, [(2, 0, 1, 3)]), "along one ordering"),
        (in_place, "use `b.copy()`"),
        (lambda f, x, b: solution(f, x, b) + f(b[None])[0] / 4, "belongs to no feature"),
        (lambda f, x, b: solution(f, x, b) + 1, "efficiency asks for"),
        (lambda f, x, b: along(f, x, b, all_orderings(4)[:10]), "not the shares"),
        (lambda f, x, b: solution(f, x, b)[:3], "must have shape (4,)"),
        (lambda f, x, b: np.full(4, np.nan), "must be finite"),
    ],
)
def test_every_mistake_of_baseline_shapley_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.baseline_shapley(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def test_the_unused_feature_of_the_trial_gets_nothing() -> None:
    assert solution(checks.trial_model, checks.X, checks.B)[3] == 0


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda w: w / 4000, "That is 1 + z"),
        (lambda w: 4000 / w - 1, "the observed one is the longer"),
        (lambda w: w - 4000, "That is the shift in Å"),
        (lambda w: (w - 4000) / w, "by the observed wavelength"),
        (lambda w: w / 3646 - 1, "Balmer break at 3646"),
        (lambda w: w / 400 - 1, "z = 1.05; you have 19.5"),
        (lambda w: 0.5, "must have shape (5,)"),
    ],
)
def test_every_mistake_of_break_redshift_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.break_redshift(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def test_the_solution_of_break_redshift_passes() -> None:
    assert checks.break_redshift(lambda w: w / 4000 - 1).passed

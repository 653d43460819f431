"""The checks of the page *Strengths and limits*: solutions pass, mistakes get their own words."""

from collections.abc import Callable
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pytest

from shapbook.checks import strengths_and_limits as checks

Value = Callable[[Any], float]


def starter(*arguments: Any) -> None:  # noqa: ANN401
    raise NotImplementedError


def merged(one: np.ndarray, n_one: int, two: np.ndarray, n_two: int) -> np.ndarray:
    return (n_one * one + n_two * two) / (n_one + n_two)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda a, n, b, m: (a + b) / 2, "the same weight"),
        (lambda a, n, b, m: merged(a, m, b, n), "The weights are swapped"),
        (lambda a, n, b, m: a + b, "You added the two"),
        (lambda a, n, b, m: n * a + m * b, "did not divide"),
        (lambda a, n, b, m: a, "For the first feature you have 0.3000; expected 0.1500"),
        (lambda a, n, b, m: merged(a, n, b, m)[:4], "must have shape (5,)"),
    ],
)
def test_every_mistake_of_merged_background_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.merged_background(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def test_the_solution_of_merged_background_passes() -> None:
    assert checks.merged_background(merged).passed


def colours(mags: np.ndarray) -> np.ndarray:
    return mags[:-1] - mags[1:]


def mixed(x: np.ndarray, b: np.ndarray, present: np.ndarray) -> np.ndarray:
    return colours(np.where(present, x - x.mean(), b - b.mean()))


def shifted_in_place(x: np.ndarray, b: np.ndarray, present: np.ndarray) -> np.ndarray:
    x -= x.mean()
    b -= b.mean()
    return colours(np.where(present, x, b))


@pytest.mark.parametrize("solution", [mixed, shifted_in_place])
def test_the_solutions_of_mix_bands_pass(solution: Any) -> None:  # noqa: ANN401
    assert checks.mix_bands(solution).passed


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda x, b, s: colours(np.where(s, x, b)), "Take the mean magnitude off"),
        (lambda x, b, s: np.where(s[:-1], colours(x), colours(b)), "You mixed colours"),
        (lambda x, b, s: -mixed(x, b, s), "The signs are reversed"),
        (lambda x, b, s: mixed(b, x, s), "the absent ones from b"),
        (lambda x, b, s: mixed(x, b - 1, s) + 0.1, "The first colour should be"),
        (lambda x, b, s: np.where(s, x - x.mean(), b - b.mean()), "must have shape (5,)"),
    ],
)
def test_every_mistake_of_mix_bands_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.mix_bands(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def summed(value: Value, n: int, i: int, j: int, weight: Callable[[int, int], float]) -> float:
    others, total = [k for k in range(n) if k not in (i, j)], 0.0
    for size in range(n - 1):
        for s in map(set, combinations(others, size)):
            total += weight(size, n) * (value(s | {i, j}) - value(s | {i}) - value(s | {j}) + value(s))
    return total


def pair_weight(size: int, n: int) -> float:
    return factorial(size) * factorial(n - size - 2) / factorial(n - 1)


def with_weight(weight: Callable[[int, int], float]) -> Callable[[Value, int, int, int], float]:
    return lambda value, n, i, j: summed(value, n, i, j, weight)


def by_orderings(value: Value, n: int, i: int, j: int) -> float:
    """Treat the pair as one player among n − 1 and average over the sizes of the coalition before it."""
    others = [k for k in range(n) if k not in (i, j)]
    means = []
    for size in range(n - 1):
        rows = [value({*s, i, j}) - value({*s, i}) - value({*s, j}) + value(s) for s in combinations(others, size)]
        means.append(np.mean(rows))
    return float(np.mean(means))


@pytest.mark.parametrize("solution", [with_weight(pair_weight), by_orderings])
def test_the_solutions_of_pair_interaction_pass(solution: Any) -> None:  # noqa: ANN401
    assert checks.pair_interaction(solution).passed


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (with_weight(lambda s, n: factorial(s) * factorial(n - s - 1) / factorial(n)), "weights of a single player"),
        (with_weight(lambda s, n: 2.0 ** (2 - n)), "Banzhaf"),
        (with_weight(lambda s, n: s == 0), "the two alone"),
        (with_weight(lambda s, n: s == n - 2), "the full coalition only"),
        (with_weight(lambda s, n: 1.0), "without weights"),
        (with_weight(lambda s, n: 1 / (n - 1)), "averaged over sizes"),
        (with_weight(lambda s, n: pair_weight(s, n) / 2), "half of it"),
        (with_weight(lambda s, n: -pair_weight(s, n)), "The sign is reversed"),
        (with_weight(lambda s, n: 3 * pair_weight(s, n)), "The interaction should be"),
        (lambda value, n, i, j: [1, 2], "The interaction must"),
    ],
)
def test_every_mistake_of_pair_interaction_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.pair_interaction(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def fitted(effect: float, harm: float, reaction: float, clouds: float, rest: float) -> float:
    return effect - harm * reaction * clouds / (reaction**2 * clouds + rest)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda e, h, r, c, v: e, "That is the effect"),
        (lambda e, h, r, c, v: fitted(e, -h, r, c, v), "comes with a minus"),
        (lambda e, h, r, c, v: e - h / r, "left out the rest"),
        (lambda e, h, r, c, v: e - h * r * c, "divide it by the variance"),
        (lambda e, h, r, c, v: e - h * r, "the slope the other way round"),
        (lambda e, h, r, c, v: e - h * r * c / (c + v), "enter the exposure times reaction"),
        (lambda e, h, r, c, v: 0.0, "The slope should be"),
        (lambda e, h, r, c, v: np.nan, "must be finite"),
    ],
)
def test_every_mistake_of_confounded_slope_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.confounded_slope(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def test_the_solution_of_confounded_slope_passes() -> None:
    assert checks.confounded_slope(fitted).passed


def test_the_closed_form_is_the_slope_of_a_fit() -> None:
    # 200,000 nights fix the slope to 0.0027, the residual scatter over the spread of exposures over √n: 4.5 sigma,
    # one false alarm in about 150,000 seeds
    rng = np.random.default_rng(11)
    clouds = rng.normal(size=200_000) * np.sqrt(checks.VAR_CLOUDS)
    exposure = checks.REACTION * clouds + rng.normal(size=200_000) * np.sqrt(checks.VAR_REST)
    depth = checks.EFFECT * exposure - checks.HARM * clouds
    wanted = fitted(checks.EFFECT, checks.HARM, checks.REACTION, checks.VAR_CLOUDS, checks.VAR_REST)
    assert np.polyfit(exposure, depth, 1)[0] == pytest.approx(wanted, abs=0.012)

"""Checks of the page *Explanation models*: solutions pass, starters fail, mistakes get their own words."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from shapbook.checks import explanation_models as checks
from shapbook.shapley import Game, exact_values, table_game

Learner = Callable[..., Any]


def starter(*arguments: Any) -> None:  # noqa: ANN401
    raise NotImplementedError


GENERAL = [(starter, "starter is untouched"), (3, "Pass the function itself"), (lambda *a: None, "returned nothing")]

# ---------------------------------------------------------------- trusted_step


def step(
    good: Callable[[np.ndarray, np.ndarray, float], np.ndarray] = lambda a, b, tol: (abs(a) <= tol) & (abs(b) <= tol),
    answer: Callable[[np.ndarray, np.ndarray], Any] = lambda steps, so_far: max(steps[so_far], default=0.0),
    until_first: bool = True,
) -> Learner:
    """The solution, with one of its parts replaced by a mistake; a and b are the errors forward and backward."""

    def function(f: Learner, g: Learner, x: np.ndarray, d: np.ndarray, steps: np.ndarray, tol: float) -> Any:  # noqa: ANN401
        a, b = (g(side) - f(side) for side in (x + np.outer(steps, d), x - np.outer(steps, d)))
        fine = good(a, b, tol)
        return answer(steps, np.logical_and.accumulate(fine) if until_first else fine)

    return function


def step_in_a_loop(f: Learner, g: Learner, x: np.ndarray, d: np.ndarray, steps: np.ndarray, tol: float) -> float:
    trusted = 0.0
    for t in steps:
        for side in (x + t * d, x - t * d):
            if abs(g(side[None])[0] - f(side[None])[0]) > tol:
                return trusted
        trusted = t
    return trusted


@pytest.mark.parametrize("solution", [step(), step_in_a_loop])
def test_the_trusted_step_passes(solution: Learner) -> None:
    verdict = checks.trusted_step(solution)
    assert verdict.passed
    assert "7 surrogates" in repr(verdict)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        *GENERAL,
        (lambda f, g, x, d, steps, tol: steps, "The trusted step must be one number; yours is an array of shape (6,)"),
        (lambda f, g, x, d, steps, tol: 1 / 0, "ZeroDivisionError"),
        (step(lambda a, b, tol: abs(a) <= tol), "x − t·d has to be good too"),
        (step(lambda a, b, tol: abs(b) <= tol), "x + t·d has to be good too"),
        (step(lambda a, b, tol: (abs(a) <= tol) | (abs(b) <= tol)), "both x + t·d and x − t·d"),
        (step(lambda a, b, tol: (a <= tol) & (b <= tol)), "compare the absolute difference"),
        (step(until_first=False), "wrong and then right again"),
        (step(answer=lambda steps, good: good.sum()), "how many steps"),
        (step(answer=lambda steps, good: max(good.sum() - 1, 0)), "position of the last good step"),
        (step(answer=lambda steps, good: steps[min(good.sum(), 5)]), "the first step that fails"),
        (step(answer=lambda steps, good: steps[good].max()), "off at the first step already: return 0.0"),
        (step(answer=lambda steps, good: steps[good][-1] if good.any() else None), "off at the first step already"),
        (lambda f, g, x, d, *a: step_in_a_loop(f, g, x, d / np.linalg.norm(d), *a), "shortened to length 1"),
        (lambda *a: 7.0, "your step is 7; expected 1"),
    ],
)
def test_mistakes_in_the_trusted_step_are_named(function: Learner, words: str) -> None:
    verdict = checks.trusted_step(function)
    assert not verdict.passed
    assert words in repr(verdict)


# ---------------------------------------------------------------- adds_at_least


def compare(decide: Callable[[np.ndarray], Any], axis: int | None = None) -> Learner:
    """A decision on how much more the feature adds in `two`; the first entry is for nobody else present."""
    return lambda one, two, i: bool(decide(np.diff(two - one, axis=i if axis is None else axis).ravel()))


def by_rows(one: np.ndarray, two: np.ndarray, i: int) -> bool:
    for place in np.ndindex(one.shape):
        if place[i]:
            without = (*place[:i], 0, *place[i + 1 :])
            if two[place] - two[without] < one[place] - one[without]:
                return False
    return True


@pytest.mark.parametrize("solution", [compare(lambda d: (d >= 0).all()), by_rows, lambda *a: np.bool_(by_rows(*a))])
def test_the_condition_of_consistency_passes(solution: Learner) -> None:
    verdict = checks.adds_at_least(solution)
    assert verdict.passed
    assert "in 6 it is silent" in repr(verdict)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        *GENERAL,
        (lambda one, two, i: 1.0, "Return True or False; your function returned float"),
        (
            lambda one, two, i: np.diff(two, axis=i) >= np.diff(one, axis=i),
            "your function returned ndarray: np.all makes one of many",
        ),
        (compare(lambda d: d[-1] >= 0), "only with all others present"),
        (compare(lambda d: d[0] >= 0), "only with all others absent"),
        (compare(lambda d: (d >= 0).any()), "use all, not any"),
        (compare(lambda d: d.mean() >= 0), "You compare averages"),
        (compare(lambda d: (d > 0).all()), "compare with >= instead of >"),
        (compare(lambda d: (d <= 0).all()), "two models are swapped"),
        (compare(lambda d: (d >= 0).all(), axis=0), "The axis does not follow i"),
        (compare(lambda d: (d >= 0).all(), axis=-1), "tell it axis=i"),
        (lambda one, two, i: bool((two >= one).all()), "You compare the outputs"),
        (lambda one, two, i: True, "you return True"),
        (lambda one, two, i: False, "you return False"),
    ],
)
def test_mistakes_in_the_condition_are_named(function: Learner, words: str) -> None:
    verdict = checks.adds_at_least(function)
    assert not verdict.passed
    assert words in repr(verdict)


def test_what_the_condition_demands_is_what_shapley_values_do() -> None:
    """The trial pairs are checked against a theorem: exact values are consistent."""
    demanded = [pair for pair in checks.PAIRS if by_rows(pair.one, pair.two, pair.feature)]
    assert len(demanded) == 6
    for pair in demanded:
        one, two = (exact_values(table_game(table.T.ravel()))[pair.feature] for table in (pair.one, pair.two))
        assert two >= one - 1e-12


# ---------------------------------------------------------------- two_player_values


def fair(none: float, a: float, b: float, both: float) -> tuple[float, float]:
    return (a - none + both - b) / 2, (b - none + both - a) / 2


def of_the_library(*values: float) -> np.ndarray:
    game: Game = table_game(values)
    return exact_values(game)


@pytest.mark.parametrize("solution", [fair, of_the_library])
def test_the_fair_pair_passes(solution: Learner) -> None:
    verdict = checks.two_player_values(solution)
    assert verdict.passed
    assert "no other rule" in repr(verdict)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        *GENERAL,
        (lambda none, a, b, both: both, "must have shape (2,)"),
        (lambda none, a, b, both: np.array([a, b]) / np.float64(a + b) * both, "v_none = 0, v_a = 0, v_b = 0"),
        (lambda none, a, b, both: (a - none, both - a), "“a first”"),
        (lambda none, a, b, both: (both - b, b - none), "“b first”"),
        (lambda none, a, b, both: ((both - none) / 2,) * 2, "An equal split"),
        (lambda none, a, b, both: (a - none, b - none), "Alone, each adds this"),
        (lambda none, a, b, both: (both - b, both - a), "do not add up"),
        (lambda none, a, b, both: ((a + both - b) / 2, (b + both - a) / 2), "only what is gained over v_none"),
        (lambda none, a, b, both: tuple(2 * v for v in fair(none, a, b, both)), "take the mean"),
        (lambda none, a, b, both: fair(none, a, b, both)[::-1], "swapped"),
        (lambda none, a, b, both: (1.0, 2.0), "Efficiency fails"),
        (lambda none, a, b, both: (both - none, 0.0), "Symmetry fails"),
        (
            lambda none, a, b, both: (fair(none, a, b, both)[0] + (a != b), fair(none, a, b, both)[1] - (a != b)),
            "a adds nothing to anyone",
        ),
    ],
)
def test_mistakes_in_the_pair_are_named(function: Learner, words: str) -> None:
    verdict = checks.two_player_values(function)
    assert not verdict.passed
    assert words in repr(verdict)


def test_a_rule_that_only_lacks_consistency_is_told_so() -> None:
    def by_squares(*values: float) -> np.ndarray:
        phi = np.array(fair(*values))
        return phi**2 / max((phi**2).sum(), 1e-300) * phi.sum()

    verdict = checks.two_player_values(by_squares)
    assert not verdict.passed
    assert "but not consistency" in repr(verdict)


# ---------------------------------------------------------------- the trials tell the mistakes apart


@pytest.mark.parametrize("answers", [checks.step_mistakes(), checks.gain_mistakes()])
def test_every_mistake_gives_other_answers(answers: dict[str, list[float]]) -> None:
    ordered = sorted(map(tuple, answers.values()))
    assert all(one != other for one, other in pairwise(ordered))

"""Checks of the page *Shapley values*: solutions pass, starters fail, mistakes get their own words."""

from collections.abc import Callable
from itertools import combinations, permutations
from math import comb, factorial
from typing import Any

import numpy as np
import pytest

from shapbook.checks import shapley_values as checks

Value = Callable[[Any], float]


def starter(*arguments: Any) -> None:  # noqa: ANN401
    raise NotImplementedError


def right_weight(size: int, n: int) -> float:
    return factorial(size) * factorial(n - size - 1) / factorial(n)


def subsets(
    weight: Callable[[int, int], float] = right_weight,
    sizes: Callable[[int], range] = range,
    base: float = 1.0,
) -> Callable[[Value, int], np.ndarray]:
    """The solution with one of its parts replaced by a mistake."""

    def solve(value: Value, n: int) -> np.ndarray:
        phi = np.zeros(n)
        for i in range(n):
            others = set(range(n)) - {i}
            for size in sizes(n):
                for s in map(set, combinations(others, size)):
                    phi[i] += weight(size, n) * (value(s | {i}) - base * value(s))
        return phi

    return solve


def by_orderings(value: Value, n: int) -> list[float]:
    phi = [0.0] * n
    for ordering in permutations(range(n)):
        for k, i in enumerate(ordering):
            phi[i] += (value(ordering[: k + 1]) - value(ordering[:k])) / factorial(n)
    return phi


def test_solutions_pass_whatever_their_way() -> None:
    verdict = checks.exact_solver(subsets())
    assert verdict.passed
    assert "evaluated the game 160 times, though it has only 32 coalitions" in repr(verdict)
    assert checks.exact_solver(by_orderings).passed

    def frugal(value: Value, n: int) -> np.ndarray:
        table = {s: value(s) for size in range(n + 1) for s in combinations(range(n), size)}
        return subsets()(lambda s: table[tuple(sorted(s))], n)

    verdict = checks.exact_solver(frugal)
    assert verdict.passed
    assert len(verdict.findings) == 1


def shift(value: Value, n: int) -> np.ndarray:
    return np.array([value({i + 1}) for i in range(n)])


def endless(value: Value, n: int) -> None:
    while True:
        value([])


def last_terms(value: Value, n: int) -> list[float]:
    return [(value(range(n)) - value(set(range(n)) - {i})) / n for i in range(n)]


def swapped(value: Value, n: int) -> np.ndarray:
    return subsets()(value, n)[::-1]


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (starter, "starter is untouched"),
        (lambda value, n: 1.0, "must have shape (5,)"),
        (shift, "there is no player 5: 5 players are numbered 0 to 4"),
        (subsets(lambda size, n: 2.0 ** (1 - n)), "the Banzhaf value"),
        (subsets(lambda size, n: 1 / n), "All sizes count alike"),
        (subsets(lambda size, n: factorial(size) * factorial(n - size) / factorial(n)), "off by one"),
        (subsets(lambda size, n: factorial(size) * factorial(n - size - 1)), "not divided by n!"),
        (subsets(lambda size, n: 1 / comb(n - 1, size)), "1/n is missing"),
        (subsets(sizes=lambda n: range(1, n)), "The empty coalition is missing"),
        (subsets(sizes=lambda n: range(n - 1)), "The largest coalition is missing"),
        (subsets(lambda size, n: float(size == 0)), "adds to nobody"),
        (subsets(lambda size, n: float(size == n - 1)), "adds to all others"),
        (subsets(base=0.0), "subtract v(S)"),
        (lambda value, n: -subsets()(value, n), "The sign is turned"),
        (subsets(lambda size, n: right_weight(size, n) * (size + 1)), "not player i itself"),
        (subsets(lambda size, n: int(right_weight(size, n)) if n > 1 else 1), "divide with / instead of //"),
        (last_terms, "with += and not with ="),
        (lambda value, n: subsets()(value, n) * (np.arange(n) == 0), "`return` stand inside the loop"),
        (lambda value, n: np.diff([value(range(i)) for i in range(n + 1)]), "That is one ordering only"),
        (lambda value, n: subsets()(value, n) + 1, "efficiency fails"),
        (swapped, "Check which coalitions you visit"),
        (lambda value, n: subsets()(value, 5)[:n], "there is no player"),
    ],
)
def test_mistakes_in_the_solver_are_named(function: Callable, words: str) -> None:
    verdict = checks.exact_solver(function)
    assert not verdict.passed
    assert words in repr(verdict)


def test_a_loop_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PATIENCE", 1000)
    verdict = checks.exact_solver(endless)
    assert not verdict.passed
    assert "the game was evaluated 1,000 times, so I stopped it" in repr(verdict)


def test_a_sampler_that_forgets_the_root_is_stopped_soon_and_told_why() -> None:
    def forgetful(value: Value, n: int, accuracy: float, rng: np.random.Generator) -> tuple:
        rows: list[np.ndarray] = []
        errors = np.inf
        while np.max(errors) > accuracy:
            for _ in range(100):
                ordering = rng.permutation(n)
                row = np.zeros(n)
                row[ordering] = np.diff([value(ordering[:k]) for k in range(n + 1)])
                rows.append(row)
            errors = np.std(rows[-100:], axis=0)
        return np.mean(rows, axis=0), errors

    verdict = checks.sampled_values(forgetful)
    assert not verdict.passed
    assert "After 200,000 evaluations" in repr(verdict)
    assert "divided by √m" in repr(verdict)


def sampler(
    error: Callable[[np.ndarray], np.ndarray] = lambda c: c.std(axis=0, ddof=1) / np.sqrt(len(c)),
    draw: Callable[[np.random.Generator, int], Any] = lambda rng, n: rng.permutation(n),
    pilot: int = 50,
    stop: float = 1.0,
    base: float = 1.0,
) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """A solution that draws until the largest error is small, with one part replaced by a mistake."""

    def estimate(value: Value, n: int, accuracy: float, rng: np.random.Generator) -> tuple:
        rows: list[np.ndarray] = []
        while len(rows) < pilot or (len(rows) % 50 == 0 and is_large(rows)) or len(rows) % 50:
            row, before = np.zeros(n), []
            for i in draw(rng, n):
                row[i] = value([*before, i]) - base * value(before)
                before.append(i)
            rows.append(row)
        contributions = np.array(rows)
        return contributions.mean(axis=0), error(contributions)

    def is_large(rows: list[np.ndarray]) -> bool:
        contributions = np.array(rows)
        return contributions.std(axis=0, ddof=1).max() / np.sqrt(len(rows)) > stop * checks.ACCURACY

    return estimate


def random_subsets(value: Value, n: int, accuracy: float, rng: np.random.Generator) -> tuple:
    rows = []
    for _ in range(900):
        inside = rng.random(n) < 0.5
        sets = [[j for j in range(n) if inside[j] and j != i] for i in range(n)]
        rows.append([value([*s, i]) - value(s) for i, s in enumerate(sets)])
    contributions = np.array(rows)
    return contributions.mean(axis=0), contributions.std(axis=0) / 30


def test_samplers_pass() -> None:
    verdict = checks.sampled_values(sampler())
    assert verdict.passed
    assert "evaluations of the game on average" in repr(verdict)


def test_an_unbiased_sampler_of_another_kind_passes_and_hears_of_its_waste() -> None:
    def by_sizes(value: Value, n: int, accuracy: float, rng: np.random.Generator) -> tuple:
        rows = np.zeros((2500, n))
        shuffled = rng.random((2500, n, n)).argsort(axis=2).tolist()
        sizes = rng.integers(n, size=(2500, n)).tolist()
        for row, orders, counts in zip(rows, shuffled, sizes, strict=True):
            for i in range(n):
                others = [j for j in orders[i] if j != i][: counts[i]]
                row[i] = value([*others, i]) - value(others)
        return rows.mean(axis=0), rows.std(axis=0, ddof=1) / 50

    verdict = checks.sampled_values(by_sizes)
    assert verdict.passed
    assert "times fewer orderings would do" in repr(verdict)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (starter, "starter is untouched"),
        (lambda value, n, accuracy, rng: np.zeros(n), "Return two arrays"),
        (lambda value, n, accuracy, rng: (np.zeros(n), 0.1), "The standard errors must have shape (5,)"),
        (lambda value, n, accuracy, rng: (np.zeros(n), np.ones(n)), "You drew nothing from `rng`"),
        (sampler(stop=3.0), "was asked: go on drawing"),
        (sampler(error=lambda c: c.std(axis=0)), "divide the standard deviation of the contributions by √m"),
        (sampler(error=lambda c: c.std(axis=0) / len(c)), "Divide the standard deviation by √m"),
        (sampler(error=lambda c: -c.std(axis=0) / np.sqrt(len(c))), "is negative"),
        (sampler(draw=lambda rng, n: (rng.permutation(n), range(n))[1]), "your estimate is biased"),
        (sampler(base=0.0), "subtract v(S)"),
        (random_subsets, "Banzhaf value: draw orderings instead"),
    ],
)
def test_mistakes_in_sampling_are_named(function: Callable, words: str) -> None:
    verdict = checks.sampled_values(function)
    assert not verdict.passed
    assert words in repr(verdict)


def shares(costs: np.ndarray) -> np.ndarray:
    order = np.argsort(costs)
    steps = np.diff(costs[order], prepend=0) / np.arange(len(costs), 0, -1)
    phi = np.empty(len(costs))
    phi[order] = np.cumsum(steps)
    return phi


def back(values: Callable[[np.ndarray, int], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Shares made from the steps of the sorted costs, put back in the order given."""

    def function(costs: np.ndarray) -> np.ndarray:
        order = np.argsort(costs)
        phi = np.empty(len(costs))
        phi[order] = values(np.diff(costs[order], prepend=0), len(costs))
        return phi

    return function


def ties_as_one(costs: np.ndarray) -> np.ndarray:
    different = np.array(sorted(set(costs)))
    return shares(different)[np.searchsorted(different, costs)]


def in_place(costs: np.ndarray) -> np.ndarray:
    costs.sort()
    return costs


def test_the_shares_of_a_runway_pass() -> None:
    verdict = checks.runway_shares(shares)
    assert verdict.passed
    assert "4,096 coalitions" in repr(verdict)
    assert checks.runway_shares(
        lambda costs: [
            sum((min(c, hi) - lo) / sum(costs >= hi) for lo, hi in zip([0, *sorted(costs)], sorted(costs)) if c >= hi)  # noqa: B905
            for c in costs
        ]
    ).passed


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (starter, "starter is untouched"),
        (lambda costs: costs.sum(), "must have shape (5,)"),
        (in_place, "changes the costs it is given"),
        (lambda costs: np.full(len(costs), costs.max() / len(costs)), "split the longest runway equally"),
        (lambda costs: costs * costs.max() / costs.sum(), "breaks additivity"),
        (lambda costs: costs, "built once and shared"),
        (back(lambda steps, n: steps), "paid by one aircraft alone"),
        (lambda costs: np.sort(shares(costs)), "put them back"),
        (
            lambda costs: np.cumsum(np.diff(costs, prepend=0) / np.arange(len(costs), 0, -1)),
            "sort them first",
        ),
        (back(lambda steps, n: np.cumsum(steps / np.arange(1, n + 1))), "divide by those that do"),
        (back(lambda steps, n: steps / np.arange(n, 0, -1)), "its last stretch only"),
        (back(lambda steps, n: np.cumsum([0, *steps[1:] / np.arange(n - 1, 0, -1)])), "from 0 to the smallest cost"),
        (ties_as_one, "each of them is a user"),
        (lambda costs: np.sort(shares(costs))[np.argsort(costs)], "to put the shares back"),
        (lambda costs: 2 * shares(costs), "efficiency fails"),
        (lambda costs: shares(costs)[::-1], "For costs"),
    ],
)
def test_mistakes_in_the_runway_are_named(function: Callable, words: str) -> None:
    verdict = checks.runway_shares(function)
    assert not verdict.passed
    assert words in repr(verdict)


def test_the_check_of_sampling_seldom_refuses_a_right_sampler() -> None:
    """A right sampler, judged on 60 fresh sets of runs.

    The rms of the 12 × 5 scaled errors, of about 48 degrees of freedom, leaves 0.5 to 1.8 with a chance below
    1e-6, and a mean 8 estimated standard errors off has a chance of about 4e-5 for one player (t, 11 degrees
    of freedom): 60 sets of 5 players raise a false alarm with a chance of about 1 %, and the seed is fixed.
    """
    game = checks.trial(5, 2009)
    contributions = np.array(
        [
            [
                game.table[sum(1 << j for j in [*o[: o.index(i)], i])]
                - game.table[sum(1 << j for j in o[: o.index(i)])]
                for i in range(5)
            ]
            for o in permutations(range(5))
        ]
    )
    assert np.allclose(contributions.mean(axis=0), game.values)
    rng = np.random.default_rng(7)
    m = int((contributions.std(axis=0).max() / (0.93 * checks.ACCURACY)) ** 2)
    for _ in range(60):
        drawn = contributions[rng.integers(120, size=(checks.RUNS, m))]
        errors = drawn.std(axis=1, ddof=1) / np.sqrt(m)
        assert checks.sampling_fault(drawn.mean(axis=1), errors, game) == ""

"""The checks of the page *Sequences*: solutions pass, mistakes get their own words."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from shapbook.checks import sequences as checks


def starter(*arguments: Any) -> None:  # noqa: ANN401
    raise NotImplementedError


def kept(present: np.ndarray) -> np.ndarray:
    return np.repeat(present, 4)[:, None]


def hidden(x: np.ndarray, present: np.ndarray) -> np.ndarray:
    return x * kept(present)


def in_place(x: np.ndarray, present: np.ndarray) -> np.ndarray:
    for window in np.flatnonzero(~present):
        x[4 * window : 4 * window + 4] = 0
    return x


@pytest.mark.parametrize("solution", [hidden, in_place])
def test_the_solutions_of_hide_windows_pass(solution: Any) -> None:  # noqa: ANN401
    assert checks.hide_windows(solution).passed


def flux_only(x: np.ndarray, present: np.ndarray) -> np.ndarray:
    return np.concatenate([x[:, :2] * kept(present), x[:, 2:]], axis=1)


def flags_only(x: np.ndarray, present: np.ndarray) -> np.ndarray:
    return np.concatenate([x[:, :2], x[:, 2:] * kept(present)], axis=1)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (flux_only, "zero flux is then a measurement"),
        (flags_only, "left the fluxes"),
        (lambda x, s: hidden(x, ~s), "You hid the windows that are present"),
        (lambda x, s: x * np.tile(s, 4)[:, None], "one after the other"),
        (lambda x, s: x, "Nothing was hidden"),
        (lambda x, s: x[np.repeat(s, 4)], "moves in time"),
        (lambda x, s: hidden(x, s) + 1, "Step 0 is off"),
        (lambda x, s: x[:, 0], "must have shape (32, 4)"),
    ],
)
def test_every_mistake_of_hide_windows_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.hide_windows(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def pull(values: np.ndarray, errors: np.ndarray, exact: np.ndarray) -> np.ndarray:
    known = errors > 0
    return (values[known] - exact[known]) / errors[known]


def rms(values: np.ndarray, errors: np.ndarray, exact: np.ndarray) -> float:
    return float(np.sqrt(np.mean(pull(values, errors, exact) ** 2)))


def with_zeros(values: np.ndarray, errors: np.ndarray, exact: np.ndarray) -> float:
    safe = np.where(errors > 0, errors, 1)
    return float(np.sqrt(np.mean(((values - exact) / safe) ** 2)))


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda v, e, x: np.mean(pull(v, e, x) ** 2), "take its root"),
        (lambda v, e, x: np.mean(np.abs(pull(v, e, x))), "mean |pull|"),
        (lambda v, e, x: np.mean(pull(v, e, x)), "errors of both signs cancel"),
        (lambda v, e, x: rms(v, np.where(e > 0, 1, 0), x), "did not divide by the standard errors"),
        (lambda v, e, x: rms(v, e**2, x), "by the squares of the standard errors"),
        (with_zeros, "with a pull of 0"),
        (lambda v, e, x: rms(v, np.where(e > 0, x, 0), x), None),
        (lambda v, e, x: np.sqrt(np.mean(((v - x)[e > 0] / x[e > 0]) ** 2)), "a relative error"),
        (lambda v, e, x: np.sqrt(np.mean(((v - x) / e) ** 2)), "not finite"),
        (lambda v, e, x: 7.0, "got 7.000"),
        (lambda v, e, x: [1.0, 2.0], "The result must"),
    ],
)
def test_every_mistake_of_rms_pull_has_its_words(mistake: Any, words: str | None) -> None:  # noqa: ANN401
    verdict = checks.rms_pull(mistake)
    assert not verdict.passed
    assert words is None or words in repr(verdict)


def test_the_solution_of_rms_pull_passes() -> None:
    assert checks.rms_pull(rms).passed


def added(value: Any, order: list[int]) -> np.ndarray:  # noqa: ANN401
    steps, before = np.zeros(len(order)), set()
    for window in order:
        steps[window] = value(before | {window}) - value(before)
        before |= {window}
    return steps


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda v, n: [v(range(k)) for k in range(n + 1)], "take their differences"),
        (lambda v, n: [v(range(k + 1)) for k in range(n)], "subtract the one before"),
        (lambda v, n: [v(range(k + 1)) - v([]) for k in range(n)], "just before the window came"),
        (lambda v, n: [v([k]) - v([]) for k in range(n)], "each window alone"),
        (lambda v, n: added(v, list(range(n))[::-1]), "reverse order"),
        (lambda v, n: np.mean([added(v, list(r)) for r in permutations(range(n))], axis=0), "Shapley values"),
        (lambda v, n: -added(v, list(range(n))), "after minus before"),
        (lambda v, n: np.zeros(n), "Window 3 should add 2.50"),
    ],
)
def test_every_mistake_of_evidence_in_order_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.evidence_in_order(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def test_the_solution_of_evidence_in_order_passes() -> None:
    assert checks.evidence_in_order(lambda v, n: added(v, list(range(n)))).passed

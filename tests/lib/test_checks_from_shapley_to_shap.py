"""The checks of the page *From Shapley to SHAP*: solutions pass, mistakes get their own words."""

from collections.abc import Callable
from math import comb, exp, factorial, inf, nan
from typing import Any

import numpy as np
import pytest

from shapbook import shapley
from shapbook.checks import from_shapley_to_shap as checks


def starter(*arguments: Any) -> None:  # noqa: ANN401
    raise NotImplementedError


# ---------------------------------------------------------------- the value of a coalition


def value(f: Callable, x: np.ndarray, background: np.ndarray, present: np.ndarray) -> float:
    return f(np.where(present, x, background)).mean()


def row_by_row(f: Callable, x: np.ndarray, background: np.ndarray, present: np.ndarray) -> float:
    total = 0.0
    for sample in background:
        sample = sample.copy()
        sample[present] = x[present]
        total += f(sample[None])[0]
    return total / len(background)


def overwriting(f: Callable, x: np.ndarray, background: np.ndarray, present: np.ndarray) -> float:
    background[:, present] = x[present]
    return f(background).mean()


@pytest.mark.parametrize("solution", [value, row_by_row])
def test_solutions_of_interventional_value_pass(solution: Callable) -> None:
    verdict = checks.interventional_value(solution)
    assert verdict.passed
    assert "is f(x)" in repr(verdict)


def test_the_trial_agrees_with_the_library() -> None:
    game = shapley.interventional_game(checks.curved, checks.POINT, checks.BACKGROUND)
    np.testing.assert_allclose(game(checks.COALITIONS), [checks.filled(p).mean() for p in checks.COALITIONS])


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda f, x, b, s: value(f, x, b, ~s), "swapped"),
        (lambda f, x, b, s: f(np.where(s, x, b.mean(axis=0))[None])[0], "f of a mean is not the mean of f"),
        (lambda f, x, b, s: f(np.where(s, x, b)), "one output for each background sample"),
        (lambda f, x, b, s: f(np.where(s, x, b)).sum(), "divide by the number"),
        (lambda f, x, b, s: f(np.where(s, x, 0.0)[None])[0], "You set absent features to 0"),
        (lambda f, x, b, s: f(np.where(s, x, b))[0], "one background sample only"),
        (lambda f, x, b, s: value(f, x, b, s) - f(b).mean(), "You subtract v(∅)"),
        (lambda f, x, b, s: value(f, x, b, s) + s[1], "For S = {x2} v(S) is"),
        (lambda f, x, b, s: nan, "must be finite"),
        (lambda f, x, b, s: f(np.where(s, x, b))[:1], "must be one number"),
        (overwriting, "changes the background"),
        (lambda f, x, b, s: f(np.where(s, x, b[:, :2])).mean(), "raised ValueError"),
    ],
)
def test_every_mistake_of_interventional_value_has_its_words(mistake: Callable, words: str) -> None:
    verdict = checks.interventional_value(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


# ---------------------------------------------------------------- two Gaussian features


def by_orderings(
    slopes: np.ndarray, x: np.ndarray, mean: np.ndarray, covariance: np.ndarray, first: float = 0.5
) -> np.ndarray:
    """Mean of the two orderings, written out; `first` is the weight of coming first."""
    d, (to_2, to_1) = x - mean, covariance[0, 1] / np.diag(covariance)
    v_1 = slopes[0] * d[0] + slopes[1] * to_2 * d[0]
    v_2 = slopes[1] * d[1] + slopes[0] * to_1 * d[1]
    v_12 = slopes @ d
    return first * np.array([v_1, v_2]) + (1 - first) * np.array([v_12 - v_2, v_12 - v_1])


def leaking(*leak: float) -> Callable:
    def values(slopes: np.ndarray, x: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        d = x - mean
        told = slopes[::-1] * leak * d
        return slopes * d + (told - told[::-1]) / 2

    return values


def test_the_solution_of_conditional_values_passes() -> None:
    verdict = checks.conditional_values(by_orderings)
    assert verdict.passed
    assert "ignores x2" in repr(verdict)


def test_the_trials_agree_with_the_library() -> None:
    for trial in checks.TRIALS:
        game = shapley.conditional_game(
            lambda rows, trial=trial: rows @ trial.slopes, trial.x, trial.mean, trial.covariance, n_draws=4, rng=0
        )
        np.testing.assert_allclose(shapley.exact_values(game), checks.shared(trial), atol=1e-12)
    ignored = checks.TRIALS[0]
    assert ignored.slopes[1] == 0
    assert abs(checks.shared(ignored)[1]) > 0.1


def with_slopes(leak: Callable[[np.ndarray], tuple[float, float]]) -> Callable:
    return lambda slopes, x, mean, covariance: leaking(*leak(covariance))(slopes, x, mean, covariance)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda b, x, m, c: b * (x - m), "These are the interventional values"),
        (lambda b, x, m, c: b * x, "features count from their mean"),
        (lambda b, x, m, c: by_orderings(b, x, m, c, first=1), "each feature coming first"),
        (lambda b, x, m, c: by_orderings(b, x, m, c, first=0), "each feature coming second"),
        (lambda b, x, m, c: 2 * by_orderings(b, x, m, c), "You add the two orderings"),
        (with_slopes(lambda c: (c[0, 1] / c[1, 1], c[0, 1] / c[0, 0])), "slopes are swapped"),
        (with_slopes(lambda c: (c[0, 1], c[0, 1])), "You use the covariance as the slope"),
        (with_slopes(lambda c: (c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]),) * 2), "You use the correlation as the slope"),
        (with_slopes(lambda c: tuple(c[0, 1] / np.sqrt(np.diag(c)))), "You divide by the standard deviation"),
        (lambda b, x, m, c: 2 * b * (x - m) - by_orderings(b, x, m, c), "The signs are turned"),
        (lambda b, x, m, c: 2 * by_orderings(b, x, m, c) - b * (x - m), "it is half of it"),
        (lambda b, x, m, c: by_orderings(b, x, m, c)[::-1], "return that of x1 first"),
        (lambda b, x, m, c: by_orderings(b, x, m, c) + 1, "efficiency fails"),
        (lambda b, x, m, c: by_orderings(b, x, m, c) + np.array([1, -1]), "The sum is right, not the shares"),
        (lambda b, x, m, c: by_orderings(b, x, m, c).sum(), "must have shape (2,)"),
    ],
)
def test_every_mistake_of_conditional_values_has_its_words(mistake: Callable, words: str) -> None:
    verdict = checks.conditional_values(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


# ---------------------------------------------------------------- the weights of Kernel SHAP


def between(weight: Callable[[int, int], float]) -> Callable[[int, int], float]:
    return lambda n, size: inf if size in (0, n) else weight(n, size)


def kernel(n: int, size: int) -> float:
    return (n - 1) / (comb(n, size) * size * (n - size))


def test_the_solution_of_kernel_weight_passes() -> None:
    assert checks.kernel_weight(between(kernel)).passed
    assert checks.kernel_weight(between(lambda n, size: np.float64(kernel(n, size)))).passed


def test_a_regression_with_these_weights_gives_the_shapley_values() -> None:
    n = 4
    table = np.random.default_rng(4).normal(size=2**n)
    coalitions = shapley.all_coalitions(n)
    weights = np.array([checks.weight(n, size) for size in coalitions.sum(axis=1)])
    inner = np.isfinite(weights)
    assert inner.sum() == 2**n - 2
    z, root = coalitions[inner].astype(float), np.sqrt(weights[inner])
    target = table[inner] - table[0] - z[:, -1] * (table[-1] - table[0])
    first = np.linalg.lstsq(root[:, None] * (z[:, :-1] - z[:, -1:]), root * target)[0]
    phi = np.append(first, table[-1] - table[0] - first.sum())
    np.testing.assert_allclose(phi, shapley.exact_values(shapley.table_game(table)), atol=1e-12)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (kernel, "you divide by zero"),
        (lambda n, s: 0.0 if s in (0, n) else kernel(n, s), "is infinite: np.inf"),
        (lambda n, s: 1e9 if s in (0, n) else kernel(n, s), "is infinite: np.inf"),
        (between(lambda n, s: (n - 1) / (s * (n - s))), "divide by their number, C(n, size)"),
        (between(lambda n, s: factorial(s) * factorial(n - s - 1) / factorial(n)), "the regression has its own"),
        (between(lambda n, s: (n - 1) / (comb(n - 1, s) * s * (n - s))), "chosen among all n players"),
        (between(lambda n, s: n / (comb(n, s) * s * (n - s))), "The numerator is n − 1, not n"),
        (between(lambda n, s: 1 / (comb(n, s) * s * (n - s))), "The numerator n − 1 is missing"),
        (between(lambda n, s: (n - 1) / comb(n, s)), "The factors size and n − size are missing"),
        (between(lambda n, s: (n - 1) / (comb(n, s) * s)), "The factor n − size is missing"),
        (between(lambda n, s: exp(-((n - s) ** 2) / 20)), "as LIME's heuristic kernels do"),
        (between(lambda n, s: 7.0), "For n = 2 and size = 1 the weight is 0.5; yours is 7"),
        (between(lambda n, s: "heavy"), "must be one number"),
        (between(lambda n, s: 1 / 0), "This was n = 2, size = 1"),
    ],
)
def test_every_mistake_of_kernel_weight_has_its_words(mistake: Callable, words: str) -> None:
    verdict = checks.kernel_weight(mistake)
    assert not verdict.passed
    assert words in repr(verdict)

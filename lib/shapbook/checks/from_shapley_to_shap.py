"""Checks of the exercises of the page *From Shapley to SHAP*."""

from collections.abc import Callable
from math import comb, factorial, inf
from typing import Any, NamedTuple

import numpy as np

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, passed

__all__ = ["conditional_values", "interventional_value", "kernel_weight"]

# ---------------------------------------------------------------- the value of a coalition

POINT = np.array([1.0, 2.0, -1.0])
BACKGROUND = np.array([[0.0, 0.5, 1.0], [2.0, -1.0, 0.5], [-1.0, 1.5, 2.0], [0.5, 0.0, -2.0]])
COALITIONS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=bool)


def curved(rows: np.ndarray) -> np.ndarray:
    """A function whose mean over samples is not its value at their mean."""
    a, b, c = np.atleast_2d(rows).T
    return 1 + a * b + b**2 - np.exp(0.5 * c) + a * c


def interventional_value(function: Callable[..., Any]) -> Verdict:
    """Check a learner's function (f, x, background, present) that returns v(S) of the interventional game."""
    got = []
    for present in COALITIONS:
        given = BACKGROUND.copy()
        value, fault = attempt(function, curved, POINT.copy(), given, present.copy())
        if not fault and not np.array_equal(given, BACKGROUND):
            return failed("Your function changes the background it is given: work on a copy, or use np.where.")
        if not fault and np.shape(value) == (len(BACKGROUND),):
            return failed("You return one output for each background sample: v(S) is their mean, one number.")
        fault = fault or array_fault(value, (), "The value of a coalition")
        if fault:
            return fault
        got.append(float(value))
    wanted = [filled(present).mean() for present in COALITIONS]
    if np.allclose(got, wanted):
        return passed(
            f"v(S) is right for {len(COALITIONS)} coalitions, from nobody to everybody.",
            f"v(∅) = {wanted[0]:.3f} is the mean output over the background, v(N) = {wanted[-1]:.3f} is f(x).",
        )
    for words, mistaken in value_mistakes().items():
        if np.allclose(got, mistaken):
            return failed(words)
    number = int(np.argmax(~np.isclose(got, wanted)))
    names = [f"x{k + 1}" for k in np.flatnonzero(COALITIONS[number])]
    return failed(f"For S = {{{', '.join(names)}}} v(S) is {wanted[number]:.4g}; yours is {got[number]:.4g}.")


def filled(present: np.ndarray) -> np.ndarray:
    """Outputs with the present features from the point, and the absent ones from each background sample."""
    return curved(np.where(present, POINT, BACKGROUND))


def value_mistakes() -> dict[str, list[float]]:
    """What typical mistakes return for the coalitions, by the advice for each."""
    centre = BACKGROUND.mean(axis=0)
    nobody = curved(BACKGROUND).mean()
    return {
        "Present and absent are swapped: features in S come from x, the others from the background.": [
            filled(~present).mean() for present in COALITIONS
        ],
        "You average the background first: f of a mean is not the mean of f. Average the outputs.": [
            curved(np.where(present, POINT, centre))[0] for present in COALITIONS
        ],
        "You add the outputs up: divide by the number of background samples.": [
            filled(present).sum() for present in COALITIONS
        ],
        "You set absent features to 0, which is one more value: take them from the background.": [
            curved(np.where(present, POINT, 0.0))[0] for present in COALITIONS
        ],
        "You use one background sample only: take the mean over all of them.": [
            filled(present)[0] for present in COALITIONS
        ],
        "You subtract v(∅): the game's value is v(S) itself.": [
            filled(present).mean() - nobody for present in COALITIONS
        ],
    }


# ---------------------------------------------------------------- two Gaussian features


class Linear(NamedTuple):
    """A trial: slopes of a linear model, the point, and the Gaussian of its two features."""

    slopes: np.ndarray
    x: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray


TRIALS = [
    Linear(np.array([1.0, 0.0]), np.array([2.0, 1.0]), np.array([0.5, -1.0]), np.array([[1.0, 1.2], [1.2, 4.0]])),
    Linear(np.array([0.5, -2.0]), np.array([1.0, 3.0]), np.array([2.0, 1.0]), np.array([[2.0, -0.5], [-0.5, 1.0]])),
    Linear(np.array([3.0, 1.0]), np.array([-1.0, 0.5]), np.array([0.2, 0.1]), np.array([[0.5, 0.0], [0.0, 3.0]])),
]


def conditional_values(function: Callable[..., Any]) -> Verdict:
    """Check a learner's function (slopes, x, mean, covariance) that returns conditional Shapley values, (2,)."""
    results = []
    for trial in TRIALS:
        value, fault = attempt(function, *(numbers.copy() for numbers in trial))
        fault = fault or array_fault(value, (2,), "The values of the two features")
        if fault:
            return fault
        results.append(np.asarray(value, dtype=float))
    got = np.array(results)
    wanted = np.array([shared(trial) for trial in TRIALS])
    if np.allclose(got, wanted):
        return passed(
            f"Your values are right for {len(TRIALS)} models, correlated either way and not at all.",
            f"In the first the model ignores x2, which still gets {wanted[0, 1]:.3f}.",
        )
    for words, mistake in linear_mistakes().items():
        if np.allclose(got, [mistake(trial) for trial in TRIALS]):
            return failed(words)
    totals = np.array([trial.slopes @ (trial.x - trial.mean) for trial in TRIALS])
    off = np.flatnonzero(~np.isclose(got.sum(axis=1), totals))
    if len(off):
        return failed(
            f"Your values sum to {got[off[0]].sum():.3f}, but f(x) − E[f(X)] is {totals[off[0]]:.3f}: efficiency fails."
        )
    number = int(np.argmax(~np.isclose(got, wanted).all(axis=1)))
    trial = TRIALS[number]
    return failed(
        f"The sum is right, not the shares: for slopes {trial.slopes.tolist()}, x = {trial.x.tolist()}, mean "
        f"{trial.mean.tolist()} and covariance {trial.covariance.tolist()} expected "
        f"{wanted[number].round(4).tolist()}, got {got[number].round(4).tolist()}."
    )


def shared(trial: Linear, share: float = 0.5, leak: np.ndarray | None = None) -> np.ndarray:
    """Return β_i d_i plus the share of what each feature tells about the other, less what the other tells about it.

    Arguments:
        trial: The model and the Gaussian.
        share: The part of it that changes hands; one half for Shapley values.
        leak: Regression slopes: of x2 on x1, then of x1 on x2; by default those of the Gaussian.
    """
    offset = trial.x - trial.mean
    covariance = trial.covariance
    leak = covariance[0, 1] / np.diag(covariance) if leak is None else leak
    told = trial.slopes[::-1] * leak * offset
    return trial.slopes * offset + share * (told - told[::-1])


def linear_mistakes() -> dict[str, Callable[[Linear], np.ndarray]]:
    """What typical mistakes return for a trial, by the advice for each."""

    def told(trial: Linear) -> np.ndarray:
        offset = trial.x - trial.mean
        return trial.slopes[::-1] * trial.covariance[0, 1] / np.diag(trial.covariance) * offset

    def correlation(trial: Linear) -> np.ndarray:
        return np.full(2, trial.covariance[0, 1] / np.sqrt(np.diag(trial.covariance).prod()))

    return {
        "These are the interventional values: knowing one feature must change what you expect of the other.": (
            lambda trial: trial.slopes * (trial.x - trial.mean)
        ),
        "That is β x: features count from their mean, x − μ.": lambda trial: trial.slopes * trial.x,
        "That is v({i}) − v(∅), each feature coming first: average it with coming second.": (
            lambda trial: trial.slopes * (trial.x - trial.mean) + told(trial)
        ),
        "That is v(N) − v(N∖i), each feature coming second: average it with coming first.": (
            lambda trial: trial.slopes * (trial.x - trial.mean) - told(trial)[::-1]
        ),
        "You add the two orderings: take their mean.": lambda trial: 2 * shared(trial),
        "The regression slopes are swapped: the slope of x2 on x1 is Σ12 / Σ11.": (
            lambda trial: shared(trial, leak=trial.covariance[0, 1] / np.diag(trial.covariance)[::-1])
        ),
        "You use the covariance as the slope: divide it by the variance of the known feature.": (
            lambda trial: shared(trial, leak=np.full(2, trial.covariance[0, 1]))
        ),
        "You use the correlation as the slope, which holds for equal variances only: use Σ12 / Σ11 and Σ12 / Σ22.": (
            lambda trial: shared(trial, leak=correlation(trial))
        ),
        "You divide by the standard deviation: the slope of x2 on x1 is Σ12 / Σ11, by the variance.": (
            lambda trial: shared(trial, leak=trial.covariance[0, 1] / np.sqrt(np.diag(trial.covariance)))
        ),
        "The signs are turned: a feature gains half of what it tells about the other one.": (
            lambda trial: shared(trial, share=-0.5)
        ),
        "All of what one feature tells about the other changes hands in yours: it is half of it.": (
            lambda trial: shared(trial, share=1.0)
        ),
        "The two values are swapped: return that of x1 first.": lambda trial: shared(trial)[::-1],
    }


# ---------------------------------------------------------------- the weights of Kernel SHAP

SIZES = [(n, size) for n in (2, 3, 4, 6, 9) for size in range(n + 1)]
ENDS = [size in (0, n) for n, size in SIZES]


def kernel_weight(function: Callable[..., Any]) -> Verdict:
    """Check a learner's function (n, size) that returns the weight of a coalition in Kernel SHAP's regression."""
    got = []
    for n, size in SIZES:
        value, fault = attempt(function, n, size)
        if fault and size in (0, n) and "ZeroDivisionError" in repr(fault):
            return failed(f"For n = {n} and size = {size} you divide by zero: return np.inf there.")
        if fault:
            return failed(*fault.findings, f"This was n = {n}, size = {size}.")
        if np.ndim(value) or not isinstance(value, int | float | np.number):
            return failed(f"The weight must be one number; for n = {n}, size = {size} it is {type(value).__name__}.")
        got.append(float(value))
    wanted = [weight(n, size) for n, size in SIZES]
    if np.allclose(got, wanted):
        return passed(
            f"Right for {len(SIZES)} coalitions of 2 to 9 players.",
            "Small and large coalitions count most, and those of nobody and of everybody are constraints.",
        )
    inside = [not end for end in ENDS]
    if np.allclose(np.array(got)[inside], np.array(wanted)[inside]):
        return failed("Right between the ends, but for size 0 and for size n the weight is infinite: np.inf.")
    for words, mistake in weight_mistakes().items():
        mistaken = [mistake(n, size) for (n, size), keep in zip(SIZES, inside, strict=True) if keep]
        if np.allclose(np.array(got)[inside], mistaken):
            return failed(words)
    largest_game = [mine for (n, size), mine in zip(SIZES, got, strict=True) if n == SIZES[-1][0] and 0 < size < n]
    if (np.diff(largest_game) > 0).all():
        return failed("Your weight grows with the size, as LIME's heuristic kernels do: Kernel SHAP's is symmetric.")
    number = next(k for k, keep in enumerate(inside) if keep and not np.isclose(got[k], wanted[k]))
    n, size = SIZES[number]
    return failed(f"For n = {n} and size = {size} the weight is {wanted[number]:.4g}; yours is {got[number]:.4g}.")


def weight(n: int, size: int) -> float:
    return inf if size in (0, n) else (n - 1) / (comb(n, size) * size * (n - size))


def weight_mistakes() -> dict[str, Callable[[int, int], float]]:
    """What typical mistakes return between the ends, by the advice for each."""
    return {
        "That is the weight of all coalitions of this size together: divide by their number, C(n, size).": (
            lambda n, s: (n - 1) / (s * (n - s))
        ),
        "These are the weights of Shapley's sum over coalitions without i; the regression has its own.": (
            lambda n, s: factorial(s) * factorial(n - s - 1) / factorial(n)
        ),
        "The coalitions of this size are C(n, size), chosen among all n players.": (
            lambda n, s: (n - 1) / (comb(n - 1, s) * s * (n - s))
        ),
        "The numerator is n − 1, not n.": lambda n, s: n / (comb(n, s) * s * (n - s)),
        "The numerator n − 1 is missing.": lambda n, s: 1 / (comb(n, s) * s * (n - s)),
        "The factors size and n − size are missing.": lambda n, s: (n - 1) / comb(n, s),
        "The factor n − size is missing: the weights are the same for S and for its complement.": (
            lambda n, s: (n - 1) / (comb(n, s) * s)
        ),
    }

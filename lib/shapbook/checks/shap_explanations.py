"""Checks of the exercises of the page *SHAP for redshifts*."""

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import numpy as np

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, known_slip, passed
from shapbook.photometry import COLOURS
from shapbook.spectra import BREAK

__all__ = ["baseline_shapley", "break_redshift", "read_waterfall"]

PHI = np.array([0.05, -0.32, -0.21, 0.17, -0.03])
BASE = 0.9
X, B = np.array([1.0, 2.0, -1.0, 0.5]), np.array([0.0, 0.5, 1.0, -1.0])


def read_waterfall(function: Callable[[np.ndarray, float, list[str]], Any]) -> Verdict:
    """Check a learner's function (phi, base_value, names) that returns ranked names and the prediction."""
    names = list(COLOURS)
    value, fault = attempt(function, PHI.copy(), BASE, list(names))
    if fault:
        return fault
    if not isinstance(value, tuple | list) or len(value) != 2:
        return failed("Return two things, the list of names and the prediction: `return names_ranked, prediction`.")
    order, prediction = value
    if np.ndim(prediction) and not np.ndim(order):
        return failed("The two things come in the other order: first the list of names, then the prediction.")
    fault = array_fault(prediction, (), "The prediction")
    if fault:
        return fault
    findings = (order_fault(order, names), prediction_fault(float(prediction)))
    if any(findings):
        return failed(*filter(None, findings))
    return passed(
        "The names are ranked by |φ|, and base value and SHAP values add up to f(x).",
        "That sum is local accuracy: it holds for every galaxy.",
    )


def order_fault(order: Sequence[Any], names: list[str]) -> str:
    """Return what is wrong with a learner's ranking, or nothing."""
    if isinstance(order, str) or not np.iterable(order):
        return f"The ranking must be a list of names; yours is {type(order).__name__}."
    got = [str(name) for name in order]
    ranked = [names[i] for i in np.argsort(-np.abs(PHI))]
    if got == ranked:
        return ""
    if sorted(got) != sorted(names):
        return f"The ranking must hold each of the names {', '.join(names)} once; yours is {', '.join(got)}."
    if got == ranked[::-1]:
        return "Your list runs from the smallest contribution to the largest: turn it round."
    if got in ([names[i] for i in np.argsort(-PHI)], [names[i] for i in np.argsort(PHI)]):
        return "You ranked by φ with its sign: −0.32 contributes more than +0.17. Sort by |φ|."
    return f"The order is off: expected {', '.join(ranked)}, got {', '.join(got)}."


def prediction_fault(prediction: float) -> str:
    """Return what is wrong with a learner's prediction, or nothing."""
    slips = {
        "The prediction lacks the base value: f(x) = φ₀ + Σφ.": PHI.sum(),
        "You added |φ|: contributions keep their sign in the sum.": BASE + np.abs(PHI).sum(),
        "You averaged the SHAP values: local accuracy is about their sum.": BASE + PHI.mean(),
        "You took the sum off the base value: f(x) = φ₀ + Σφ.": BASE - PHI.sum(),
    }
    if np.isclose(prediction, BASE + PHI.sum(), atol=1e-6):
        return ""
    for words, mistaken in slips.items():
        if np.isclose(prediction, mistaken, atol=1e-6):
            return words
    return f"The prediction is {prediction:.3f} where φ₀ + Σφ = {BASE + PHI.sum():.3f}."


def trial_model(points: np.ndarray) -> np.ndarray:
    """A function with interactions of two and of three features, and one feature that it does not use."""
    points = np.atleast_2d(points)
    a, b, c = points[:, 0], points[:, 1], points[:, 2]
    return 0.8 + a + 2 * a * b - b * c + 0.7 * a * b * c


def coalition_values() -> dict[frozenset[int], float]:
    """The value of every coalition of the trial game."""
    n = len(X)
    subsets = [frozenset(i for i in range(n) if code >> i & 1) for code in range(2**n)]
    points = np.array([[X[i] if i in s else B[i] for i in range(n)] for s in subsets])
    return dict(zip(subsets, trial_model(points), strict=True))


def baseline_shapley(function: Callable[[Callable[..., Any], np.ndarray, np.ndarray], Any]) -> Verdict:
    """Check a learner's function (f, x, b) that returns the Shapley values of the game with one baseline."""
    x, b = X.copy(), B.copy()
    value, fault = attempt(function, trial_model, x, b)
    fault = fault or array_fault(value, X.shape, "The Shapley values")
    if fault:
        return fault
    if not (np.array_equal(x, X) and np.array_equal(b, B)):
        return failed("Your function changes x or b, so every ordering but the first starts wrong: use `b.copy()`.")
    got = np.asarray(value, dtype=float)
    v, n = coalition_values(), len(X)
    marginals = np.zeros((0, n))
    for ordering in permutations(range(n)):
        before, row = frozenset[int](), np.zeros(n)
        for i in ordering:
            row[i] = v[before | {i}] - v[before]
            before |= {i}
        marginals = np.vstack([marginals, row])
    wanted = marginals.mean(axis=0)
    if np.allclose(got, wanted, atol=1e-4):
        return passed(
            "Your values are exact on a trial function with interactions of two and three features.",
            f"They sum to f(x) − f(b) = {v[frozenset(range(n))] - v[frozenset()]:.3f}, "
            "and the feature the function ignores gets 0.",
        )
    alone = np.array([v[frozenset({i})] - v[frozenset()] for i in range(n)])
    everyone = frozenset(range(n))
    last = np.array([v[everyone] - v[everyone - {i}] for i in range(n)])
    banzhaf = np.array([np.mean([v[s | {i}] - v[s] for s in v if i not in s]) for i in range(n)])
    slips = {
        "Your values have the wrong sign: features inside S come from x, those outside from b.": -wanted,
        "You add each feature to the baseline alone: average over all coalitions before it.": alone,
        "You take each feature out of x alone: average over all coalitions before it.": last,
        "You give every coalition the same weight (Banzhaf): weight S by |S|! (n − |S| − 1)! / n!.": banzhaf,
        "You add over the orderings but do not divide by their number, n!.": wanted * len(marginals),
    }
    if words := known_slip(got, slips, atol=1e-4):
        return failed(words)
    if any(np.allclose(got, row, atol=1e-4) for row in marginals):
        return failed("These are the marginal contributions along one ordering: average over all n! of them.")
    total = v[everyone] - v[frozenset()]
    if np.isclose(got.sum(), v[everyone], atol=1e-4):
        return failed(
            f"Your values sum to f(x) = {v[everyone]:.3f}, where efficiency asks for f(x) − f(b) = {total:.3f}: "
            "what the baseline earns by itself, f(b), belongs to no feature."
        )
    if not np.isclose(got.sum(), total, atol=1e-4):
        return failed(f"Your values sum to {got.sum():.3f}, where efficiency asks for f(x) − f(b) = {total:.3f}.")
    return failed("The sum is right, but not the shares: does every ordering count once?")


def break_redshift(function: Callable[[np.ndarray], Any]) -> Verdict:
    """Check a learner's function (wavelength) that returns the redshift of the 4000 Å break seen there."""
    wavelength = np.array([4000.0, 5500.0, 6900.0, 8200.0, 10_000.0])
    value, fault = attempt(function, wavelength.copy())
    fault = fault or array_fault(value, wavelength.shape, "The redshifts")
    if fault:
        return fault
    got, wanted = np.asarray(value, dtype=float), wavelength / BREAK - 1
    if np.allclose(got, wanted, atol=1e-6):
        return passed("Right: observed wavelength = 4000 Å × (1 + z), so the break is in y at z = 1.5.")
    slips = {
        "That is 1 + z: take 1 off.": wanted + 1,
        "You divided the rest wavelength by the observed one: the observed one is the longer.": 1 / (wanted + 1) - 1,
        "That is the shift in Å: divide it by 4000 Å.": wavelength - BREAK,
        "You divided the shift by the observed wavelength: redshift is measured in rest wavelengths.": (
            1 - BREAK / wavelength
        ),
        "You used the Balmer break at 3646 Å: the exercise asks for 4000 Å.": wavelength / 3646 - 1,
    }
    if words := known_slip(got, slips, atol=1e-3):
        return failed(words)
    return failed(f"At 8200 Å the break is seen at z = 1.05; you have {got[3]:.3g}.")

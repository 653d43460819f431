"""Checks of the exercises of the page *Strengths and limits*."""

from collections.abc import Callable, Iterable
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, known_slip, passed

__all__ = ["confounded_slope", "merged_background", "mix_bands", "pair_interaction"]

PHI_ONE, N_ONE = np.array([0.30, -0.10, 0.25, 0.05, 0.00]), 30
PHI_TWO, N_TWO = np.array([0.10, 0.40, -0.20, 0.15, 0.05]), 90
X_MAGS, B_MAGS = np.array([26.5, 24.0, 23.0, 22.6, 22.4, 22.3]), np.array([25.1, 24.9, 24.5, 23.8, 23.5, 23.4])
PRESENT = np.array([False, True, True, False, False, True])
N_PLAYERS, PAIR = 4, (1, 3)
WORTHS = np.random.default_rng(7).normal(size=2**N_PLAYERS).round(2)
EFFECT, HARM, REACTION, VAR_CLOUDS, VAR_REST = 1.25, 2.0, 0.6, 0.8, 0.05


def merged_background(function: Callable[[np.ndarray, int, np.ndarray, int], Any]) -> Verdict:
    """Check a learner's function (phi_one, n_one, phi_two, n_two) that returns values against both backgrounds."""
    value, fault = attempt(function, PHI_ONE.copy(), N_ONE, PHI_TWO.copy(), N_TWO)
    fault = fault or array_fault(value, PHI_ONE.shape, "The SHAP values")
    if fault:
        return fault
    got, n = np.asarray(value, dtype=float), N_ONE + N_TWO
    wanted = (N_ONE * PHI_ONE + N_TWO * PHI_TWO) / n
    if np.allclose(got, wanted, atol=1e-9):
        return passed(
            "Right: the game against a background is the mean of the games against its members,",
            "and by additivity the SHAP values are the mean of theirs.",
        )
    slips = {
        "You gave both backgrounds the same weight: one has 90 samples, the other 30.": (PHI_ONE + PHI_TWO) / 2,
        "The weights are swapped: the larger background counts more.": (N_TWO * PHI_ONE + N_ONE * PHI_TWO) / n,
        "You added the two: a larger background is a longer mean, not a larger sum.": PHI_ONE + PHI_TWO,
        "You weighted by the numbers of samples, but did not divide by their sum.": n * wanted,
    }
    return failed(
        known_slip(got, slips, atol=1e-6) or f"For the first feature you have {got[0]:.4f}; expected {wanted[0]:.4f}."
    )


def differences(mags: np.ndarray) -> np.ndarray:
    return mags[:-1] - mags[1:]


def mix_bands(function: Callable[[np.ndarray, np.ndarray, np.ndarray], Any]) -> Verdict:
    """Check a learner's function (x, b, present) that returns the colours of a galaxy mixed band by band."""
    value, fault = attempt(function, X_MAGS.copy(), B_MAGS.copy(), PRESENT.copy())
    fault = fault or array_fault(value, (5,), "The colours")
    if fault:
        return fault
    got, x, b = np.asarray(value, dtype=float), X_MAGS - X_MAGS.mean(), B_MAGS - B_MAGS.mean()
    wanted = differences(np.where(PRESENT, x, b))
    if np.allclose(got, wanted, atol=1e-9):
        return passed(
            "Right: both galaxies are brought to the same mean magnitude, and then the bands are mixed.",
            "The bands present carry two colours each, and a single one leaves a spike in the spectrum.",
        )
    raw = differences(np.where(PRESENT, X_MAGS, B_MAGS))
    slips = {
        "You mixed the magnitudes as they are: the galaxies differ in brightness, and that shows up as colour. "
        "Take the mean magnitude off each galaxy first.": raw,
        "You mixed colours: a band player sets a magnitude, and both colours that contain it.": np.where(
            PRESENT[:-1], differences(x), differences(b)
        ),
        "The signs are reversed: a colour is the bluer minus the redder magnitude.": -wanted,
        "The bands present must come from x, the absent ones from b.": differences(np.where(PRESENT, b, x)),
    }
    return failed(
        known_slip(got, slips, atol=1e-6)
        or f"The first colour should be {wanted[0]:.2f} mag; yours is {got[0]:.2f} mag."
    )


def worth(coalition: Iterable[int]) -> float:
    """The value of a coalition in the trial game."""
    return float(WORTHS[sum(1 << player for player in set(coalition))])


def weighted_differences(weight: Callable[[int], float]) -> float:
    """The sum of v(S ∪ ij) − v(S ∪ i) − v(S ∪ j) + v(S) over the coalitions without the pair, weighted by size."""
    i, j = PAIR
    others, total = [k for k in range(N_PLAYERS) if k not in PAIR], 0.0
    for size in range(len(others) + 1):
        for s in combinations(others, size):
            total += weight(size) * (worth({*s, i, j}) - worth({*s, i}) - worth({*s, j}) + worth(s))
    return total


def pair_interaction(function: Callable[[Callable[..., float], int, int, int], Any]) -> Verdict:
    """Check a learner's function (value, n, i, j) that returns the Shapley interaction index of two players."""
    value, fault = attempt(function, worth, N_PLAYERS, *PAIR)
    fault = fault or array_fault(value, (), "The interaction")
    if fault:
        return fault
    got, n = np.asarray(value, dtype=float), N_PLAYERS
    wanted = weighted_differences(lambda size: factorial(size) * factorial(n - size - 2) / factorial(n - 1))
    if np.isclose(got, wanted, atol=1e-6):
        return passed(
            "Right, on a game of four players with random values.",
            "The weights are those of a Shapley value among n − 1 players, the pair counted as one of them.",
        )
    alone, last = weighted_differences(lambda size: size == 0), weighted_differences(lambda size: size == n - 2)
    slips = {
        "You used the weights of a single player, |S|! (n − |S| − 1)! / n!: the pair leaves n − 2 others, "
        "so it is |S|! (n − |S| − 2)! / (n − 1)!.": weighted_differences(
            lambda size: factorial(size) * factorial(n - size - 1) / factorial(n)
        ),
        "You gave every coalition the same weight (Banzhaf).": weighted_differences(lambda size: 2.0 ** (2 - n)),
        "You looked at the two alone: average over the coalitions of the others.": alone,
        "You looked at the full coalition only: average over all coalitions of the others.": last,
        "You summed over all coalitions without weights.": weighted_differences(lambda size: 1.0),
        "You averaged over sizes, but within one size the coalitions have to be averaged too.": weighted_differences(
            lambda size: 1 / (n - 1)
        ),
        "That is half of it: here the whole interaction is asked for, not each player's half.": wanted / 2,
        "The sign is reversed: together minus single, so v(S ∪ ij) comes with a plus.": -wanted,
    }
    return failed(
        known_slip(got, slips, atol=1e-6) or f"The interaction should be {wanted:.4f}; yours is {float(got):.4f}."
    )


def confounded_slope(function: Callable[[float, float, float, float, float], Any]) -> Verdict:
    """Check a learner's function (effect, harm, reaction, var_clouds, var_rest) that returns a fitted slope."""
    value, fault = attempt(function, EFFECT, HARM, REACTION, VAR_CLOUDS, VAR_REST)
    fault = fault or array_fault(value, (), "The slope")
    if fault:
        return fault
    got = np.asarray(value, dtype=float)
    covariance, variance = REACTION * VAR_CLOUDS, REACTION**2 * VAR_CLOUDS + VAR_REST
    wanted = EFFECT - HARM * covariance / variance
    if np.isclose(got, wanted, atol=1e-6):
        return passed(
            f"Right: the effect is {EFFECT:+.2f}, and the fit finds {wanted:+.2f}.",
            "Both are true: one of the world, the other of the data.",
        )
    slips = {
        "That is the effect: the fit mixes it with what the clouds do.": EFFECT,
        "The clouds make images shallower, so their part comes with a minus.": EFFECT + HARM * covariance / variance,
        "You left out the rest of the exposure's variance, var_rest.": EFFECT - HARM / REACTION,
        "You have the covariance of exposure and clouds; divide it by the variance of the exposure.": EFFECT
        - HARM * covariance,
        "You took the reaction itself: the slope of clouds on exposure is Cov/Var(exposure), "
        "and reaction is the slope the other way round.": EFFECT - HARM * REACTION,
        "You divided by the variance of the clouds and of the rest: the clouds enter the exposure times reaction.": (
            EFFECT - HARM * covariance / (VAR_CLOUDS + VAR_REST)
        ),
    }
    return failed(known_slip(got, slips, atol=1e-6) or f"The slope should be {wanted:.3f}; yours is {float(got):.3f}.")

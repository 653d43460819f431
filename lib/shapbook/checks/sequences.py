"""Checks of the exercises of the page *Sequences*."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, known_slip, passed

__all__ = ["evidence_in_order", "hide_windows", "rms_pull"]

STEPS, LENGTH = 32, 4
PRESENT = np.array([True, False, True, True, False, False, True, True])
VALUES = np.array([[0.5, -0.2, 0.1], [0.0, 0.3, 0.4]])
ERRORS = np.array([[0.1, 0.05, 0.0], [0.2, 0.1, 0.1]])
EXACT = np.array([[0.38, -0.25, 0.1], [0.1, 0.25, 0.55]])
WORTHS = np.array([0.1, -0.4, 0.7, 1.6])
TOGETHER = 0.9


def trial_sequence() -> np.ndarray:
    """A light curve whose entries all differ, with a flag of 1 at two steps in three."""
    rng = np.random.default_rng(5)
    flags = (np.arange(STEPS)[:, None] + [0, 1]) % 3 > 0
    return np.concatenate([np.where(flags, rng.uniform(0.2, 1.5, (STEPS, 2)), 0), flags], axis=1)


def hide_windows(function: Callable[[np.ndarray, np.ndarray], Any]) -> Verdict:
    """Check a learner's function (sequence, present) that takes the visits of absent windows away."""
    x = trial_sequence()
    value, fault = attempt(function, x.copy(), PRESENT.copy())
    if not fault and np.shape(value) == (LENGTH * int(PRESENT.sum()), 4):
        return failed("You cut the absent steps out, so what follows moves in time: keep all 32 steps, and put 0.")
    fault = fault or array_fault(value, x.shape, "The sequence")
    if fault:
        return fault
    got, kept = np.asarray(value, dtype=float), np.repeat(PRESENT, LENGTH)[:, None]
    if np.allclose(got, x * kept):
        return passed(
            "Right: flux and flag of an absent window are 0, as where the survey did not look.",
            "Everything else is as it was.",
        )
    flux, flag = np.array([1, 1, 0, 0], dtype=bool), np.array([0, 0, 1, 1], dtype=bool)
    slips = {
        "The flags of absent windows still say “observed”: zero flux is then a measurement, not a gap.": x
        * (kept | flag),
        "You cleared the flags, but left the fluxes of absent windows in place.": x * (kept | flux),
        "You hid the windows that are present: True means that a window stays.": x * ~kept,
        "You repeated the eight booleans one after the other; each has to stand for four steps in a row.": x
        * np.tile(PRESENT, LENGTH)[:, None],
        "Nothing was hidden.": x,
    }
    if words := known_slip(got, slips):
        return failed(words)
    wrong = np.flatnonzero(~np.isclose(got, x * kept).all(axis=1))
    return failed(f"Step {wrong[0]} is off: expected {(x * kept)[wrong[0]].round(2)}, got {got[wrong[0]].round(2)}.")


def rms_pull(function: Callable[[np.ndarray, np.ndarray, np.ndarray], Any]) -> Verdict:
    """Check a learner's function (values, errors, exact) that returns the root-mean-square pull."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value, fault = attempt(function, VALUES.copy(), ERRORS.copy(), EXACT.copy())
    if not fault and np.ndim(value) == 0 and isinstance(value, float | np.floating) and not np.isfinite(value):
        return failed("Your result is not finite: leave out the player whose standard error is 0 before you divide.")
    fault = fault or array_fault(value, (), "The result")
    if fault:
        return fault
    known = ERRORS > 0
    off, error = (VALUES - EXACT)[known], ERRORS[known]
    pulls, got = off / error, float(value)
    wanted = np.sqrt(np.mean(pulls**2))
    if np.isclose(got, wanted, atol=1e-9):
        return passed(
            f"Right: {wanted:.3f} on the trial numbers.",
            "Near 1 the standard errors have the size of the true ones.",
        )
    slips = {
        "That is the mean square: take its root.": np.mean(pulls**2),
        "That is the mean |pull|; for normal errors it is 0.8 and not 1. Square before you average.": np.mean(
            np.abs(pulls)
        ),
        "That is the mean pull, in which errors of both signs cancel: square first.": np.mean(pulls),
        "You did not divide by the standard errors: that is the rms error in units of the values.": np.sqrt(
            np.mean(off**2)
        ),
        "You divided by the squares of the standard errors.": np.sqrt(np.mean((off / error**2) ** 2)),
        "You counted the player without an error as one with a pull of 0: leave it out.": np.sqrt(
            np.sum(pulls**2) / VALUES.size
        ),
        "You divided by the exact values: that is a relative error.": np.sqrt(np.mean((off / EXACT[known]) ** 2)),
    }
    if words := known_slip(got, slips, atol=1e-6):
        return failed(words)
    return failed(f"Expected {wanted:.3f}, got {got:.3f}.")


def worth(coalition: Iterable[int]) -> float:
    """The value of a coalition of four windows: a base, their own worths, and a bonus for 1 and 3 together."""
    members = set(coalition)
    return 0.25 + sum(WORTHS[k] for k in members) + TOGETHER * ({1, 3} <= members)


def evidence_in_order(function: Callable[[Callable[..., float], int], Any]) -> Verdict:
    """Check a learner's function (value, n) that returns what each window adds in order of time."""
    n = len(WORTHS)
    value, fault = attempt(function, worth, n)
    if not fault and np.shape(value) == (n + 1,):
        return failed("You returned the values of the past after 0, 1, …, n windows; take their differences.")
    fault = fault or array_fault(value, (n,), "The contributions")
    if fault:
        return fault
    got = np.asarray(value, dtype=float)
    past = np.array([worth(range(k)) for k in range(n + 1)])
    wanted = np.diff(past)
    if np.allclose(got, wanted, atol=1e-9):
        return passed(
            "Right, in a game in which two windows tell more together.",
            f"They sum to v(N) − v(∅) = {wanted.sum():.2f}, as in every ordering.",
        )
    backwards = np.array([worth(range(k, n)) - worth(range(k + 1, n)) for k in range(n)])
    half = WORTHS + TOGETHER / 2 * np.array([0, 1, 0, 1])
    slips = {
        "These are the values of the past, not what each window added: subtract the one before.": past[1:],
        "You counted from the empty past each time: subtract the value just before the window came.": past[1:]
        - past[0],
        "You asked each window alone: what it adds depends on the windows before it.": WORTHS,
        "Your windows come in the reverse order: 0 is the first.": backwards,
        "These are Shapley values, the mean over all orders: here there is one order only.": half,
        "The signs are reversed: after minus before.": -wanted,
    }
    if words := known_slip(got, slips, atol=1e-6):
        return failed(words)
    return failed(f"Window 3 should add {wanted[3]:.2f}; yours adds {got[3]:.2f}.")

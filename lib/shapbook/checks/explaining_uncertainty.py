"""Checks of the exercises of the page *Explaining uncertainty*."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import log_softmax, xlogy

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, known_slip, passed

__all__ = ["adds_up", "entropy", "entropy_games", "swap_patch"]

LOGITS = np.array([[0.0, 0.0, 0.0], [2.0, 1.0, -1.0], [0.5, 0.5, -3.0]])
EXTREME = np.array([[1000.0, 0.0, -1000.0], [1000.0, 1000.0, -1000.0]])
P = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.9, 0.05, 0.05]])


def entropy(function: Callable[[np.ndarray], Any]) -> Verdict:
    """Check a learner's function from logits (N, n_classes) to entropies (N,) in nats."""
    value, fault = attempt(function, LOGITS.copy())
    fault = fault or array_fault(value, (len(LOGITS),), "The entropies")
    if fault:
        return fault
    got, log_p = np.asarray(value, dtype=float), log_softmax(LOGITS, axis=1)
    wanted = -(np.exp(log_p) * log_p).sum(axis=1)
    slips = {
        "The sign is wrong: H = −Σ p ln p is never negative.": -wanted,
        "These are bits: use the natural logarithm for nats.": wanted / np.log(2),
        "You averaged over the classes: the entropy is a sum.": wanted / LOGITS.shape[1],
        "You took the softmax over the galaxies: sum over the classes, axis 1.": other_axis(LOGITS),
        "That is −Σ ln p: weight each logarithm with its p.": -log_p.sum(axis=1),
    }
    for words, mistaken in slips.items():
        if np.allclose(got, mistaken, atol=1e-6) and not np.allclose(wanted, mistaken, atol=1e-6):
            return failed(words)
    if not np.allclose(got, wanted, atol=1e-6):
        return failed(f"For equal logits the entropy is ln 3 = 1.0986; for {LOGITS[1]} it is {wanted[1]:.4f}.")
    return extreme_fault(function) or passed(
        "Your entropies are right, also where a probability underflows to 0.",
        "Equal logits give ln 3, the largest entropy of three classes.",
    )


def other_axis(logits: np.ndarray) -> np.ndarray:
    p = np.exp(log_softmax(logits, axis=0))
    return -xlogy(p, p).sum(axis=1)


def extreme_fault(function: Callable[[np.ndarray], Any]) -> Verdict | None:
    """Return the verdict on entropies of logits of ±1,000 that are off, or None."""
    with np.errstate(all="ignore"):
        value, fault = attempt(function, EXTREME.copy())
    if fault:
        return fault
    got = np.asarray(value, dtype=float)
    if not np.isfinite(got).all():
        return failed(
            "Right for small logits, but not a number for logits of ±1,000: exp overflows, or 0 · ln 0 is met. "
            "Subtract the largest logit of each row, and take ln p from the logits."
        )
    if not np.allclose(got, [0, np.log(2)], atol=1e-6):
        return failed(
            f"For the logits 1000, 1000, −1000 the entropy is ln 2 = 0.6931; you have {got[1]:.4f}: "
            "a small number added to p or a clipped logit changes the answer."
        )
    return None


def entropy_games(function: Callable[[np.ndarray], Any]) -> Verdict:
    """Check a learner's function from probabilities (n_background, n_classes) to E[H], H[E] and their difference."""
    value, fault = attempt(function, P.copy())
    fault = fault or array_fault(value, (3,), "E[H], H[E] and the mutual information")
    if fault:
        return fault
    got, mean = np.asarray(value, dtype=float), P.mean(axis=0)
    each, together = -xlogy(P, P).sum(axis=1).mean(), -xlogy(mean, mean).sum()
    wanted = np.array([each, together, together - each])
    if np.allclose(got, wanted, atol=1e-6):
        return passed(
            "Both games and their difference are right.",
            "H[E] is never smaller than E[H], since the entropy is concave.",
        )
    slips = {
        "The first two are swapped: E[H] averages entropies, H[E] is the entropy of the average.": wanted[[1, 0, 2]],
        "The mutual information has the wrong sign: it is H[E] − E[H], and never negative.": wanted * [1, 1, -1],
        "These are bits: use the natural logarithm.": wanted / np.log(2),
        "You summed the entropies over the background: average them.": np.array(
            [each * len(P), together, together - each * len(P)]
        ),
    }
    if words := known_slip(got, slips, atol=1e-6):
        return failed(words)
    off = [
        name for name, ok in zip(("E[H]", "H[E]", "their difference"), np.isclose(got, wanted), strict=True) if not ok
    ]
    return failed(f"Off: {', '.join(off)}. Expected {np.round(wanted, 4)}, got {np.round(got, 4)}.")


def trial_blocks(gap: float) -> np.ndarray:
    """Blocks of attributions whose sum misses 1 by `gap` standard errors, and whose pixels vary together."""
    rng = np.random.default_rng(3)
    pixels = rng.normal(size=(8, 32, 32)) / 1024 + rng.normal(size=(8, 1, 1)) / 10_240
    sums = pixels.sum(axis=(1, 2))
    error = sums.std(ddof=1) / np.sqrt(8)
    return pixels + (1 + gap * error - sums.mean()) / 1024


def adds_up(function: Callable[[np.ndarray, float, float], Any]) -> Verdict:
    """Check a learner's function (blocks, output, base) that returns the miss in standard errors, and a verdict."""
    for gap, holds in ((1.5, True), (-7.0, False), (9.0, False)):
        blocks = trial_blocks(gap)
        value, fault = attempt(function, blocks.copy(), 1.4, 0.4)
        if fault:
            return fault
        if not isinstance(value, tuple | list) or len(value) != 2:
            return failed("Return two things, the miss in standard errors and True or False: `return miss, holds`.")
        fault = array_fault(value[0], (), "The miss") or miss_fault(float(value[0]), gap, blocks)
        if fault:
            return fault
        if bool(value[1]) != holds:
            return failed(
                f"A miss of {gap:g} standard errors gave {bool(value[1])}: True means fewer than 4, whatever the sign."
            )
    return passed(
        "You find sums that fit and sums that do not, on either side.",
        "A sum that fits proves bookkeeping; one that misses by many standard errors proves a fault.",
    )


def miss_fault(got: float, gap: float, blocks: np.ndarray) -> Verdict | None:
    """Return the verdict on a miss that is off, or None."""
    sums = blocks.sum(axis=(1, 2))
    difference, error = sums.mean() - 1, sums.std(ddof=1) / np.sqrt(len(sums))
    by_pixel = np.sqrt((blocks.var(axis=0, ddof=1) / len(blocks)).sum())
    slips = {
        "You divided by the spread of the blocks: the error of their mean is √n_blocks times smaller.": gap
        / np.sqrt(8),
        "You added the pixels' errors in squares: the pixels of a block vary together, so sum each block first.": (
            difference / by_pixel
        ),
        "The sign is turned: the miss is Σφ − (f(x) − E[f]).": -gap,
        "That is the miss itself: divide it by the standard error of the sum.": difference,
        "You compared with f(x): the base value has to be taken off.": (sums.mean() - 1.4) / error,
    }
    if np.isclose(got, gap, rtol=1e-3):
        return None
    if words := known_slip(got, slips, rtol=1e-3):
        return failed(words)
    return failed(f"For blocks that miss by {gap:g} standard errors you have {got:.3g} (use ddof=1 for the spread).")


def swap_patch(function: Callable[[np.ndarray, np.ndarray, int, int], Any]) -> Verdict:
    """Check a learner's function (image, background, row, column) that puts a patch of each background image in."""
    rng = np.random.default_rng(5)
    image, background = rng.random((1, 32, 32)), rng.random((3, 1, 32, 32))
    given_image, given_background = image.copy(), background.copy()
    value, fault = attempt(function, given_image, given_background, 2, 0)
    fault = fault or array_fault(value, (3, 1, 32, 32), "The copies")
    if fault:
        return fault
    if not (np.array_equal(given_image, image) and np.array_equal(given_background, background)):
        return failed("You changed the image or the background you were given: work on a copy.")
    got = np.asarray(value, dtype=float)
    wanted = swapped(image, background, 2, 0)
    if np.allclose(got, wanted):
        return passed("The patch comes from each background image in turn, and the rest from the galaxy.")
    slips = {
        "Row and column are swapped: the row counts from the top.": swapped(image, background, 0, 2),
        "It is the other way round: the patch comes from the background, the rest from the image.": (
            image + background - wanted
        ),
        "Nothing was swapped: assign the block of the copies.": np.repeat(image[None], 3, axis=0),
        "All copies have the patch of one background image: each has that of its own.": swapped(
            image, np.repeat(background[:1], 3, axis=0), 2, 0
        ),
        "The patch is black: its pixels come from the background images.": swapped(image, 0 * background, 2, 0),
    }
    if words := known_slip(got, slips):
        return failed(words)
    changed = int((got != image).any(axis=(0, 1)).sum())
    return failed(f"A patch has 8 × 8 = 64 pixels; {changed} pixels of yours differ from the image.")


def swapped(image: np.ndarray, background: np.ndarray, row: int, column: int) -> np.ndarray:
    copies = np.repeat(image[None], len(background), axis=0)
    place = (..., slice(8 * row, 8 * row + 8), slice(8 * column, 8 * column + 8))
    copies[place] = background[place]
    return copies

"""Checks of the exercises of the page *Saliency maps*."""

from collections.abc import Callable
from typing import Any

import numpy as np

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, known_slip, passed

__all__ = ["alike_and_chance", "delete", "integrated"]

X, BASELINE, N_STEPS = np.array([2.0, -1.0, 3.0]), np.array([0.5, 1.0, -1.0]), 4
SLOPES = np.array([1.0, -2.0, 0.5])


def cubic_gradient(point: np.ndarray) -> np.ndarray:
    """Gradient of f = Σ aᵢ xᵢ³, whose integral the midpoint rule does not get exactly."""
    point = np.asarray(point, dtype=float)
    if point.shape != X.shape:
        msg = f"gradient takes one point of shape {X.shape}, not {point.shape}"
        raise ValueError(msg)
    return 3 * SLOPES * point**2


def mean_gradient(start: np.ndarray, end: np.ndarray, shares: np.ndarray) -> np.ndarray:
    return np.mean([cubic_gradient(start + share * (end - start)) for share in shares], axis=0)


def integrated(function: Callable[[Callable, np.ndarray, np.ndarray, int], Any]) -> Verdict:
    """Check a learner's function (gradient, x, b, n_steps) that returns Integrated Gradients by the midpoint rule."""
    x, baseline = X.copy(), BASELINE.copy()
    value, fault = attempt(function, cubic_gradient, x, baseline, N_STEPS)
    fault = fault or array_fault(value, X.shape, "The attributions")
    if fault:
        return fault
    if not (np.array_equal(x, X) and np.array_equal(baseline, BASELINE)):
        return failed("You changed the point or the baseline you were given: work on a copy.")
    got, way = np.asarray(value, dtype=float), X - BASELINE
    middles, left = (np.arange(N_STEPS) + 0.5) / N_STEPS, np.arange(N_STEPS) / N_STEPS
    mean = mean_gradient(BASELINE, X, middles)
    slips = {
        "That is the mean gradient: multiply it with (x − b).": mean,
        "You summed the gradients: the integral is their mean, since t runs from 0 to 1.": N_STEPS * way * mean,
        "You multiplied with x: the way from the baseline is x − b.": X * mean,
        "The sign is turned: the way goes from b to x.": -way * mean,
        "Your way starts at 0: it starts at the baseline, b + t (x − b).": way * mean_gradient(0 * X, X, middles),
        "That is input × gradient: take the gradient all along the way, not at x only.": way * cubic_gradient(X),
        "You took the beginning of each step: take its middle, t = (k + ½)/n_steps.": (
            way * mean_gradient(BASELINE, X, left)
        ),
        "You took the end of each step: take its middle, t = (k + ½)/n_steps.": (
            way * mean_gradient(BASELINE, X, left + 1 / N_STEPS)
        ),
        "You took points from 0 to 1 with both ends: take the middles of the steps, t = (k + ½)/n_steps.": (
            way * mean_gradient(BASELINE, X, np.linspace(0, 1, N_STEPS))
        ),
    }
    if np.allclose(got, way * mean):
        return passed(
            "Your attributions are right.",
            "For f = Σ aᵢ xᵢ³ four steps miss completeness by a few per cent; more steps close the gap.",
        )
    if words := known_slip(got, slips):
        return failed(words)
    return failed(f"For f = Σ aᵢ xᵢ³ the attributions are {np.round(way * mean, 3)}; you have {np.round(got, 3)}.")


def trial_maps() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    envelope = np.exp(-((np.arange(32) - 16) ** 2) / 40)
    first, second = rng.normal(size=(2, 32, 32)) * np.outer(envelope, envelope)
    return first, second + 0.3 * first


def alike_and_chance(function: Callable[[np.ndarray, np.ndarray], Any]) -> Verdict:
    """Check a learner's function (first, second) that returns the cosine of |maps|, and its mean when shuffled."""
    first, second = trial_maps()
    value, fault = attempt(function, first.copy(), second.copy())
    fault = fault or array_fault(value, (2,), "The cosine and its value by chance")
    if fault:
        return fault
    got, one, two = np.asarray(value, dtype=float), np.abs(first), np.abs(second)
    norms = np.linalg.norm(first) * np.linalg.norm(second)
    wanted = np.array([(one * two).sum(), one.sum() * two.mean()]) / norms
    return cosine_fault(got[0], wanted[0], first, second) or chance_fault(got, wanted, first.size)


def cosine_fault(got: float, wanted: float, first: np.ndarray, second: np.ndarray) -> Verdict | None:
    """Return the verdict on a cosine that is off, or None."""
    one, two = np.abs(first), np.abs(second)
    norms = np.linalg.norm(first) * np.linalg.norm(second)
    slips = {
        "You kept the signs: take the absolute values of both maps first.": (first * second).sum() / norms,
        "You subtracted the means: that is a correlation, not a cosine.": np.corrcoef(one.ravel(), two.ravel())[0, 1],
        "That is the inner product: divide it by both norms.": (one * two).sum(),
        "np.linalg.norm with ord=2 is not the norm of the pixels: leave `ord` out, or flatten the map.": (
            (one * two).sum() / (np.linalg.norm(one, 2) * np.linalg.norm(two, 2))
        ),
    }
    if np.isclose(got, wanted, rtol=1e-6):
        return None
    if words := known_slip(got, slips, rtol=1e-6):
        return failed(words)
    return failed(f"The cosine of the two trial maps without sign is {wanted:.4f}; you have {got:.4f}.")


def chance_fault(got: np.ndarray, wanted: np.ndarray, n_pixels: int) -> Verdict:
    """Return the verdict on the value by chance, the cosine being right."""
    if np.isclose(got[1], wanted[1], rtol=1e-6):
        return passed(
            "Both numbers are right.",
            f"Without sign these maps are alike to {wanted[0]:.2f}, of which chance alone gives {wanted[1]:.2f}.",
        )
    slips = {
        "By chance the cosine is not 0: without sign nothing cancels.": 0.0,
        "You forgot the number of pixels: the inner product is a sum over all of them.": wanted[1] / n_pixels,
        "You summed both maps: of n² products of pixels, a shuffled map makes n on average.": wanted[1] * n_pixels,
        "2/π is the value for normal values without any pattern: here the maps have one.": 2 / np.pi,
    }
    if words := known_slip(got[1], slips, rtol=1e-6, atol=1e-12):
        return failed("The cosine is right.", words)
    if abs(got[1] - wanted[1]) < 0.05:
        return failed("The cosine is right.", "Chance is close, but sampled: write its mean down, without shuffling.")
    return failed("The cosine is right.", f"By chance it would be {wanted[1]:.4f}; you have {got[1]:.4f}.")


def delete(function: Callable[[np.ndarray, np.ndarray, np.ndarray, float], Any]) -> Verdict:
    """Check a learner's function (image, phi, fill, share) that replaces the pixels of the largest attribution."""
    rng = np.random.default_rng(5)
    given = rng.random((32, 32)), rng.normal(size=(32, 32)), rng.random((32, 32))
    image, phi, fill = (array.copy() for array in given)
    value, fault = attempt(function, image, phi, fill, 0.3)
    fault = fault or array_fault(value, (32, 32), "The image")
    if fault:
        return fault
    if not all(map(np.array_equal, (image, phi, fill), given)):
        return failed("You changed an array you were given: work on a copy.")
    got = np.asarray(value, dtype=float)
    if np.array_equal(got, replaced(image, phi, fill)):
        return passed("The right pixels are replaced, by those of the fill.", "307 of 1,024 pixels are 30 %.")
    slips = {
        "You replaced the pixels with the smallest attribution: take the largest.": replaced(image, -phi, fill),
        "You ranked by |φ|: a pixel that speaks against the class is not among the best.": replaced(
            image, np.abs(phi), fill
        ),
        "The pixels are black: take those of the fill.": replaced(image, phi, 0 * fill),
        "It is the other way round: those pixels come from the fill, the rest from the image.": replaced(
            fill, phi, image
        ),
        "You replaced a share of every row: the ranking is over the whole map.": by_row(image, phi, fill),
        "Nothing was replaced.": image,
    }
    if words := known_slip(got, slips):
        return failed(words)
    changed = int((got != image).sum())
    return failed(f"30 % of 1,024 pixels are 307; {changed} pixels of yours differ from the image.")


def replaced(image: np.ndarray, phi: np.ndarray, fill: np.ndarray, share: float = 0.3) -> np.ndarray:
    n = round(share * image.size)
    return np.where(phi >= np.sort(phi, axis=None)[-n], fill, image)


def by_row(image: np.ndarray, phi: np.ndarray, fill: np.ndarray) -> np.ndarray:
    return np.stack([replaced(*rows) for rows in zip(image, phi, fill, strict=True)])

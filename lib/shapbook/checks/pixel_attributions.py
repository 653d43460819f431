"""Checks of the exercises of the page *Pixel attributions*."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, known_slip, passed

__all__ = ["images_needed", "predicted_classes", "rescale_values", "share_and_chance"]

X, B = np.array([1.0, 2.0, -1.0]), np.array([0.0, 0.5, 1.0])
# the first two units differ between x and b, one across the kink; the last two do not, one above the kink, one below
WEIGHTS = np.array([[1.0, 1.0, 0.5], [-1.0, 2.0, 0.5], [1.0, 0.0, 0.5], [2.0, 0.0, 1.0]])
BIAS = np.array([-1.5, 0.5, 1.0, -3.0])
OUT = np.array([2.0, -1.0, 1.5, 1.0])

SUMS = np.array([[2.0, 1.5, 0.1], [-3.0, -1.0, -2.0], [0.5, 0.2, 0.9], [1.0, -4.0, 0.3]])
BASE = np.array([-1.5, 0.2, 1.0])


def small_network(points: np.ndarray) -> np.ndarray:
    """The trial network: points (n_points, 3) → outputs (n_points,)."""
    return np.clip(points @ WEIGHTS.T + BIAS, 0, None) @ OUT


def with_slopes(slopes: np.ndarray) -> np.ndarray:
    """What the inputs get if each hidden unit passes its difference on with a slope."""
    return (OUT * slopes) @ WEIGHTS * (X - B)


def shapley_of_trial() -> np.ndarray:
    """Exact Shapley values of the trial network at X against the baseline B."""
    phi, orderings = np.zeros(len(X)), list(permutations(range(len(X))))
    for ordering in orderings:
        point = B.copy()
        for feature in ordering:
            before = small_network(point[None])[0]
            point[feature] = X[feature]
            phi[feature] += (small_network(point[None])[0] - before) / len(orderings)
    return phi


def rescale_values(function: Callable[..., Any]) -> Verdict:
    """Check a learner's function (x, b, weights, bias, out): DeepLIFT's values for one hidden layer of ReLUs."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value, fault = attempt(function, X.copy(), B.copy(), WEIGHTS.copy(), BIAS.copy(), OUT.copy())
    if fault:
        return fault
    if np.shape(value) == X.shape and not np.isfinite(np.asarray(value, dtype=float)).all():
        return failed(
            "Some of your values are not finite: where u_x = u_b the secant is 0/0.",
            "Take the derivative of the ReLU there, with `np.where` and a denominator that is never 0.",
        )
    fault = array_fault(value, X.shape, "The values")
    if fault:
        return fault
    got = np.asarray(value, dtype=float)
    u_x, u_b = WEIGHTS @ X + BIAS, WEIGHTS @ B + BIAS
    differ = u_x != u_b
    rise = np.clip(u_x, 0, None) - np.clip(u_b, 0, None)
    secant = np.divide(rise, u_x - u_b, out=np.zeros_like(rise), where=differ)
    slopes = np.where(differ, secant, u_x > 0)
    wanted = with_slopes(slopes)
    if np.allclose(got, wanted, atol=1e-6):
        return passed(
            "Your values follow the rescale rule, also where a unit does not change.",
            f"They sum to f(x) − f(b) = {wanted.sum():.2f}; the exact Shapley values have the same sum, "
            f"but are {', '.join(f'{phi:.2f}' for phi in shapley_of_trial())}.",
        )
    slips = {
        "You took the slope of each ReLU at x: the rule takes the secant from b to x.": with_slopes(u_x > 0),
        "You took the slope of each ReLU at b: the rule takes the secant from b to x.": with_slopes(u_b > 0),
        "A unit with u_x = u_b still shares among its inputs what cancels in the sum: take the derivative, not 0.": (
            with_slopes(secant)
        ),
        "A unit with u_x = u_b below the kink passes nothing on: the derivative of the ReLU is 0 there, not 1.": (
            with_slopes(np.where(differ, secant, 1))
        ),
        "These are the multipliers m_i: multiply them by x_i − b_i.": (OUT * slopes) @ WEIGHTS,
        "You multiplied by x_i: the multipliers go with the difference, x_i − b_i.": (OUT * slopes) @ WEIGHTS * X,
        "Your values have the wrong sign: the differences run from b to x.": -wanted,
        "You left out the weights of the output: the multipliers of both layers are multiplied.": (
            slopes @ WEIGHTS * (X - B)
        ),
        "These are the exact Shapley values, which average over orders; the rescale rule uses one secant.": (
            shapley_of_trial()
        ),
    }
    if words := known_slip(got, slips, atol=1e-6):
        return failed(words)
    if not np.isclose(got.sum(), wanted.sum(), atol=1e-6):
        return failed(f"Your values sum to {got.sum():.3f}, where f(x) − f(b) = {wanted.sum():.3f}.")
    return failed("The sum is right, but not the shares: which slope does each hidden unit have?")


def trial_array() -> np.ndarray:
    """An array as `DeepExplainer` returns it for four galaxies: (4, 1, 32, 32, 3), with the sums SUMS."""
    noise = np.random.default_rng(2).normal(size=(4, 1, 32, 32, 3))
    return noise - noise.mean(axis=(1, 2, 3), keepdims=True) + SUMS[:, None, None, None] / 1024


def predicted_classes(function: Callable[[np.ndarray, np.ndarray], Any]) -> Verdict:
    """Check a learner's function (values, base_values) that reads the predicted classes off SHAP values."""
    value, fault = attempt(function, trial_array(), BASE.copy())
    if fault:
        return fault
    logits = SUMS + BASE
    if np.shape(value) == logits.shape and np.allclose(np.asarray(value, dtype=float), logits, atol=1e-6):
        return failed("These are the logits, and they are right: return for each galaxy the class with the largest.")
    if np.shape(value) == (3,):
        return failed("You return one number for each class: the galaxies are the first axis, and must stay.")
    fault = array_fault(value, (4,), "The classes")
    if fault:
        return fault
    got = np.asarray(value, dtype=float)
    if np.array_equal(got, logits.argmax(axis=1)):
        return passed(
            "Base value plus the sum over all pixels is the logit, and the largest logit is the prediction.",
            "The base values matter: without them two of the four galaxies would change their class.",
        )
    slips = {
        "You left out the base values: they differ from class to class.": SUMS.argmax(axis=1),
        "You took the base values off; they are added: f(x) = φ₀ + Σφ.": (SUMS - BASE).argmax(axis=1),
        "You averaged over the pixels, so that the base values alone decide: local accuracy is about the sum.": (
            np.full(4, BASE.argmax())
        ),
        "You compared |Σφ|: the sign says whether the class gains or loses.": np.abs(SUMS).argmax(axis=1),
    }
    if words := known_slip(got, slips):
        return failed(words)
    return failed(f"Expected the classes {logits.argmax(axis=1).tolist()}, got {got.tolist()}: which axes do you sum?")


def trial_maps() -> np.ndarray:
    """Maps of one galaxy against each of 40 background images: (40, 32, 32)."""
    rng = np.random.default_rng(4)
    converged = 0.04 * rng.normal(size=(32, 32))
    return converged + 0.15 * rng.normal(size=(40, 32, 32))


def images_needed(function: Callable[[np.ndarray, float], Any]) -> Verdict:
    """Check a learner's function (maps, tolerance) that says how many background images are enough."""
    maps, tolerance = trial_maps(), 0.2
    value, fault = attempt(function, maps.copy(), tolerance)
    fault = fault or array_fault(value, (), "The number of images")
    if fault:
        return fault
    got = float(value)
    spread, size = maps.var(axis=0, ddof=1).sum(), (maps.mean(axis=0) ** 2).sum()
    exact = spread / (tolerance**2 * size)
    wanted = int(np.ceil(exact))
    # also right: the variance over n instead of n − 1, or a size from which the noise is subtracted
    variants = {exact, exact * 39 / 40, spread / (tolerance**2 * (size - spread / 40))}
    if any(got == np.ceil(variant) for variant in variants):
        return passed(
            f"For these maps {wanted} images bring the relative distance down to {tolerance:.0%}.",
            "One run with a few images told it: no converged map is needed.",
        )
    if any(np.floor(variant) <= got < np.ceil(variant) for variant in variants):
        return failed(f"A number of images is whole, and must be enough: round {exact:.2f} up.")
    slips = {
        "The distance falls as 1/√B, so that the tolerance enters squared.": spread / (tolerance * size),
        "You worked with 1/B: the distance is the root of the variance over B.": np.sqrt(exact),
        "You averaged the variance over the pixels but summed the squares of the map: treat both alike.": exact / 1024,
        "The tolerance is relative: divide by the squared norm of the mean map.": spread / tolerance**2,
        "The squared distance is compared with the *squared* norm of the map.": spread / (tolerance**2 * np.sqrt(size)),
        "You added standard deviations: variances of the pixels add up in a squared distance.": (
            maps.std(axis=0, ddof=1).sum() / (tolerance**2 * size)
        ),
    }
    for words, mistaken in slips.items():
        if abs(got - mistaken) <= 1:
            return failed(words)
    return failed(f"Expected {wanted} images for a tolerance of {tolerance:.0%}, got {got:g}.")


def trial_map_and_mask() -> tuple[np.ndarray, np.ndarray]:
    """A map (32, 32) with values of both signs, stronger inside a mask that covers three sixteenths."""
    mask = np.zeros((32, 32), dtype=bool)
    mask[8:20, 4:20] = True
    phi = np.random.default_rng(5).normal(size=(32, 32))
    return np.where(mask, 2 * phi + 0.5, phi), mask


def share_and_chance(function: Callable[[np.ndarray, np.ndarray], Any]) -> Verdict:
    """Check a learner's function (phi, mask): the share of positive attribution in a mask, and what chance gives."""
    phi, mask = trial_map_and_mask()
    value, fault = attempt(function, phi.copy(), mask.copy())
    if fault:
        return fault
    if np.shape(value) != (2,):
        return failed("Return two numbers, the share and what chance gives: `return share, chance`.")
    fault = array_fault(value, (2,), "Share and chance")
    if fault:
        return fault
    share, chance = np.asarray(value, dtype=float)
    positive = np.clip(phi, 0, None)
    shares = {
        "": positive[mask].sum() / positive.sum(),
        "You took |φ|: the question is where the *positive* attribution falls.": (
            np.abs(phi)[mask].sum() / np.abs(phi).sum()
        ),
        "You let negative values cancel positive ones: set them to 0 first.": phi[mask].sum() / phi.sum(),
        "You counted pixels with positive φ: weigh each with its φ.": (phi[mask] > 0).sum() / (phi > 0).sum(),
        "Your share is the part outside the mask.": positive[~mask].sum() / positive.sum(),
        "Your share is a sum: divide by the positive attribution of the whole map.": positive[mask].sum(),
    }
    chances = {
        "": mask.mean(),
        "Your chance is the share of the area outside the mask.": 1 - mask.mean(),
        "Your chance is a number of pixels: divide by all 1,024 of them.": mask.sum(),
        "Your chance is one half: attribution without regard to the mask falls on it by its area.": 0.5,
        "Your chance is taken from φ; it should know the mask only.": (phi[mask] > 0).mean(),
    }
    findings = (
        named_fault(share, shares, f"The share is {share:.3f} where it should be {shares['']:.3f}."),
        named_fault(chance, chances, f"The chance is {chance:.3f} where it should be {chances['']:.3f}."),
    )
    if any(findings):
        return failed(*filter(None, findings))
    return passed(
        f"{share:.1%} of the positive attribution falls on {chance:.1%} of the area.",
        "That beats chance, which is no proof: a map that follows the light may beat it too.",
    )


def named_fault(got: float, known: dict[str, float], otherwise: str) -> str:
    """Return the words of the known value that was got, nothing for the right one, or other words."""
    return next((words for words, value in known.items() if np.isclose(got, value, atol=1e-6)), otherwise)

"""Checks of the exercises on uncertain redshifts."""

from typing import Any

import numpy as np
from scipy import stats

from shapbook import noise
from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, passed

__all__ = ["colour_noise", "noisy_redshifts", "randomised_pit"]


def colour_noise(function: Any) -> Verdict:  # noqa: ANN401 - a learner may pass anything
    """Check a function that turns magnitude errors (n_galaxies, 6) into colour covariances (n_galaxies, 5, 5)."""
    errors = np.random.default_rng(11).uniform(0.02, 0.4, size=(4, 6))
    value, fault = attempt(function, errors.copy())
    if fault:
        return fault
    if np.shape(value) == (4, 5):
        return failed(
            "You return one number a colour, the shape is (4, 5). A noise model needs a matrix a galaxy, (4, 5, 5): "
            "the variances on its diagonal, and beside it the covariances of the colours that share a band."
        )
    if np.shape(value) == (5, 5):
        return failed("You return one matrix for all galaxies: each has its own errors, so the shape is (4, 5, 5).")
    if np.shape(value) == (4, 6, 6):
        return failed("You return a matrix of the six magnitudes: five colours are wanted, so (4, 5, 5).")
    if fault := array_fault(value, (4, 5, 5), "The covariances"):
        return fault
    got = np.asarray(value, dtype=float)
    wanted = noise.colour_covariance(errors)
    if np.allclose(got, wanted):
        return passed(
            "Each variance is the sum of two bands' variances; each pair of adjacent colours has minus the variance "
            "of the band it shares."
        )
    findings = [variances_finding(got, errors), covariances_finding(got, errors, wanted)]
    return failed(*[finding for finding in findings if finding])


def variances_finding(got: np.ndarray, errors: np.ndarray) -> str:
    blue, red = errors[:, :-1], errors[:, 1:]
    diagonal = np.diagonal(got, axis1=1, axis2=2)
    if np.allclose(diagonal, blue**2 + red**2):
        return ""
    if np.allclose(diagonal, blue**2) or np.allclose(diagonal, red**2):
        return (
            "The spread is √2 too small where the two bands are equally noisy: did you add the variances of both "
            "bands? Yours has one band's only."
        )
    if np.allclose(diagonal, (blue**2 + red**2) / 2):
        return "The spread is √2 too small: you averaged the variances of the two bands. They add up."
    if np.allclose(diagonal, np.sqrt(blue**2 + red**2)):
        return (
            "The diagonal holds standard deviations σ in place of variances σ²: leave out the square root. "
            "With errors below 1 mag, σ is larger than σ², and the galaxies would look far too uncertain."
        )
    if np.allclose(diagonal, blue + red):
        return "The diagonal holds σ + σ: errors do not add, variances do. Square each band's error before the sum."
    if np.allclose(diagonal, (blue + red) ** 2):
        return (
            "The diagonal holds (σ + σ)²: square each band's error first, then add. Independent errors partly cancel."
        )
    if np.allclose(diagonal, blue**2 - red**2) or np.allclose(diagonal, red**2 - blue**2):
        return "The diagonal holds a difference of variances: magnitudes are subtracted, but their variances add up."
    return "The variances on the diagonal are off: for ug they should be σ_u² + σ_g², and so on to zy."


def covariances_finding(got: np.ndarray, errors: np.ndarray, wanted: np.ndarray) -> str:
    upper = np.diagonal(got, offset=1, axis1=1, axis2=2)
    lower = np.diagonal(got, offset=-1, axis1=1, axis2=2)
    shared = errors[:, 1:-1]
    far = got[:, np.abs(np.subtract.outer(np.arange(5), np.arange(5))) > 1]
    if np.allclose(upper, -(shared**2)) and np.allclose(lower, -(shared**2)):
        return "" if np.allclose(far, 0) else "Colours that share no band, such as ug and ri, have covariance 0."
    if np.allclose(upper, 0) and np.allclose(lower, 0):
        return (
            "The covariances are missing: ug = u − g and gr = g − r share the band g. "
            "When g comes out too large, ug falls and gr rises."
        )
    if np.allclose(upper, shared**2) and np.allclose(lower, shared**2):
        return "The covariances have the wrong sign: the shared band enters one colour with + and the other with −."
    if np.allclose(upper, -shared) and np.allclose(lower, -shared):
        return "The covariances hold −σ in place of −σ²: square the shared band's error."
    if np.allclose(upper, -(shared**2)) or np.allclose(lower, -(shared**2)):
        return "The matrix is not symmetric: write each covariance above and below the diagonal."
    if np.allclose(upper, -(errors[:, :-2] * errors[:, 1:-1])):
        return (
            "The covariances multiply the errors of two bands, −σ_u σ_g: these are independent. What ug and gr share "
            "is g alone, with the covariance −σ_g²."
        )
    if np.allclose(upper, -(errors[:, :-2] ** 2)) or np.allclose(upper, -(errors[:, 2:] ** 2)):
        return "The covariances take the wrong band: for ug and gr it is the one they share, g; then r, i and z."
    if np.allclose(upper, wanted[:, range(4), range(1, 5)] * 2):
        return "The covariances are twice too large: the shared band counts once."
    return "The covariances beside the diagonal are off: for ug and gr it should be −σ_g², then −σ_r², −σ_i², −σ_z²."


def noisy_redshifts(function: Any) -> Verdict:  # noqa: ANN401
    """Check a function (predict, colours, covariance, n_draws, rng) → predictions of shape (n_galaxies, n_draws).

    It is tried on a linear prediction, whose mean and spread are known in closed form, with 3,000 draws for each of
    eight galaxies. The tolerance is 6 standard errors, so a right answer is refused less than once in 10⁶ times.
    """
    rng = np.random.default_rng(12)
    n_galaxies, n_draws = 8, 3_000
    colours = rng.normal(size=(n_galaxies, 5))
    errors = rng.uniform(0.05, 0.3, size=(n_galaxies, 6))
    covariance = noise.colour_covariance(errors)
    weights = np.array([0.5, -1.0, 0.8, 0.3, -0.6])
    rows_seen = []

    def predict(rows: np.ndarray) -> np.ndarray:
        rows_seen.append(len(rows))
        return np.asarray(rows) @ weights

    value, fault = attempt(function, predict, colours.copy(), covariance.copy(), n_draws, rng)
    if fault:
        return fault
    if np.shape(value) == (n_draws, n_galaxies):
        return failed("The axes are swapped: one row a galaxy, so the shape is (n_galaxies, n_draws).")
    if np.shape(value) in ((n_galaxies,), (2, n_galaxies), (n_galaxies, 2)):
        return failed("You return a summary: return all predictions, of shape (n_galaxies, n_draws).")
    if fault := array_fault(value, (n_galaxies, n_draws), "The predictions"):
        return fault
    got = np.asarray(value, dtype=float)
    spread = noise.linear_spread(weights, covariance)
    ratio = got.std(axis=1) / spread
    tolerance = 6 / np.sqrt(2 * n_draws)
    if np.allclose(ratio, 0):
        return failed("All copies of a galaxy agree: no noise was added before the prediction.")
    if sum(rows_seen) < n_galaxies * n_draws:
        return failed(
            f"You predicted {sum(rows_seen):,} rows for {n_galaxies:,} × {n_draws:,} copies: add the noise to the "
            "colours, and predict every copy."
        )
    if (np.abs(got.mean(axis=1) - colours @ weights) > 6 * got.std(axis=1) / np.sqrt(n_draws)).any():
        return failed(
            "The copies are not centred on the measured colours: add the noise to each galaxy's own colours, "
            "and mind the order when you reshape (n_galaxies × n_draws) rows back."
        )
    if (np.abs(ratio - 1) > tolerance).any():
        return failed(spread_finding(ratio, tolerance, weights, covariance))
    if np.abs(np.corrcoef(got)[np.triu_indices(n_galaxies, 1)]).max() > 6 / np.sqrt(n_draws):
        return failed("The galaxies share the same noise: draw it anew for each galaxy.")
    if len(rows_seen) >= n_galaxies:
        return passed(
            "The mean and the spread agree with the closed form of a linear prediction.",
            f"You called `predict` {len(rows_seen):,} times; one call for all rows is faster.",
        )
    return passed("The mean and the spread agree with the closed form of a linear prediction.")


def spread_finding(ratio: np.ndarray, tolerance: float, weights: np.ndarray, covariance: np.ndarray) -> str:
    right = noise.linear_spread(weights, covariance)
    variances = np.diagonal(covariance, axis1=1, axis2=2)

    def fits(other: np.ndarray) -> bool:
        return bool((np.abs(ratio * right / other - 1) < tolerance).all())

    if fits(np.sqrt(variances @ weights**2)):
        return "The spread is the one without covariances: draw from the whole matrix and not from its diagonal alone."
    if fits(np.sqrt(np.sqrt(variances) @ weights**2)):
        return "The spread is the one of σ in the place of σ²: the matrix holds variances already, take no root of it."
    if fits(np.sqrt(variances**2 @ weights**2)):
        return (
            "You scaled standard normal numbers by the variances: scale them by standard deviations, its square root."
        )
    if fits(np.linalg.norm(np.linalg.cholesky(covariance) @ weights, axis=-1)):
        return (
            "You multiplied the noise by the transpose of the Cholesky factor: for Σ = L Lᵀ the copies are x + L ε, "
            "which for rows of ε is `ε @ L.T`."
        )
    if fits(np.full_like(right, np.sqrt((right**2).mean()))) or np.ptp(ratio * right) < tolerance * right.mean():
        return "Every galaxy has the same spread: use each galaxy's own covariance."
    if fits(right * np.sqrt(2)):
        return "The spread is √2 too large: the noise was added twice."
    return (
        f"The spread is {ratio.min():.2f} to {ratio.max():.2f} times the right one, from galaxy to galaxy: draw from a "
        "normal with each galaxy's covariance, for instance with `rng.multivariate_normal`."
    )


def randomised_pit(function: Any) -> Verdict:  # noqa: ANN401
    """Check a function that ranks truths among draws: (draws, truth, rng) → PIT values of shape (n_galaxies,).

    Each of the 2,000 values must lie in the interval of its rank, and u must pass a Kolmogorov–Smirnov test that a
    right answer fails once in 10⁶ times.
    """
    rng = np.random.default_rng(13)
    n_galaxies, n_draws = 2_000, 9
    draws = rng.normal(size=(n_galaxies, n_draws))
    truth = rng.normal(size=n_galaxies)
    value, fault = attempt(function, draws.copy(), truth.copy(), rng)
    if fault:
        return fault
    if fault := array_fault(value, (n_galaxies,), "The PIT values"):
        return fault
    got = np.asarray(value, dtype=float)
    rank = (draws < truth[:, None]).sum(axis=1)
    if got.max() > 1:
        return failed(f"A PIT value is {got.max():.3g}: it is a probability, so divide the rank by n + 1.")
    if np.allclose(got, rank / n_draws):
        share = np.mean((rank == 0) | (rank == n_draws))
        return failed(
            f"You return rank/n. It takes only the values 0, 1/n, … 1, and {share:.0%} of your galaxies sit exactly on "
            "0 or 1: with n draws there are n + 1 places for the truth. Return (rank + u)/(n + 1) with u uniform."
        )
    if any(np.allclose(got, (rank + shift) / (n_draws + 1)) for shift in (0, 0.5, 1)):
        return failed("The ranks are not randomised: add u, uniform between 0 and 1, before you divide by n + 1.")
    u = got * (n_draws + 1) - rank
    mirrored = got * (n_draws + 1) - (n_draws - rank)
    if ((mirrored >= 0) & (mirrored <= 1)).all():
        return failed(
            "You count the draws above the truth: the PIT counts those below, so a large one means z is large."
        )
    if np.allclose(u, u[0]):
        return failed("All galaxies share one u: draw one for each, `rng.random(len(truth))`.")
    u_of_n = got * n_draws - rank
    if ((u_of_n >= -1e-9) & (u_of_n <= 1 + 1e-9)).all() and not ((u >= 0) & (u <= 1)).all():
        return failed("You divide by n: n draws leave n + 1 places for the truth, so divide rank + u by n + 1.")
    if not ((u >= 0) & (u <= 1)).all():
        wrong = np.mean((u < 0) | (u > 1))
        return failed(
            f"{wrong:.0%} of the values lie outside their place, rank/(n + 1) to (rank + 1)/(n + 1), where rank is the "
            "number of that galaxy's own draws below its truth."
        )
    if stats.kstest(u, "uniform").pvalue < 1e-6:
        return failed("The ranks are right, but u is not uniform between 0 and 1: use `rng.random`.")
    return passed(
        "Each truth has its place among n + 1, and u spreads it evenly within: uniform for any number of draws."
    )

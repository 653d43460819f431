"""Judge predictive distributions by what happened: PIT, coverage, CRPS, CDE loss, and a verdict in words."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

__all__ = [
    "Diagnosis",
    "bin_masses",
    "cde_loss",
    "coverage",
    "crps",
    "diagnose",
    "mean_and_error",
    "pit",
    "pit_band",
]


def pit(draws: ArrayLike, truth: ArrayLike, rng: np.random.Generator) -> np.ndarray:
    """Return the probability integral transform (PIT) of each truth: its randomised rank among the draws, in (0, 1).

    With `rank` of `n` draws below the truth, the value is (rank + u)/(n + 1) with u uniform. If truth and draws come
    from the same distribution it is exactly uniform, for any n; rank/n is not, and it piles up at 0 and 1.
    Draws equal to the truth are put below or above it at random.

    Arguments:
        draws: Predictive draws, of shape (n_galaxies, n_draws), or (n_draws,) when all galaxies share them.
        truth: True values, of shape (n_galaxies,).
        rng: Source of u.

    Returns:
        PIT values of shape (n_galaxies,).

    Raises:
        ValueError: If the shapes do not fit or an entry is not finite.

    Example:
        >>> pit([[1, 2, 3]], [2.5], np.random.default_rng(0)).round(2)  # between 2/4 and 3/4
        array([0.66])
    """
    draws, truth = matching(draws, truth)
    below = (draws < truth[:, None]).sum(axis=-1)
    equal = (draws == truth[:, None]).sum(axis=-1)
    rank = below + rng.integers(0, equal + 1)
    return (rank + rng.random(len(truth))) / (draws.shape[-1] + 1)


def matching(draws: ArrayLike, truth: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    draws, truth = np.asarray(draws), np.asarray(truth)
    if truth.ndim != 1 or draws.ndim not in (1, 2) or (draws.ndim == 2 and len(draws) != len(truth)):
        msg = (
            f"Draws of shape {draws.shape} for truths of shape {truth.shape}: "
            "expected (n_galaxies, n_draws) or (n_draws,), and (n_galaxies,)."
        )
        raise ValueError(msg)
    if not (np.isfinite(draws).all() and np.isfinite(truth).all()):
        msg = "Draws and truths must be finite: a NaN has no rank."
        raise ValueError(msg)
    return np.atleast_2d(draws), truth


def pit_band(n_galaxies: int, n_bins: int, level: float = 0.95, *, simultaneous: bool = False) -> tuple[int, int]:
    """Return the lowest and highest count that chance allows in a histogram bin of uniform PIT values.

    A bin's count is binomial. Pointwise, each single bin lies in the band with at least the stated probability, so
    of many bins a few fall outside. Simultaneously, all bins together do (Bonferroni's bound).

    Arguments:
        n_galaxies: Number of PIT values.
        n_bins: Number of equal bins.
        level: Probability of the band.
        simultaneous: Whether it is meant for all bins together.

    Raises:
        ValueError: If a number is out of range.

    Example:
        >>> pit_band(10_000, 20)
        (458, 543)
    """
    if n_galaxies < 1 or n_bins < 1 or not 0 < level < 1:
        msg = f"Got {n_galaxies} galaxies, {n_bins} bins, level {level}: expected positive numbers and 0 < level < 1."
        raise ValueError(msg)
    miss = (1 - level) / (n_bins if simultaneous else 1)
    low, high = stats.binom.ppf([miss / 2, 1 - miss / 2], n_galaxies, 1 / n_bins)
    return int(low), int(high)


def mean_and_error(values: ArrayLike) -> tuple[float, float]:
    """Return the mean of independent values and its standard error.

    Example:
        >>> mean_and_error([1, 2, 3, 4])[0]
        2.5
    """
    values = np.asarray(values, dtype=float)
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def coverage(pit_values: ArrayLike, level: float) -> tuple[float, float]:
    """Return the share of galaxies whose central interval of the given level holds the truth, and its standard error.

    The truth lies in the central interval when its PIT is within level/2 of one half.

    Raises:
        ValueError: If the level is not between 0 and 1.

    Example:
        >>> coverage([0.1, 0.3, 0.6, 0.8], 0.68)[0]
        0.75
    """
    if not 0 < level < 1:
        msg = f"The level of the interval is {level}: expected a number between 0 and 1, such as 0.68."
        raise ValueError(msg)
    share = float(np.mean(np.abs(np.asarray(pit_values) - 0.5) <= level / 2))
    return share, float(np.sqrt(share * (1 - share) / np.size(pit_values)))


def crps(draws: ArrayLike, truth: ArrayLike) -> np.ndarray:
    """Estimate each galaxy's continuous ranked probability score, E|Z − z| − E|Z − Z′|/2, from draws; less is better.

    It has the unit of z and equals the absolute error for a prediction without spread. The estimate is unbiased for
    any number of draws (pairs of a draw with itself are left out).

    Arguments:
        draws: Predictive draws, of shape (n_galaxies, n_draws), or (n_draws,) when all galaxies share them.
        truth: True values, of shape (n_galaxies,).

    Returns:
        Scores of shape (n_galaxies,).

    Raises:
        ValueError: If the shapes do not fit, an entry is not finite, or there is only one draw.

    References:
        Strictly Proper Scoring Rules, Prediction, and Estimation (Gneiting & Raftery, 2007),
        https://doi.org/10.1198/016214506000001437

    Example:
        >>> crps([[0.0, 2.0]], [1.0])
        array([0.])
    """
    draws, truth = matching(draws, truth)
    n = draws.shape[-1]
    if n < 2:
        msg = "One draw has no spread: the CRPS needs at least two draws a galaxy."
        raise ValueError(msg)
    weights = (2 * np.arange(1, n + 1) - n - 1) / (n * (n - 1))  # mean of |Z − Z′|/2 over pairs, from sorted draws
    return np.abs(draws - truth[:, None]).mean(axis=-1) - np.sort(draws, axis=-1).astype(float) @ weights


def bin_masses(draws: ArrayLike, edges: ArrayLike) -> np.ndarray:
    """Return the share of each galaxy's draws in each bin; draws beyond the edges count in the outermost bins.

    Arguments:
        draws: Predictive draws, of shape (n_galaxies, n_draws).
        edges: Increasing bin edges, of shape (n_bins + 1,).

    Returns:
        Probabilities of shape (n_galaxies, n_bins); each row sums to 1.

    Example:
        >>> bin_masses([[0.1, 0.2, 0.7, 9.0]], [0, 0.5, 1])
        array([[0.5, 0.5]])
    """
    draws, edges = np.atleast_2d(draws), np.asarray(edges)
    n_galaxies, n_bins = len(draws), len(edges) - 1
    places = np.searchsorted(edges[1:-1], draws, side="right") + n_bins * np.arange(n_galaxies)[:, None]
    counts = np.bincount(places.ravel(), minlength=n_galaxies * n_bins)
    return counts.reshape(n_galaxies, n_bins) / draws.shape[-1]


def cde_loss(masses: ArrayLike, edges: ArrayLike, truth: ArrayLike) -> np.ndarray:
    """Return each galaxy's conditional density estimation (CDE) loss, ∫p(z)² dz − 2p(z_true); less is better.

    Its mean is, up to a constant that is the same for all predictions, the mean of ∫(p − p_true)² dz. The density
    is taken constant within each bin; bins wider than a density's features blur it and cost it.

    Arguments:
        masses: Probabilities of the bins, of shape (n_galaxies, n_bins), or (n_bins,) when all galaxies share them.
        edges: Increasing bin edges, of shape (n_bins + 1,).
        truth: True values, of shape (n_galaxies,); values beyond the edges count in the outermost bins.

    Returns:
        Losses of shape (n_galaxies,), in the inverse unit of z.

    Raises:
        ValueError: If the shapes do not fit, the edges do not increase, or the masses of a row do not sum to 1.

    References:
        Converting High-Dimensional Regression to High-Dimensional Conditional Density Estimation
        (Izbicki & Lee, 2017), https://arxiv.org/abs/1704.08095

    Example:
        >>> cde_loss([[0.5, 0.5]], [0, 0.5, 1], [0.3])  # uniform on [0, 1]: 1 − 2 × 1
        array([-1.])
    """
    masses, edges, truth = np.atleast_2d(masses), np.asarray(edges, dtype=float), np.asarray(truth)
    widths = np.diff(edges)
    if not (widths > 0).all() or masses.shape[-1] != len(widths) or len(masses) not in (1, len(truth)):
        msg = (
            f"Masses of shape {masses.shape} with {len(edges)} edges and {len(truth)} truths: "
            "expected (n_galaxies, n_bins), n_bins + 1 increasing edges, and (n_galaxies,)."
        )
        raise ValueError(msg)
    if not np.allclose(masses.sum(axis=-1), 1, atol=1e-3):
        msg = "The masses of a galaxy must sum to 1: widen the bins' range or normalise."
        raise ValueError(msg)
    density = masses / widths
    place = np.searchsorted(edges[1:-1], truth, side="right")
    rows = np.arange(len(truth)) if len(masses) > 1 else np.zeros(len(truth), dtype=int)
    return (density**2 @ widths)[rows] - 2 * density[rows, place]


@dataclass(frozen=True)
class Diagnosis:
    """What PIT values say of the predictions they come from.

    Attributes:
        verdict: "calibrated", or what is wrong: "biased high" or "biased low" (the predictions, against the truth),
            "too narrow" or "too wide", "not uniform".
        shift: Mean of the normal scores: by how many stated standard deviations the truth lies above the prediction.
        spread: Standard deviation of the normal scores: how many times larger the errors are than stated.
        p_values: Probability of so large a shift, spread and distance from uniform (in this order) by chance.
    """

    verdict: tuple[str, ...]
    shift: float
    spread: float
    p_values: tuple[float, float, float]

    def __str__(self) -> str:
        shift = f"{round(self.shift, 2) + 0.0:+.2f}".replace("-", "−")
        return f"{', '.join(self.verdict)} (shift {shift} σ, errors {self.spread:.2f} times the stated ones)"


def diagnose(pit_values: ArrayLike, false_alarm: float = 0.01) -> Diagnosis:
    """Tell calibrated predictions from biased, too narrow and too wide ones.

    The PIT values u are turned into normal scores Φ⁻¹(u), standard normal if the predictions are calibrated. Their
    mean is tested with the normal, their variance with the χ² distribution (both exact), and the u against uniform
    with the Kolmogorov–Smirnov test; each at a third of the false-alarm rate, so that calibrated predictions are
    called wrong with at most that probability.

    Arguments:
        pit_values: PIT values strictly between 0 and 1, of shape (n_galaxies,), at least 10.
        false_alarm: Largest probability of calling calibrated predictions wrong.

    Raises:
        ValueError: If values are not strictly between 0 and 1 or there are fewer than ten.

    References:
        Testing Density Forecasts, with Applications to Risk Management (Berkowitz, 2001),
        https://doi.org/10.1198/07350010152596718

    Example:
        >>> print(diagnose(np.linspace(0.005, 0.995, 100)))
        calibrated (shift +0.00 σ, errors 1.00 times the stated ones)
    """
    u = np.asarray(pit_values, dtype=float)
    if u.ndim != 1 or len(u) < 10 or not ((u > 0) & (u < 1)).all():
        msg = (
            f"Got PIT values of shape {u.shape} between {u.min(initial=np.inf):.3g} and {u.max(initial=-np.inf):.3g}: "
            "expected at least ten, strictly between 0 and 1. Use the randomised rank (rank + u)/(n + 1)."
        )
        raise ValueError(msg)
    scores = stats.norm.ppf(u)
    shift, spread = scores.mean(), scores.std(ddof=1)
    p_shift = 2 * stats.norm.sf(abs(shift) * np.sqrt(len(u)))
    below = stats.chi2.cdf((len(u) - 1) * spread**2, len(u) - 1)
    p_spread = 2 * min(below, stats.chi2.sf((len(u) - 1) * spread**2, len(u) - 1))
    p_shape = stats.kstest(u, "uniform").pvalue
    verdict = []
    if p_shift < false_alarm / 3:
        verdict.append("biased low" if shift > 0 else "biased high")
    if p_spread < false_alarm / 3:
        verdict.append("too narrow" if spread > 1 else "too wide")
    if not verdict and p_shape < false_alarm / 3:
        verdict.append("not uniform")
    return Diagnosis(
        tuple(verdict) or ("calibrated",),
        float(shift),
        float(spread),
        (float(p_shift), float(p_spread), float(p_shape)),
    )

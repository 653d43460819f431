"""How good are predicted redshifts: bias, spread and outliers of the scaled errors e = (ẑ − z)/(1 + z)."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = [
    "COLUMNS",
    "OUTLIER_LIMIT",
    "median_bias",
    "metrics",
    "metrics_by_bin",
    "outlier_fraction",
    "scaled_errors",
    "sigma_nmad",
]

OUTLIER_LIMIT = 0.15
NMAD = 1.4826  # 1/Φ⁻¹(3/4): σ of a normal distribution over its median absolute deviation
COLUMNS = ("n", "bias", "bias_se", "sigma_nmad", "sigma_nmad_se", "outliers", "outliers_se")


def checked(values: npt.ArrayLike, name: str) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or array.size == 0:
        msg = f"{name} has shape {array.shape}: expected one number a galaxy, of shape (n_galaxies,)."
        raise ValueError(msg)
    broken = np.count_nonzero(~np.isfinite(array))
    if broken:
        msg = (
            f"{name} has {broken} NaN or infinite entries of {array.size}: leave those galaxies out, and say how many."
        )
        raise ValueError(msg)
    return array


def scaled_errors(z_true: npt.ArrayLike, z_pred: npt.ArrayLike) -> np.ndarray:
    """Return the redshift errors in units of 1 + z, e = (ẑ − z)/(1 + z).

    A shift of the wavelength scale by δλ/λ moves a redshift by (1 + z) δλ/λ: dividing by 1 + z makes near and
    far galaxies comparable.

    Arguments:
        z_true: True redshifts, of shape (n_galaxies,).
        z_pred: Predicted redshifts of the same galaxies, of shape (n_galaxies,).

    Returns:
        Array of shape (n_galaxies,), dimensionless; positive where the prediction is too far.

    Raises:
        ValueError: If the shapes differ or are empty, an entry is NaN or infinite, or a true redshift is at
            most −1.

    References:
        The many flavours of photometric redshifts (Salvato, Ilbert & Hoyle, 2019), https://arxiv.org/abs/1805.12574

    Example:
        >>> scaled_errors([0.0, 1.0, 3.0], [0.5, 1.5, 2.0])
        array([ 0.5 ,  0.25, -0.25])
    """
    true, pred = checked(z_true, "z_true"), checked(z_pred, "z_pred")
    if true.shape != pred.shape:
        msg = (
            f"{true.size} true redshifts and {pred.size} predicted ones: expected the same galaxies in the same order."
        )
        raise ValueError(msg)
    if true.min() <= -1:
        msg = f"A true redshift is {true.min():g}: expected more than −1, as 1 + z divides. Is a value missing?"
        raise ValueError(msg)
    return (pred - true) / (1 + true)


def median_bias(errors: npt.ArrayLike) -> float:
    """Return the median of the scaled errors.

    Raises:
        ValueError: If there are no errors, or one is NaN or infinite.

    Example:
        >>> median_bias([-0.1, 0.0, 0.02, 0.03, 9.0])
        0.02
    """
    return float(np.median(checked(errors, "errors")))


def sigma_nmad(errors: npt.ArrayLike) -> float:
    """Return the normalised median absolute deviation, σ_NMAD = 1.4826 · median |e − median e|.

    For normally distributed errors it estimates their standard deviation; outliers hardly move it. Some
    authors leave the inner median out, which mixes the bias into the spread.

    Raises:
        ValueError: If there are no errors, or one is NaN or infinite.

    References:
        EAZY: A Fast, Public Photometric Redshift Code (Brammer, van Dokkum & Coppi, 2008),
        https://arxiv.org/abs/0807.1533

    Example:
        >>> sigma_nmad([-0.1, 0.0, 0.1, 0.2, 50.0])
        0.14826
    """
    array = checked(errors, "errors")
    return float(NMAD * np.median(np.abs(array - np.median(array))))


def outlier_fraction(errors: npt.ArrayLike, limit: float = OUTLIER_LIMIT) -> float:
    """Return the fraction of galaxies whose scaled error exceeds a limit in size, |e| > limit.

    Raises:
        ValueError: If there are no errors, one is NaN or infinite, or the limit is not positive.

    Example:
        >>> outlier_fraction([0.0, -0.1, 0.15, -0.2])
        0.25
    """
    if not limit > 0:
        msg = f"The limit of an outlier is {limit}: expected a positive number, such as {OUTLIER_LIMIT}."
        raise ValueError(msg)
    return float(np.mean(np.abs(checked(errors, "errors")) > limit))


def bootstrap_error(
    errors: np.ndarray, statistic: Callable[[np.ndarray], float], rng: np.random.Generator, resamples: int
) -> float:
    if errors.size < 2:
        return float("nan")
    values = [statistic(rng.choice(errors, errors.size)) for _ in range(resamples)]
    return float(np.std(values, ddof=1))


def fraction_error(fraction: float, n: int) -> float:
    """Standard deviation of a fraction's posterior under a uniform prior: binomial for many, never zero."""
    hits = round(fraction * n)
    return float(np.sqrt((hits + 1) * (n - hits + 1) / ((n + 2) ** 2 * (n + 3))))


def measure(errors: np.ndarray, rng: np.random.Generator, resamples: int) -> list[float]:
    outliers = outlier_fraction(errors)
    return [
        errors.size,
        median_bias(errors),
        bootstrap_error(errors, median_bias, rng, resamples),
        sigma_nmad(errors),
        bootstrap_error(errors, sigma_nmad, rng, resamples),
        outliers,
        fraction_error(outliers, errors.size),
    ]


def check_resamples(resamples: int) -> None:
    if resamples < 2:
        msg = f"{resamples} bootstrap resamples: expected at least 2; a hundred give the error to 7 %."
        raise ValueError(msg)


def metrics(
    z_true: npt.ArrayLike, z_pred: npt.ArrayLike, rng: np.random.Generator, *, resamples: int = 100
) -> pd.Series:
    """Return bias, σ_NMAD and outlier fraction of predicted redshifts, each with its standard error.

    Arguments:
        z_true: True redshifts, of shape (n_galaxies,).
        z_pred: Predicted redshifts, of shape (n_galaxies,).
        rng: Random generator for the bootstrap.
        resamples: Bootstrap resamples behind the errors of the two medians.

    Returns:
        Series with `n` (galaxies), `bias` (median e), `sigma_nmad` and `outliers` (fraction with |e| > 0.15),
        all dimensionless, and their standard errors: `bias_se` and `sigma_nmad_se` by bootstrap (NaN for one
        galaxy), `outliers_se` as the spread of the posterior under a uniform prior, which is never zero.

    Raises:
        ValueError: As `scaled_errors`, or if `resamples` is less than 2.

    Example:
        >>> float(metrics([1, 1, 1, 1], [1, 1, 1, 2], np.random.default_rng(0))["outliers"])
        0.25
    """
    check_resamples(resamples)
    values = measure(scaled_errors(z_true, z_pred), rng, resamples)
    return pd.Series(values, index=list(COLUMNS))


def metrics_by_bin(
    z_true: npt.ArrayLike,
    z_pred: npt.ArrayLike,
    binned: npt.ArrayLike,
    edges: npt.ArrayLike,
    rng: np.random.Generator,
    *,
    resamples: int = 100,
) -> pd.DataFrame:
    """Return the metrics of `metrics` in bins of any quantity, say the true redshift or the predicted one.

    Arguments:
        z_true: True redshifts, of shape (n_galaxies,).
        z_pred: Predicted redshifts, of shape (n_galaxies,).
        binned: What decides a galaxy's bin, of shape (n_galaxies,).
        edges: Increasing edges of the bins, of shape (n_bins + 1,). A bin holds its lower edge, not its upper
            one; galaxies outside all bins are left out, as the column `n` shows.
        rng: Random generator for the bootstrap.
        resamples: Bootstrap resamples behind the errors of the two medians.

    Returns:
        Table of n_bins rows: `low`, `high` and the entries of `metrics`; NaN in a bin without galaxies.

    Raises:
        ValueError: As `metrics`, or if `binned` has another shape, or the edges do not increase.

    Example:
        >>> table = metrics_by_bin([0.2, 0.4, 0.7], [0.2, 0.4, 1.7], [0.2, 0.4, 0.7], [0, 0.5, 1, 2],
        ...                        np.random.default_rng(0))
        >>> table[["low", "high", "n", "outliers"]].to_numpy().tolist()
        [[0.0, 0.5, 2.0, 0.0], [0.5, 1.0, 1.0, 1.0], [1.0, 2.0, 0.0, nan]]
    """
    check_resamples(resamples)
    errors, key, borders = scaled_errors(z_true, z_pred), checked(binned, "binned"), checked(edges, "edges")
    if key.shape != errors.shape:
        msg = f"binned has {key.size} entries for {errors.size} galaxies: expected one each."
        raise ValueError(msg)
    if borders.size < 2 or not (np.diff(borders) > 0).all():
        msg = f"edges are {borders.tolist()}: expected at least two, each larger than the one before."
        raise ValueError(msg)
    rows = []
    for low, high in pairwise(borders):
        inside = errors[(key >= low) & (key < high)]
        nothing = [0.0] + [float("nan")] * (len(COLUMNS) - 1)
        rows.append([low, high, *(measure(inside, rng, resamples) if inside.size else nothing)])
    return pd.DataFrame(rows, columns=["low", "high", *COLUMNS])

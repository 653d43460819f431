"""From magnitude errors to a noise model of the colours, and noise pushed through any predictor."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from shapbook import photometry

__all__ = ["colour_covariance", "linear_spread", "noisy_copies", "propagate", "usable_errors"]


def usable_errors(galaxies: pd.DataFrame, ceiling: float = 1.0) -> np.ndarray:
    """Return magnitude errors that a Gaussian noise model can use: none for a non-detection, none above the ceiling.

    A non-detection (mag 99) is a code and no measurement: with an error of 0 it stays the same code in every noisy
    copy, and its colours vary with the neighbouring band only. An error above about 1 mag means that the flux is
    fainter than its own noise, where a Gaussian in magnitudes would reach absurd values.

    Arguments:
        galaxies: Catalogue with the columns `mag_{band}_lsst` and `mag_err_{band}_lsst`.
        ceiling: Largest error kept, in mag; `numpy.inf` keeps them all.

    Returns:
        Errors of shape (n_galaxies, 6), in mag, band order u to y.

    Raises:
        ValueError: If a column is missing or the ceiling is not positive.
    """
    if not ceiling > 0:
        msg = f"The ceiling of the errors is {ceiling}: expected a positive number of magnitudes."
        raise ValueError(msg)
    errors = np.minimum(photometry.magnitude_errors(galaxies), ceiling)
    return np.where(photometry.detected(galaxies).to_numpy(), errors, 0.0)


def colour_covariance(errors: ArrayLike) -> np.ndarray:
    """Return the covariance matrices of the colours that independent magnitude errors cause.

    A colour's variance is the sum of its two bands' variances; two adjacent colours share a band, once with each
    sign, so their covariance is minus the variance of that band.

    Arguments:
        errors: Standard errors of the magnitudes, of shape (..., n_bands), in mag.

    Returns:
        Covariances of shape (..., n_bands − 1, n_bands − 1), in mag².

    Raises:
        ValueError: If there are fewer than two bands, or an error is negative or not finite.

    Example:
        >>> colour_covariance([3, 1, 2])
        array([[10., -1.],
               [-1.,  5.]])
    """
    errors = np.asarray(errors, dtype=float)
    if errors.ndim == 0 or errors.shape[-1] < 2:
        msg = f"Magnitude errors have shape {errors.shape}: expected (..., n_bands) with at least two bands."
        raise ValueError(msg)
    if not (np.isfinite(errors) & (errors >= 0)).all():
        msg = "Magnitude errors must be finite and not negative: mend or mask the others first."
        raise ValueError(msg)
    difference = np.eye(errors.shape[-1])[:-1] - np.eye(errors.shape[-1])[1:]
    return (difference * errors[..., None, :] ** 2) @ difference.T


def noisy_copies(colours: ArrayLike, covariance: ArrayLike, n_draws: int, rng: np.random.Generator) -> np.ndarray:
    """Draw Gaussian copies of each galaxy's colours.

    Arguments:
        colours: Measured colours, of shape (n_galaxies, n_colours), in mag.
        covariance: Their covariances, of shape (n_galaxies, n_colours, n_colours), in mag²; may be singular.
        n_draws: Copies of each galaxy.
        rng: Source of the random numbers.

    Returns:
        Copies of shape (n_galaxies, n_draws, n_colours), in mag, as float32.

    Raises:
        ValueError: If the shapes do not fit, or a covariance has a negative eigenvalue.
    """
    colours, covariance = np.asarray(colours), np.asarray(covariance)
    root = matrix_root(covariance, colours.shape)
    normal = rng.standard_normal((len(colours), n_draws, colours.shape[-1]), dtype=np.float32)
    copies = normal @ root.astype(np.float32)
    copies += colours[:, None, :].astype(np.float32)
    return copies


def matrix_root(covariance: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return symmetric square roots; unlike Cholesky factors they exist for singular covariances too."""
    if len(shape) != 2 or covariance.shape != (*shape, shape[-1]):
        msg = (
            f"Colours of shape {shape} with covariances of shape {covariance.shape}: "
            "expected (n_galaxies, n_colours) and (n_galaxies, n_colours, n_colours)."
        )
        raise ValueError(msg)
    values, vectors = np.linalg.eigh(covariance)
    if (values < -1e-6 * np.abs(values).max(axis=-1, keepdims=True)).any():
        msg = f"A covariance has the eigenvalue {values.min():.3g}: variances along any direction must not be negative."
        raise ValueError(msg)
    return (vectors * np.sqrt(np.maximum(values, 0))[:, None, :]) @ np.swapaxes(vectors, -1, -2)


def propagate(
    predict: Callable[[np.ndarray], np.ndarray],
    colours: ArrayLike,
    covariance: ArrayLike,
    n_draws: int,
    rng: np.random.Generator,
    max_bytes: float = 1e9,
) -> np.ndarray:
    """Predict noisy copies of every galaxy, many galaxies in one call, within a memory bound.

    Arguments:
        predict: Takes colours of shape (n_rows, n_colours) as float32 and returns (n_rows,) predictions.
        colours: Measured colours, of shape (n_galaxies, n_colours), in mag.
        covariance: Their covariances, of shape (n_galaxies, n_colours, n_colours), in mag².
        n_draws: Copies of each galaxy.
        rng: Source of the random numbers; the draws depend on the bound only in how they are cut into chunks.
        max_bytes: Most bytes that the result and one chunk of work may take together.

    Returns:
        Predictions of shape (n_galaxies, n_draws), as float32.

    Raises:
        ValueError: If the bound is too small for the result and one galaxy, or the shapes do not fit.
    """
    colours, covariance = np.asarray(colours), np.asarray(covariance)
    n_galaxies, n_colours = colours.shape
    result_bytes = 4 * n_galaxies * n_draws
    # normals, copies, predictions and the predictor's own workspace; roots of the covariances in float64
    galaxy_bytes = 4 * n_draws * (2 * n_colours + 6) + 8 * 6 * n_colours**2
    chunk = int((max_bytes - result_bytes) // galaxy_bytes)
    if chunk < 1:
        msg = (
            f"{max_bytes:.3g} bytes cannot hold {n_galaxies:,} × {n_draws:,} predictions and one galaxy's copies: "
            f"allow at least {result_bytes + galaxy_bytes:.3g}, or take fewer draws."
        )
        raise ValueError(msg)
    predictions = np.empty((n_galaxies, n_draws), dtype=np.float32)
    for start in range(0, n_galaxies, chunk):
        part = slice(start, start + chunk)
        copies = noisy_copies(colours[part], covariance[part], n_draws, rng)
        predictions[part] = predict(copies.reshape(-1, n_colours)).reshape(-1, n_draws)
    return predictions


def linear_spread(gradient: ArrayLike, covariance: ArrayLike) -> np.ndarray:
    """Return the spread √(∇f Σ ∇f) of a prediction to first order in the noise.

    Arguments:
        gradient: Derivatives of the prediction, of shape (..., n_colours), per mag.
        covariance: Covariances of the colours, of shape (..., n_colours, n_colours), in mag².

    Returns:
        Standard deviations of the prediction, of shape (...).

    Example:
        >>> linear_spread([1, 1], colour_covariance([3, 1, 2])).round(3)  # the shared band cancels: √(3² + 2²)
        np.float64(3.606)
    """
    gradient = np.asarray(gradient, dtype=float)
    return np.sqrt(np.einsum("...i,...ij,...j", gradient, np.asarray(covariance, dtype=float), gradient))

"""Redshifted spectra and the magnitudes a survey measures through its passbands."""

import numpy as np
import pandas as pd

from shapbook.photometry import COLOURS

__all__ = ["BREAK", "ab_magnitudes", "band_of", "colour_track", "redshifted"]

BREAK = 4000.0  # Å at rest
SPEED_OF_LIGHT = 2.99792458e18  # Å/s
AB_ZERO_POINT = 3.631e-20  # erg/s/cm²/Hz: the flux density of every source with an AB magnitude of 0


def redshifted(wavelength: np.ndarray, f_lambda: np.ndarray, z: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a spectrum as it is observed at redshift z: stretched by 1 + z, with its energy conserved.

    Dimming by distance is left out; it shifts all magnitudes alike and leaves colours as they are.

    Arguments:
        wavelength: Wavelengths at rest, of shape (n_wavelengths,), in Å.
        f_lambda: Flux density per wavelength, of shape (n_wavelengths,), in any unit per Å.
        z: Redshift, 0 or more.

    Returns:
        Observed wavelengths in Å and observed flux densities, each of shape (n_wavelengths,).

    Raises:
        ValueError: If the redshift is negative or not finite.

    Example:
        >>> wavelength, f_lambda = redshifted(np.array([4000.0, 5000.0]), np.array([1.0, 3.0]), z=1)
        >>> wavelength.tolist(), f_lambda.tolist()
        ([8000.0, 10000.0], [0.5, 1.5])
    """
    if not np.isfinite(z) or z < 0:
        msg = f"Redshift {z} is impossible here: expected a finite number, 0 or more."
        raise ValueError(msg)
    return np.asarray(wavelength) * (1 + z), np.asarray(f_lambda) / (1 + z)


def ab_magnitudes(wavelength: np.ndarray, f_lambda: np.ndarray, passbands: pd.DataFrame) -> pd.Series:
    r"""Return the AB magnitudes of an observed spectrum, as a detector that counts photons measures them.

    $m = -2.5 \log_{10} \frac{\int f_\lambda T \lambda \, d\lambda}
    {\int f_{\nu,\mathrm{AB}} \, (c/\lambda^2) \, T \lambda \, d\lambda}$
    with $f_{\nu,\mathrm{AB}}$ = 3631 Jy, by the trapezoidal rule on the wavelengths of the passbands.

    Arguments:
        wavelength: Observed wavelengths, of shape (n_wavelengths,), increasing, in Å.
        f_lambda: Flux densities, of shape (n_wavelengths,), in erg/s/cm²/Å; in another unit all magnitudes
            share one offset, and colours are right.
        passbands: Column `wavelength` (Å) and one column of throughputs a band, as
            {func}`shapbook.datasets.load_passbands` gives them.

    Returns:
        One AB magnitude a band, in mag, with the bands as index; infinite where a band receives no light.

    Raises:
        ValueError: If shapes differ, wavelengths do not increase, fluxes are negative or not finite, or the
            spectrum ends inside a band.

    References:
        Secondary standard stars for absolute spectrophotometry (Oke & Gunn, 1983),
        https://doi.org/10.1086/160817

    Example:
        >>> flat = AB_ZERO_POINT * SPEED_OF_LIGHT / np.array([3000.0, 3001.0, 3002.0]) ** 2
        >>> band = pd.DataFrame({"wavelength": [3000.0, 3001.0, 3002.0], "u": [0.0, 1.0, 0.0]})
        >>> magnitude = ab_magnitudes(band["wavelength"].to_numpy(), flat, band)["u"]
        >>> f"{abs(magnitude):.6f} mag"
        '0.000000 mag'
    """
    wavelength, f_lambda = spectrum_arrays(wavelength, f_lambda)
    grid = passbands["wavelength"].to_numpy()
    bands = [name for name in passbands if name != "wavelength"]
    throughput = passbands[bands].to_numpy().T
    for band, values in zip(bands, throughput, strict=True):
        used = grid[values > 0]
        if used.size and (used[0] < wavelength[0] or used[-1] > wavelength[-1]):
            msg = (
                f"The spectrum covers {wavelength[0]:g} to {wavelength[-1]:g} Å, but band {band} needs "
                f"{used[0]:g} to {used[-1]:g} Å: choose another redshift or extend the spectrum."
            )
            raise ValueError(msg)
    photons = np.interp(grid, wavelength, f_lambda) * grid
    reference = AB_ZERO_POINT * SPEED_OF_LIGHT / grid
    received = np.trapezoid(throughput * photons, grid)
    expected = np.trapezoid(throughput * reference, grid)
    with np.errstate(divide="ignore"):  # no light: magnitude ∞
        return pd.Series(-2.5 * np.log10(received / expected), index=bands)


def spectrum_arrays(wavelength: np.ndarray, f_lambda: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return wavelengths and fluxes as arrays fit for integration, or raise `ValueError`."""
    wavelength, f_lambda = np.asarray(wavelength, dtype=float), np.asarray(f_lambda, dtype=float)
    if wavelength.ndim != 1 or wavelength.shape != f_lambda.shape or wavelength.size < 2:
        msg = (
            f"Wavelengths of shape {wavelength.shape} and fluxes of shape {f_lambda.shape} make no spectrum: "
            "expected two arrays of one shape (n_wavelengths,), at least 2 long."
        )
        raise ValueError(msg)
    if not (np.diff(wavelength) > 0).all():
        where = int(np.argmin(np.diff(wavelength) > 0)) + 1
        msg = f"Wavelengths must increase, but entry {where} ({wavelength[where]:g} Å) does not: sort first."
        raise ValueError(msg)
    if not (np.isfinite(f_lambda).all() and (f_lambda >= 0).all()):
        msg = "Fluxes must be finite and 0 or more: mask or repair the others first."
        raise ValueError(msg)
    return wavelength, f_lambda


def colour_track(
    wavelength: np.ndarray, f_lambda: np.ndarray, redshifts: np.ndarray, passbands: pd.DataFrame
) -> pd.DataFrame:
    """Return the colours of one spectrum at many redshifts: the path it draws through colour space.

    The spectrum does not evolve, and neither dust nor hydrogen on the way to us is added to it.

    Arguments:
        wavelength: Wavelengths at rest, of shape (n_wavelengths,), increasing, in Å.
        f_lambda: Flux densities per wavelength, of shape (n_wavelengths,), in any unit per Å.
        redshifts: Redshifts, of shape (n_redshifts,).
        passbands: The six LSST passbands, as {func}`shapbook.datasets.load_passbands` gives them.

    Returns:
        Table of shape (n_redshifts, 5): columns ug, gr, ri, iz and zy in mag, the redshifts as index.
        Infinite next to a band without light, NaN between two.

    Raises:
        ValueError: As {func}`redshifted` and {func}`ab_magnitudes` do.

    Example:
        >>> from shapbook import datasets
        >>> flat = np.array([500.0, 20000.0])
        >>> colour_track(flat, 1 / flat**2, [0, 1], datasets.load_passbands()).shape
        (2, 5)
    """
    mags = np.array([ab_magnitudes(*redshifted(wavelength, f_lambda, z), passbands) for z in redshifts])
    mags = mags.reshape(len(redshifts), len(COLOURS) + 1)
    index = pd.Index(np.asarray(redshifts, dtype=float), name="redshift")
    with np.errstate(invalid="ignore"):  # ∞ − ∞ is NaN: between two dark bands a colour is unknown
        return pd.DataFrame(mags[:, :-1] - mags[:, 1:], columns=list(COLOURS), index=index)


def band_of(wavelength: float, passbands: pd.DataFrame) -> str | None:
    """Return the band with the largest throughput at an observed wavelength in Å, or None if no band sees it.

    Example:
        >>> from shapbook import datasets
        >>> band_of(BREAK * (1 + 0.3), datasets.load_passbands())
        'g'
    """
    throughput = passbands.drop(columns="wavelength")
    at = throughput.apply(lambda band: np.interp(wavelength, passbands["wavelength"], band, left=0, right=0))
    return str(at.idxmax()) if at.max() > 0 else None

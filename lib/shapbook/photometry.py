"""Magnitudes, colours and non-detections in the six LSST bands."""

from itertools import pairwise

import numpy as np
import pandas as pd

__all__ = ["BANDS", "COLOURS", "NON_DETECTION", "colours", "detected", "magnitude_errors", "magnitudes"]

BANDS = ("u", "g", "r", "i", "z", "y")
COLOURS = tuple(blue + red for blue, red in pairwise(BANDS))
NON_DETECTION = 99.0


def magnitudes(galaxies: pd.DataFrame) -> np.ndarray:
    """Return the magnitudes of a catalogue as an array of shape (n_galaxies, 6), in mag, band order u to y.

    Raises:
        ValueError: If a band's column is missing.
    """
    return band_columns(galaxies, "mag_{}_lsst")


def magnitude_errors(galaxies: pd.DataFrame) -> np.ndarray:
    """Return the standard errors of the magnitudes, of shape (n_galaxies, 6), in mag, band order u to y.

    Raises:
        ValueError: If a band's column is missing.
    """
    return band_columns(galaxies, "mag_err_{}_lsst")


def band_columns(galaxies: pd.DataFrame, pattern: str) -> np.ndarray:
    names = [pattern.format(band) for band in BANDS]
    missing = [name for name in names if name not in galaxies]
    if missing:
        msg = f"The catalogue lacks {', '.join(missing)}: expected the columns {', '.join(names)}."
        raise ValueError(msg)
    return galaxies[names].to_numpy()


def colours(galaxies: pd.DataFrame) -> pd.DataFrame:
    """Return the five colours of adjacent bands, ug = u − g to zy = z − y, in mag.

    Non-detections are left as they are: a galaxy with u = 99 gets ug ≈ 73.

    Arguments:
        galaxies: Catalogue with the columns `mag_{band}_lsst`, one row a galaxy.

    Returns:
        Table of shape (n_galaxies, 5) with the columns ug, gr, ri, iz and zy and the catalogue's index and dtype.

    Raises:
        ValueError: If a band's column is missing.

    Example:
        >>> one = pd.DataFrame({f"mag_{band}_lsst": [mag] for band, mag in zip(BANDS, [25, 24, 23.5, 23, 23, 23])})
        >>> colours(one).iloc[0].to_list()
        [1.0, 0.5, 0.5, 0.0, 0.0]
    """
    mags = magnitudes(galaxies)
    return pd.DataFrame(mags[:, :-1] - mags[:, 1:], columns=list(COLOURS), index=galaxies.index)


def detected(galaxies: pd.DataFrame) -> pd.DataFrame:
    """Tell for each galaxy and band whether it was detected; a magnitude of 99 stands for a non-detection.

    Returns:
        Booleans of shape (n_galaxies, 6) with the columns u, g, r, i, z and y and the catalogue's index.

    Raises:
        ValueError: If a band's column is missing.
    """
    return pd.DataFrame(magnitudes(galaxies) != NON_DETECTION, columns=list(BANDS), index=galaxies.index)

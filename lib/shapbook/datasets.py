"""Load the galaxies, passbands and spectra that photometric redshifts are estimated from.

Every file is compared with its SHA-256 before it is read.
"""

from typing import Literal

import pandas as pd

from shapbook.data_files import verified

__all__ = ["load_galaxies", "load_passbands", "load_templates"]


def load_galaxies(sample: Literal["train", "test"]) -> pd.DataFrame:
    """Load simulated galaxies of the CosmoDC2 catalogue as Rubin/LSST would measure them in ten years.

    Both samples come from the sky pixel healpix 9816 and are limited to i < 25.3 mag; they share no galaxy.

    Arguments:
        sample: `"train"` (10,225 galaxies) or `"test"` (20,449).

    Returns:
        One row a galaxy, in catalogue order: `id`, `redshift` (true, dimensionless), `mag_{band}_lsst` and
        `mag_err_{band}_lsst` (AB magnitudes; 99 marks a non-detection) for the bands u, g, r, i, z and y.

    References:
        CosmoDC2: A Synthetic Sky Catalog for Dark Energy Science with LSST (Korytov et al., 2019),
        https://arxiv.org/abs/1907.06530

    Example:
        >>> load_galaxies("train").shape
        (10225, 14)
    """
    if sample not in ("train", "test"):
        msg = f"Unknown sample {sample!r}: expected 'train' or 'test'."
        raise ValueError(msg)
    return pd.read_parquet(verified(f"redshift/{sample}.parquet"))


def load_passbands() -> pd.DataFrame:
    """Load the six LSST passbands: `wavelength` (Å, 3000 to 11500 in steps of 1) and the throughput in each band.

    Throughputs lie between 0 and 1: the fraction of photons at the top of the atmosphere that is detected.

    Example:
        >>> list(load_passbands().columns)
        ['wavelength', 'u', 'g', 'r', 'i', 'z', 'y']
    """
    return pd.read_parquet(verified("redshift/passbands.parquet"))


def load_templates() -> pd.DataFrame:
    """Load six galaxy spectra at rest: `template`, `wavelength` (Å) and `f_lambda` (arbitrary units, per Å).

    From old and red to young and blue: El, Sbc, Scd, Im, and the starbursts SB3 and SB2.

    References:
        Faint Galaxies in deep Advanced Camera for Surveys Observations (Benítez et al., 2004),
        https://arxiv.org/abs/astro-ph/0309077

    Example:
        >>> sorted(load_templates()["template"].unique())
        ['El', 'Im', 'SB2', 'SB3', 'Sbc', 'Scd']
    """
    return pd.read_parquet(verified("redshift/templates.parquet"))

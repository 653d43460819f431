"""Find, verify and load the data of the book.

Every file is compared with its SHA-256 before it is read, so a missing, truncated or altered file is an error here
and not a strange figure later.
"""

import hashlib
import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pandas as pd

__all__ = ["DataError", "load_galaxies", "load_passbands", "load_templates", "verified"]


class DataError(ValueError):
    """A data file is missing, truncated or altered."""


def data_folders() -> list[Path]:
    """Where files are looked for, in this order.

    The folder named by the environment variable `SHAPBOOK_DATA`, the copy inside an installed wheel, and `data/` of
    a clone of the repository.
    """
    package = Path(__file__).parent
    chosen = os.environ.get("SHAPBOOK_DATA")
    return ([Path(chosen)] if chosen else []) + [package / "data", package.parents[1] / "data"]


@cache
def registry() -> dict[str, str]:
    """SHA-256 of every file of the book, by its path below the data folder."""
    lines = files("shapbook").joinpath("registry.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split() for line in lines)


def verified(name: str) -> Path:
    """Return the path of a data file whose SHA-256 is the expected one.

    Arguments:
        name: Path below the data folder, such as `"redshift/train.parquet"`.

    Raises:
        ValueError: If the book has no file of that name.
        DataError: If the file is missing, truncated or altered.

    Example:
        >>> verified("redshift/train.parquet").name
        'train.parquet'
    """
    if name not in registry():
        msg = f"No data file {name!r} in this book. Choose one of: {', '.join(registry())}."
        raise ValueError(msg)
    remedy = f"Restore it with `git checkout -- data/{name}` in a clone, or reinstall shapbook."
    for folder in data_folders():
        path = folder / name
        if path.is_file():
            with path.open("rb") as file:
                got = hashlib.file_digest(file, "sha256").hexdigest()
            if got != registry()[name]:
                msg = (
                    f"Data file {path} is truncated or altered: expected SHA-256 {registry()[name]}, "
                    f"got {got} ({path.stat().st_size:,} bytes). Nothing was read. {remedy}"
                )
                raise DataError(msg)
            return path
    searched = ", ".join(str(folder) for folder in data_folders())
    msg = f"Data file {name} is missing: expected it in one of {searched}; found none. {remedy}"
    raise DataError(msg)


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

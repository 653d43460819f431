"""The tables of galaxies, passbands and spectra are those that were published."""

import numpy as np
import pandas as pd
import pytest

from shapbook import datasets


def test_unknown_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="Unknown sample 'all': expected 'train' or 'test'"):
        datasets.load_galaxies("all")


@pytest.mark.parametrize(("sample", "rows", "lost_u"), [("train", 10_225, 714), ("test", 20_449, 1_489)])
def test_catalogues_are_those_that_were_published(sample: str, rows: int, lost_u: int) -> None:
    galaxies = datasets.load_galaxies(sample)
    magnitudes = galaxies.filter(regex="^mag_")
    assert len(galaxies) == rows == galaxies["id"].nunique()
    assert magnitudes.dtypes.eq(np.float32).all()
    assert galaxies["redshift"].dtype == np.float64
    assert magnitudes.shape[1] == 12
    assert (galaxies["mag_u_lsst"] == 99).sum() == lost_u
    assert galaxies["redshift"].between(0.019, 3.03).all()
    assert (galaxies["mag_i_lsst"] < 25.3).all()


def test_the_two_samples_share_no_galaxy() -> None:
    train, test = (datasets.load_galaxies(sample)["id"] for sample in ("train", "test"))
    assert not set(train) & set(test)


def test_passbands_are_throughputs_on_an_angstrom_grid() -> None:
    bands = datasets.load_passbands().set_index("wavelength")
    assert np.allclose(np.diff(bands.index), 1)
    assert bands.to_numpy().min() >= 0
    assert bands.to_numpy().max() < 1
    mean_wavelength = (bands.mul(bands.index, axis=0)).sum() / bands.sum()
    published = pd.Series({"u": 3671, "g": 4827, "r": 6223, "i": 7546, "z": 8691, "y": 9712})
    assert (mean_wavelength - published).abs().max() < 60  # effective wavelengths of the LSST filters, in Å


def test_templates_increase_in_wavelength_and_are_not_negative() -> None:
    for name, spectrum in datasets.load_templates().groupby("template"):
        assert (spectrum["wavelength"].diff().dropna() > 0).all(), name
        assert (spectrum["f_lambda"] >= 0).all(), name

"""The data are found, verified and loaded; whatever is wrong with a file is told before it is read."""

import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from shapbook import datasets

ROOT = Path(__file__).parents[2]
NAME = "redshift/templates.parquet"


@pytest.fixture
def own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the test's own, the only one that is searched."""
    (tmp_path / "redshift").mkdir()
    shutil.copyfile(ROOT / "data" / NAME, tmp_path / NAME)
    monkeypatch.setattr(datasets, "data_folders", lambda: [tmp_path])
    return tmp_path


def test_a_good_file_is_found(own_data: Path) -> None:
    assert datasets.verified(NAME) == own_data / NAME


def test_the_environment_variable_is_searched_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAPBOOK_DATA", str(tmp_path))
    assert datasets.data_folders()[0] == tmp_path


def test_a_missing_file_is_named_with_places_and_remedy(own_data: Path) -> None:
    (own_data / NAME).unlink()
    expected = rf"Data file {NAME} is missing: expected it in one of {re.escape(str(own_data))}; found none\. "
    with pytest.raises(datasets.DataError, match=expected + rf"Restore it with `git checkout -- data/{NAME}`"):
        datasets.load_templates()


@pytest.mark.parametrize("harm", ["bit flipped", "truncated"])
def test_a_harmed_file_is_refused_before_it_is_read(own_data: Path, harm: str) -> None:
    path = own_data / NAME
    content = bytearray(path.read_bytes())
    if harm == "truncated":
        content = content[: len(content) // 2]
    else:
        content[5000] ^= 1
    path.write_bytes(content)
    with pytest.raises(datasets.DataError) as caught:
        datasets.load_templates()
    message = str(caught.value)
    assert str(path) in message
    assert f"expected SHA-256 {datasets.registry()[NAME]}, got " in message
    assert f"({len(content):,} bytes). Nothing was read." in message
    assert "git checkout" in message


def test_unknown_names_are_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"No data file 'redshift/tset\.parquet'.*redshift/test\.parquet"):
        datasets.verified("redshift/tset.parquet")
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


def test_data_folder_stays_small() -> None:
    total = sum(path.stat().st_size for path in (ROOT / "data").rglob("*") if path.is_file())
    assert total < 8e6


def test_readme_tells_the_sums_of_the_registry() -> None:
    readme = (ROOT / "data" / "redshift" / "README.md").read_text(encoding="utf-8")
    for name, digest in datasets.registry().items():
        assert Path(name).name in readme
        assert digest in readme

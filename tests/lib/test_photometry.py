"""Magnitudes, colours and non-detections: algebra, band order, the code 99, error texts, the shipped data."""

import numpy as np
import pandas as pd
import pytest

from shapbook.datasets import load_galaxies
from shapbook.photometry import (
    BANDS,
    COLOURS,
    NON_DETECTION,
    colours,
    detected,
    magnitude_errors,
    magnitudes,
)


@pytest.fixture
def catalogue() -> pd.DataFrame:
    """Five galaxies whose columns stand in another order than the bands, with an index of their own."""
    rng = np.random.default_rng(0)
    columns = {f"mag_{band}_lsst": rng.uniform(20, 26, 5) for band in reversed(BANDS)}
    columns |= {f"mag_err_{band}_lsst": rng.uniform(0, 1, 5) for band in "yurgzi"}
    return pd.DataFrame(columns, index=[9, 4, 7, 1, 3])


def test_names_go_from_blue_to_red() -> None:
    assert BANDS == ("u", "g", "r", "i", "z", "y")
    assert COLOURS == ("ug", "gr", "ri", "iz", "zy")


def test_arrays_follow_the_order_of_the_bands(catalogue: pd.DataFrame) -> None:
    for place, band in enumerate(BANDS):
        np.testing.assert_array_equal(magnitudes(catalogue)[:, place], catalogue[f"mag_{band}_lsst"])
        np.testing.assert_array_equal(magnitude_errors(catalogue)[:, place], catalogue[f"mag_err_{band}_lsst"])


def test_a_colour_is_blue_minus_red(catalogue: pd.DataFrame) -> None:
    table = colours(catalogue)
    assert list(table.columns) == list(COLOURS)
    assert table.index.equals(catalogue.index)
    for blue, red in zip("ugriz", "grizy", strict=True):
        expected = catalogue[f"mag_{blue}_lsst"] - catalogue[f"mag_{red}_lsst"]
        np.testing.assert_array_equal(table[blue + red], expected)


def test_colours_add_up_to_the_difference_of_the_outer_bands(catalogue: pd.DataFrame) -> None:
    expected = catalogue["mag_u_lsst"] - catalogue["mag_y_lsst"]
    np.testing.assert_allclose(colours(catalogue).sum(axis=1), expected)


def test_colours_ignore_how_bright_a_galaxy_is(catalogue: pd.DataFrame) -> None:
    np.testing.assert_allclose(colours(catalogue + 2.5), colours(catalogue))


def test_a_non_detection_stays_in_both_of_its_colours(catalogue: pd.DataFrame) -> None:
    catalogue.loc[7, "mag_g_lsst"] = NON_DETECTION
    table = colours(catalogue)
    assert table.loc[7, "ug"] == catalogue.loc[7, "mag_u_lsst"] - 99 < -70
    assert table.loc[7, "gr"] == 99 - catalogue.loc[7, "mag_r_lsst"] > 70


def test_detected_marks_exactly_the_code(catalogue: pd.DataFrame) -> None:
    catalogue.loc[[4, 3], "mag_u_lsst"] = NON_DETECTION
    catalogue.loc[9, "mag_u_lsst"] = 33.0
    seen = detected(catalogue)
    assert list(seen.columns) == list(BANDS)
    assert seen["u"].to_dict() == {9: True, 4: False, 7: True, 1: True, 3: False}
    assert seen.drop(columns="u").all(axis=None)


def test_single_precision_stays_single(catalogue: pd.DataFrame) -> None:
    single = catalogue.astype("float32")
    single.loc[7, "mag_u_lsst"] = NON_DETECTION
    assert (colours(single).dtypes == "float32").all()
    assert not detected(single).loc[7, "u"]


def test_the_catalogue_is_left_alone(catalogue: pd.DataFrame) -> None:
    before = catalogue.copy()
    colours(catalogue)
    detected(catalogue)
    magnitudes(catalogue)
    pd.testing.assert_frame_equal(catalogue, before)


@pytest.mark.parametrize("function", [colours, detected, magnitudes])
def test_a_missing_band_is_named(catalogue: pd.DataFrame, function: object) -> None:
    with pytest.raises(ValueError, match="The catalogue lacks mag_z_lsst: expected the columns mag_u_lsst, "):
        function(catalogue.drop(columns="mag_z_lsst"))


def test_missing_errors_are_named(catalogue: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="The catalogue lacks mag_err_u_lsst, mag_err_y_lsst"):
        magnitude_errors(catalogue.drop(columns=["mag_err_u_lsst", "mag_err_y_lsst"]))


@pytest.mark.parametrize(("sample", "lost"), [("train", (714, 2)), ("test", (1489, 0))])
def test_the_shipped_galaxies_have_the_known_non_detections(sample: str, lost: tuple[int, int]) -> None:
    galaxies = load_galaxies(sample)
    missed = (~detected(galaxies)).sum()
    assert (missed["u"], missed["g"]) == lost
    assert missed[["r", "i", "z", "y"]].sum() == 0
    apart = colours(galaxies)["ug"].abs() > 60
    assert apart.sum() == sum(lost)

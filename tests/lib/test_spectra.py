"""Synthetic photometry against closed forms."""

import numpy as np
import pandas as pd
import pytest

from shapbook import datasets, spectra

WAVELENGTH = np.linspace(500.0, 40_000.0, 8_000)


@pytest.fixture(scope="module")
def passbands() -> pd.DataFrame:
    return datasets.load_passbands()


def top_hats(*edges: tuple[float, float]) -> pd.DataFrame:
    """Bands u, g, … that are 1 between two wavelengths and 0 elsewhere."""
    grid = np.arange(3000.0, 11_001.0)
    bands = {name: ((grid >= low) & (grid <= high)) * 1.0 for name, (low, high) in zip("ugrizy", edges, strict=False)}
    return pd.DataFrame({"wavelength": grid, **bands})


def test_a_source_of_3631_jansky_has_magnitude_0_in_every_band(passbands: pd.DataFrame) -> None:
    fine = np.linspace(2900, 11_600, 200_000)
    flat = 3.631e-20 * 2.99792458e18 / fine**2
    assert spectra.ab_magnitudes(fine, flat, passbands).abs().max() < 1e-6


def test_100_times_the_light_is_5_magnitudes_brighter(passbands: pd.DataFrame) -> None:
    f_lambda = 1 + WAVELENGTH / 5000
    faint, bright = (spectra.ab_magnitudes(WAVELENGTH, k * f_lambda, passbands) for k in (1, 100))
    assert np.allclose(faint - bright, 5)


def test_a_flat_spectrum_has_no_colour_at_any_redshift(passbands: pd.DataFrame) -> None:
    fine = np.geomspace(500, 40_000, 100_000)
    track = spectra.colour_track(fine, 1 / fine**2, [0, 0.7, 3], passbands)
    assert track.abs().max().max() < 1e-6


@pytest.mark.parametrize("alpha", [-2.0, -0.5, 1.0])
def test_a_power_law_has_the_colour_of_its_slope(alpha: float) -> None:
    # f_ν ∝ ν^α: m(blue) − m(red) = −2.5 α log10(λ_red / λ_blue) in narrow bands
    bands = top_hats((3990, 4010), (4990, 5010), (5990, 6010), (6990, 7010), (7990, 8010), (8990, 9010))
    mags = spectra.ab_magnitudes(WAVELENGTH, WAVELENGTH ** (-alpha - 2), bands)
    centres = np.arange(4000, 9001, 1000)
    assert np.allclose(np.diff(mags), 2.5 * alpha * np.log10(centres[1:] / centres[:-1]), atol=1e-4)


def test_photons_are_counted_not_energy() -> None:
    # A band from a to b and f_λ constant: the mean f_ν of counted photons is f_λ (b² − a²) / (2 c ln(b/a)).
    a, b = 4000.0, 8000.0
    mag = spectra.ab_magnitudes(WAVELENGTH, np.ones_like(WAVELENGTH), top_hats((a, b)))["u"]
    mean = (b**2 - a**2) / (2 * 2.99792458e18 * np.log(b / a))
    assert mag == pytest.approx(-2.5 * np.log10(mean / 3.631e-20), abs=1e-4)
    energy = (b - a) / (2.99792458e18 * (1 / a - 1 / b))
    assert abs(mag + 2.5 * np.log10(energy / 3.631e-20)) > 0.01


def test_redshift_leaves_the_colours_of_a_power_law(passbands: pd.DataFrame) -> None:
    fine = np.geomspace(500, 40_000, 100_000)
    track = spectra.colour_track(fine, fine**-0.3, [0, 1.3, 2.9], passbands)
    assert (track - track.iloc[0]).abs().max().max() < 1e-6
    assert track.iloc[0].abs().min() > 0.1


def test_a_break_reddens_the_two_bands_it_stands_between(passbands: pd.DataFrame) -> None:
    step = np.where(WAVELENGTH < 4000, 0.2, 1.0) / WAVELENGTH**2
    track = spectra.colour_track(WAVELENGTH, step, np.arange(0, 1.7, 0.01), passbands)
    largest = [track[colour].idxmax() for colour in track]
    assert largest == sorted(largest)
    step_in_mag = 2.5 * np.log10(5)  # no colour can be redder; bands that overlap stay a little below
    assert track.max().between(0.9 * step_in_mag, step_in_mag).all()
    assert track.loc[1.6, "ug":"ri"].abs().max() < 0.01  # the break has left u, g, r and i behind


def test_energy_is_conserved_by_redshift() -> None:
    f_lambda = np.exp(-(((WAVELENGTH - 6000) / 500) ** 2))
    stretched, dimmed = spectra.redshifted(WAVELENGTH, f_lambda, 1.5)
    assert np.trapezoid(dimmed, stretched) == pytest.approx(np.trapezoid(f_lambda, WAVELENGTH))
    assert stretched[np.argmax(dimmed)] == pytest.approx(15_000, abs=15)


def test_redshift_0_changes_nothing() -> None:
    wavelength, f_lambda = spectra.redshifted(WAVELENGTH, WAVELENGTH**2, 0)
    assert np.array_equal(wavelength, WAVELENGTH)
    assert np.array_equal(f_lambda, WAVELENGTH**2)


def test_a_dark_band_is_infinitely_faint(passbands: pd.DataFrame) -> None:
    mags = spectra.ab_magnitudes(WAVELENGTH, np.where(WAVELENGTH < 4200, 0.0, 1.0), passbands)
    assert np.isposinf(mags["u"])
    assert np.isfinite(mags["g":"y"]).all()


def test_inputs_are_left_alone(passbands: pd.DataFrame) -> None:
    wavelength, f_lambda, bands = WAVELENGTH.copy(), WAVELENGTH**-1.0, passbands.copy()
    spectra.colour_track(wavelength, f_lambda, [0.5], passbands)
    assert np.array_equal(wavelength, WAVELENGTH)
    assert np.array_equal(f_lambda, WAVELENGTH**-1.0)
    pd.testing.assert_frame_equal(bands, passbands)


def test_a_track_has_one_row_a_redshift(passbands: pd.DataFrame) -> None:
    track = spectra.colour_track(WAVELENGTH, np.ones_like(WAVELENGTH), [0.0, 0.4], passbands)
    assert list(track.columns) == ["ug", "gr", "ri", "iz", "zy"]
    assert track.index.to_list() == [0.0, 0.4]
    assert spectra.colour_track(WAVELENGTH, np.ones_like(WAVELENGTH), [], passbands).shape == (0, 5)


@pytest.mark.parametrize("z", [-0.1, np.nan, np.inf])
def test_impossible_redshifts_are_refused(z: float) -> None:
    with pytest.raises(ValueError, match=rf"Redshift {z} is impossible here: expected a finite number, 0 or more"):
        spectra.redshifted(WAVELENGTH, WAVELENGTH, z)


def test_a_spectrum_that_ends_inside_a_band_is_refused(passbands: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"covers 3500 to 12000 Å, but band u needs 3054 to 4085 Å"):
        spectra.ab_magnitudes(np.array([3500.0, 12_000.0]), np.ones(2), passbands)
    with pytest.raises(ValueError, match=r"covers 3000 to 9000 Å, but band z needs 8030 to 9385 Å"):
        spectra.ab_magnitudes(np.array([3000.0, 9000.0]), np.ones(2), passbands)


@pytest.mark.parametrize(
    ("wavelength", "f_lambda", "words"),
    [
        ([3000, 4000, 5000], [1, 1], r"shape \(3,\) and fluxes of shape \(2,\) make no spectrum"),
        ([3000], [1], "at least 2 long"),
        ([3000, 2000, 5000], [1, 1, 1], r"entry 1 \(2000 Å\) does not: sort first"),
        ([3000, 12000], [1, -1], "Fluxes must be finite and 0 or more"),
        ([3000, 12000], [1, np.nan], "Fluxes must be finite and 0 or more"),
    ],
)
def test_broken_spectra_are_refused(
    wavelength: list[float], f_lambda: list[float], words: str, passbands: pd.DataFrame
) -> None:
    with pytest.raises(ValueError, match=words):
        spectra.ab_magnitudes(np.array(wavelength), np.array(f_lambda), passbands)


@pytest.mark.parametrize(
    ("wavelength", "band"),
    [(3500, "u"), (4800, "g"), (6200, "r"), (7500, "i"), (8700, "z"), (9800, "y"), (2000, None)],
)
def test_the_band_at_a_wavelength(wavelength: float, band: str | None, passbands: pd.DataFrame) -> None:
    assert spectra.band_of(wavelength, passbands) == band

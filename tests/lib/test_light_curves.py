"""Simulated light curves: closed forms, the published noise, and the cuts that an alert makes."""

import numpy as np
import pytest

from shapbook import light_curves as module
from shapbook.light_curves import SHAPES, Shape, flux_error, network_input, shape_flux, simulate

BOX = Shape(amplitude=2.0, rise=1.0, slope=0.01, plateau=40.0, fall=10.0)


def test_the_rise_passes_half_of_the_amplitude_at_zero() -> None:
    assert shape_flux(0, BOX) == pytest.approx(1.0)
    assert shape_flux(-60, BOX) == pytest.approx(0, abs=1e-12)


def test_the_plateau_falls_in_a_straight_line() -> None:
    days = np.array([20.0, 25, 30, 35])
    np.testing.assert_allclose(shape_flux(days, BOX), 2 * (1 - 0.01 * days), rtol=1e-6)


def test_the_fall_is_exponential_and_joins_the_plateau() -> None:
    before, after = shape_flux([40 - 1e-9, 40 + 1e-9], BOX)
    assert before == pytest.approx(after)
    assert shape_flux(70, BOX) / shape_flux(60, BOX) == pytest.approx(np.exp(-1))


def test_the_types_differ_as_their_names_promise() -> None:
    at_60 = {name: [float(shape_flux(60, band) / band.amplitude) for band in bands] for name, bands in SHAPES.items()}
    assert min(at_60["II-P"]) > 0.5, "II-P is on its plateau"
    assert max(at_60["Ia"] + at_60["Ibc"]) < 0.2, "the others have faded"
    assert all(g < r for g, r in at_60.values()), "all are redder late than early"
    assert SHAPES["Ibc"][0].amplitude < 0.8 * SHAPES["Ia"][0].amplitude, "Ibc starts redder"


def test_the_noise_is_the_published_one_in_magnitudes() -> None:
    # Ivezić et al., equation 5: σ² = (0.04 − γ) x + γ x² with x = 10^(0.4 (m − m5)), a relative error of the flux
    magnitude = np.linspace(18, 25, 15)[:, None]
    x = 10 ** (0.4 * (magnitude - module.DEPTH))
    flux = 10 ** (0.4 * (module.ZERO_POINT - magnitude)) * np.ones(2)
    expected = (0.04 - 0.039) * x + 0.039 * x**2
    np.testing.assert_allclose((flux_error(flux) / flux) ** 2, expected)


def test_an_empty_sky_has_noise_and_a_negative_flux_no_less() -> None:
    sky = flux_error(np.zeros(2))
    np.testing.assert_allclose(sky, np.sqrt(0.039) * 10 ** (0.4 * (27.5 - module.DEPTH)))
    np.testing.assert_allclose(flux_error(np.array([-5.0, -50.0])), sky)


def test_every_curve_starts_at_its_first_detection() -> None:
    curves = simulate({"Ia": 60, "Ibc": 40, "II-P": 50}, rng=3)
    seen = (curves.observed & (curves.flux > 5 * curves.error)).any(axis=2)
    assert curves.days[4] == 0
    assert seen[:, 4].all()
    assert not seen[:, :4].any()


def test_counts_and_shapes_are_as_asked() -> None:
    curves = simulate({"II-P": 7, "Ia": 5}, rng=4)
    assert curves.types.tolist() == ["II-P"] * 7 + ["Ia"] * 5
    assert len(curves) == 12
    assert curves.flux.shape == curves.error.shape == curves.observed.shape == (12, 32, 2)
    np.testing.assert_allclose(np.diff(curves.days), 3)


def test_more_than_one_batch_can_be_drawn() -> None:
    assert len(simulate({"Ia": module.BATCH + 10}, rng=5)) == module.BATCH + 10


def test_visits_come_as_often_as_the_cadence_says() -> None:
    # after the alert each of 27 steps × 400 curves is visited with probability 3/11 and 3/5, independently:
    # standard errors 0.0043 and 0.0047; 4.5 sigma on two numbers, one false alarm in about 70,000 seeds
    curves = simulate({"II-P": 400}, rng=6)
    share = curves.observed[:, 5:].mean(axis=(0, 1))
    assert np.abs(share - [3 / 11, 3 / 5]).max() < 0.021


def test_noise_has_the_stated_width() -> None:
    # 60,000 normal deviates: the standard deviation is fixed to 0.29 %, and 4.5 sigma are 1.3 %
    rng = np.random.default_rng(7)
    truth = np.full((500, 60, 2), 30.0)
    flux, error, _ = module.visits(truth, rng)
    assert np.std((flux - truth) / error) == pytest.approx(1, abs=0.013)


def test_dust_and_brightness_differ_between_supernovae_but_not_between_steps() -> None:
    flux = module.true_flux(SHAPES["II-P"], 50, np.random.default_rng(8))
    plateau = flux[:, 20:24]  # 18 to 30 days after the rise
    colour = -2.5 * np.log10(plateau[..., 0] / plateau[..., 1])
    assert np.ptp(colour, axis=1).max() < 0.15, "the colour hardly changes within nine days of plateau"
    assert colour[:, 0].std() > 0.05, "but it differs from one supernova to the next"


def test_a_seed_gives_the_same_curves_and_a_generator_moves_on() -> None:
    one, same = simulate({"Ia": 4}, rng=9), simulate({"Ia": 4}, rng=9)
    np.testing.assert_array_equal(one.flux, same.flux)
    rng = np.random.default_rng(9)
    first, second = simulate({"Ia": 4}, rng), simulate({"Ia": 4}, rng)
    np.testing.assert_array_equal(one.flux, first.flux)
    assert not np.array_equal(first.flux, second.flux)


def test_taking_keeps_rows_together() -> None:
    curves = simulate({"Ia": 3, "II-P": 3}, rng=10)
    late = curves.take(curves.types == "II-P")
    assert late.types.tolist() == ["II-P"] * 3
    np.testing.assert_array_equal(late.flux, curves.flux[3:])
    np.testing.assert_array_equal(curves.take([5, 0]).observed, curves.observed[[5, 0]])


def test_the_network_is_told_what_was_seen_and_nothing_else() -> None:
    curves = simulate({"Ia": 20}, rng=11)
    told = network_input(curves)
    assert told.shape == (20, 32, 4)
    assert told.dtype == np.float32
    np.testing.assert_array_equal(told[..., 2:], curves.observed)
    assert (told[..., :2][~curves.observed] == 0).all()
    sigma = flux_error(np.zeros(2))
    np.testing.assert_allclose(
        np.sinh(4 * told[..., :2].astype(float))[curves.observed],
        (curves.flux / sigma)[curves.observed],
        rtol=1e-4,
        atol=1e-5,
    )


def test_no_step_tells_about_another_one() -> None:
    curves = simulate({"Ia": 5}, rng=12)
    before = network_input(curves)
    curves.flux[:, 10] *= 100
    changed = np.abs(network_input(curves) - before).max(axis=(0, 2)) > 0
    assert np.flatnonzero(changed).tolist() == [10]


@pytest.mark.parametrize("counts", [{}, {"Ia": 0}, {"Ia": 5, "IIn": 5}])
def test_wrong_counts_are_named(counts: dict) -> None:
    with pytest.raises(ValueError, match="Expected a positive number for some of the types Ia, Ibc, II-P"):
        simulate(counts, rng=1)

"""Numbers that judge attributions, on maps whose verdict is known."""

import numpy as np
import pytest

from shapbook.attribution import area_share, cosine_similarity, mass_in_mask, mean_excess, relative_distance


def random_masks(n: int, share: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((n, 32, 32)) < share


def test_full_mask_holds_all_and_empty_mask_nothing() -> None:
    maps = np.random.default_rng(1).normal(size=(2, 3, 32, 32))
    np.testing.assert_allclose(mass_in_mask(maps, np.ones((2, 32, 32), dtype=bool)), np.ones((2, 3)))
    np.testing.assert_array_equal(mass_in_mask(maps, np.zeros((2, 32, 32), dtype=bool)), np.zeros((2, 3)))


def test_only_positive_attribution_counts() -> None:
    maps, masks = np.zeros((1, 32, 32)), np.zeros((1, 32, 32), dtype=bool)
    masks[0, :16] = True
    maps[0, 3, 3], maps[0, 4, 4], maps[0, 20, 20] = 1, -100, 3
    np.testing.assert_allclose(mass_in_mask(maps, masks), [0.25])


def test_maps_of_one_output_and_of_several_agree() -> None:
    maps, masks = np.random.default_rng(1).normal(size=(4, 3, 32, 32)), random_masks(4, 0.3, 2)
    several = mass_in_mask(maps, masks)
    assert several.shape == (4, 3)
    np.testing.assert_allclose(several[:, 1], mass_in_mask(maps[:, 1], masks))


def test_map_without_positive_attribution_has_no_share() -> None:
    assert np.isnan(mass_in_mask(-np.ones((1, 32, 32)), np.ones((1, 32, 32), dtype=bool))).all()


def test_careless_maps_get_the_share_of_the_area() -> None:
    """Excess of 200 maps of noise: beyond 6 standard errors twice in a billion runs."""
    maps, masks = np.random.default_rng(1).normal(size=(200, 32, 32)), random_masks(200, 0.2, 2)
    excess, error = mean_excess(mass_in_mask(maps, masks), masks)
    assert abs(excess) < 6 * error
    assert error < 0.01
    even, _ = mean_excess(mass_in_mask(np.ones((200, 32, 32)), masks), masks)
    assert even == pytest.approx(0, abs=1e-12)


def test_maps_on_and_off_the_mask_are_told_apart() -> None:
    masks = random_masks(20, 0.2, 2)
    on, _ = mean_excess(mass_in_mask(masks * 2.0, masks), masks)
    off, _ = mean_excess(mass_in_mask(~masks * 2.0, masks), masks)
    assert on == pytest.approx(1 - area_share(masks).mean())
    assert off == pytest.approx(-area_share(masks).mean())


def test_galaxies_that_cannot_tell_are_left_out() -> None:
    masks = random_masks(4, 0.5, 2)
    masks[0] = False
    excess, error = mean_excess([0.5, np.nan, 0.75, 0.25], masks)
    gaps = np.array([0.75, 0.25]) - area_share(masks)[2:]
    assert excess == pytest.approx(gaps.mean())
    assert error == pytest.approx(abs(gaps[1] - gaps[0]) / 2)
    with pytest.raises(ValueError, match="1 of 4 galaxies have both the part and positive attribution"):
        mean_excess([0.5, np.nan, np.nan, 0.25], masks)


def test_distances_in_closed_form() -> None:
    rng = np.random.default_rng(1)
    maps = rng.normal(size=(2, 3, 32, 32))
    np.testing.assert_allclose(relative_distance(1.5 * maps, maps), np.full((2, 3), 0.5))
    np.testing.assert_allclose(relative_distance(maps, maps), np.zeros((2, 3)))
    np.testing.assert_allclose(cosine_similarity(1.5 * maps, maps), np.ones((2, 3)))
    np.testing.assert_allclose(cosine_similarity(-maps, maps), -np.ones((2, 3)))
    flat = maps.reshape(2, 3, -1)
    other = rng.normal(size=flat.shape)
    other -= flat * (flat * other).sum(axis=-1, keepdims=True) / (flat**2).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(cosine_similarity(other.reshape(maps.shape), maps), np.zeros((2, 3)), atol=1e-12)


def test_nothing_has_no_direction_and_no_scale() -> None:
    nothing, something = np.zeros((1, 4, 4)), np.ones((1, 4, 4))
    assert np.isnan(cosine_similarity(something, nothing)).all()
    assert np.isnan(cosine_similarity(nothing, something)).all()
    assert np.isnan(relative_distance(something, nothing)).all()
    assert relative_distance(nothing, something) == pytest.approx(1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mass_in_mask(np.ones((2, 32, 32)), random_masks(3, 0.5, 1)), r"\(2, 32, 32\) for masks of shape \(3"),
        (lambda: mass_in_mask(np.ones((32, 32)), random_masks(32, 0.5, 1)), r"expected \(N, 32, 32\) or"),
        (lambda: area_share(np.ones((2, 32, 32))), "Masks must be booleans .* got float64"),
        (lambda: mean_excess(np.ones((2, 3)), random_masks(2, 0.5, 1)), r"\(2, 3\) for 2 masks: expected one share"),
        (lambda: cosine_similarity(np.ones((2, 4, 4)), np.ones((4, 4))), r"\(2, 4, 4\) for a reference of shape \(4"),
        (lambda: relative_distance(np.ones(4), np.ones(4)), r"expected \(…, height, width\) twice"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call: callable, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()

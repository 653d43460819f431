"""Deep SHAP and expected gradients where SHAP values are known, and where Deep SHAP must fail."""

import numpy as np
import pytest
import torch
from torch import nn
from toy_networks import PerPixel, Power, WithDropout, linear, pictures, state_of, weights

from shapbook.attribution import (
    EntropyOf,
    SampledAttributions,
    additivity_gap,
    deep_shap,
    expected_gradients,
    patch_sums,
)
from shapbook.morphology import GalaxyNetwork
from shapbook.networks import predict_logits


def test_deep_shap_is_exact_for_a_linear_network() -> None:
    w, x, background = weights(), pictures(2, 2), pictures(5, 3)
    values = deep_shap(linear(w), x, background)
    assert values.shape == (2, 3, 32, 32)
    np.testing.assert_allclose(values, w * (x - background.mean(axis=0)), atol=1e-5)


def test_deep_shap_is_exact_where_each_unit_sees_one_pixel() -> None:
    """Behind a ReLU of each pixel, φ is what the pixel's own unit changes by: ReLU as identity, and across its kink."""
    w, x, background = weights(), pictures(2, 2) - 0.5, pictures(5, 3) - 0.5
    values = deep_shap(PerPixel(w, nn.ReLU()), x, background)
    np.testing.assert_allclose(values, w * (x.clip(0) - background.clip(0).mean(axis=0)), atol=1e-5)
    above = deep_shap(PerPixel(w, nn.ReLU()), x + 1, background + 1)
    np.testing.assert_allclose(above, deep_shap(linear(w), x, background), atol=1e-5)


def test_deep_shap_of_the_book_network_adds_up() -> None:
    network, x, background = GalaxyNetwork(), pictures(2, 2), pictures(6, 3)
    values = deep_shap(network, x, background)
    expected = predict_logits(network, x) - predict_logits(network, background).mean(axis=0)
    np.testing.assert_allclose(values.sum(axis=(2, 3)), expected, atol=1e-5)
    np.testing.assert_allclose(additivity_gap(network, x, background, values), 0, atol=1e-5)
    np.testing.assert_allclose(additivity_gap(network, x, background, values + 1), 1024, atol=1e-4)
    np.testing.assert_allclose(additivity_gap(network, x, background, patch_sums(values)), 0, atol=1e-5)


def test_deep_shap_of_an_entropy_does_not_add_up_and_says_so() -> None:
    network, x, background = EntropyOf(linear(weights())), pictures(2, 2), pictures(5, 3)
    with pytest.raises(ValueError, match=r"miss f\(x\) − E f\(background\) by up to [\d.]+, expected 0.01 at most"):
        deep_shap(network, x, background)
    values = deep_shap(network, x, background, check_additivity=False)
    assert values.shape == (2, 1, 32, 32)
    assert np.isfinite(values).all()
    assert np.abs(additivity_gap(network, x, background, values)).max() > 0.1


def test_deep_shap_that_is_not_a_number_does_not_pass_the_check() -> None:
    """−Σ p ln p of probabilities is NaN as soon as one of them underflows to 0."""

    class Naive(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(linear(100 * weights()), nn.Softmax(dim=1))

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            p = self.layers(images)
            return -(p * p.log()).sum(dim=1, keepdim=True)

    with pytest.raises(ValueError, match="by up to nan"):
        deep_shap(Naive(), pictures(2, 2), pictures(5, 3))


def test_gap_needs_a_map_for_each_output() -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 32, 32\): expected \(2, 3, 32, 32\)"):
        additivity_gap(linear(weights()), pictures(2, 2), pictures(5, 3), np.zeros((2, 32, 32)))


def test_expected_gradients_of_a_linear_network_against_one_image_are_exact() -> None:
    w, x, background = weights(), pictures(2, 2), pictures(1, 3)
    result = expected_gradients(linear(w), x, background, n_samples=20, seed=1)
    np.testing.assert_allclose(result.values, w * (x - background), atol=1e-5)
    assert result.blocks.shape == (10, 2, 3, 32, 32)
    assert result.standard_errors.max() < 1e-5


def test_standard_errors_of_expected_gradients_are_those_of_the_values() -> None:
    """For f = Σ w x³/3 the answer is w (x³ − E b³)/3.

    The mean square of 12 × 1,024 scores, which vary together, lay between 0.81 and 1.36 for 200 seeds of a direct
    simulation; a factor of √20, which shap's own variances of blocks of 20 are off by, would give 0.2 or 4.
    """
    w, x, background = weights()[:1], pictures(12, 2), pictures(30, 3)
    result = expected_gradients(PerPixel(w / 3, Power(3)), x, background, n_samples=200, seed=1)
    exact = w / 3 * (x**3 - (background**3).mean(axis=0))
    assert np.mean(((result.values - exact) / result.standard_errors) ** 2) == pytest.approx(1, abs=0.4)


def test_statistic_of_blocks_has_their_mean_and_its_standard_error() -> None:
    blocks = np.random.default_rng(1).normal(size=(10, 2, 3, 32, 32))
    value, error = SampledAttributions(blocks, np.empty(0)).summarise(patch_sums)
    sums = patch_sums(blocks)
    np.testing.assert_allclose(value, sums.mean(axis=0))
    np.testing.assert_allclose(error, np.sqrt(((sums - sums.mean(axis=0)) ** 2).sum(axis=0) / 90))


def test_sum_of_expected_gradients_has_its_own_error() -> None:
    """Scores of the sums follow Student's t with 9 degrees of freedom: beyond 9 once in 120,000, of 18 here."""
    network, x, background = GalaxyNetwork(), pictures(6, 2), pictures(30, 3)
    result = expected_gradients(network, x, background, n_samples=60, seed=1)
    total, error = result.summarise(lambda values: values.sum(axis=(2, 3)))
    expected = predict_logits(network, x) - predict_logits(network, background).mean(axis=0)
    assert np.abs((total - expected) / error).max() < 9


def test_samples_come_from_the_seed_alone() -> None:
    arguments = linear(weights()), pictures(1, 2), pictures(5, 3), 20
    np.random.seed(7)
    state, generator = np.random.get_state()[1].copy(), torch.random.get_rng_state()
    first, second, other = (expected_gradients(*arguments, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert torch.equal(torch.random.get_rng_state(), generator)
    np.testing.assert_array_equal(first.values, second.values)
    assert not np.array_equal(first.values, other.values)
    assert not np.array_equal(first.blocks[0], first.blocks[1])


@pytest.mark.parametrize("method", [deep_shap, lambda *images: expected_gradients(*images, n_samples=20, seed=1)])
def test_network_is_evaluated_without_dropout_and_left_as_it_was(method: callable) -> None:
    w, x, background = weights(), pictures(1, 2), pictures(1, 3)
    network = WithDropout(w).train()
    before = state_of(network)
    result = method(network, x, background)
    np.testing.assert_allclose(getattr(result, "values", result), w * (x - background), atol=1e-5)
    assert state_of(network) == before


@pytest.mark.parametrize("n_samples", [10, 105])
def test_samples_that_fill_no_blocks_are_refused(n_samples: int) -> None:
    with pytest.raises(ValueError, match=f"{n_samples} is no multiple of 10, or too few"):
        expected_gradients(linear(weights()), pictures(1, 2), pictures(1, 3), n_samples, seed=1)

"""Saliency maps of networks whose gradients are known."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from toy_networks import PerPixel, Power, WithDropout, linear, pictures, state_of, weights

from shapbook.attribution import (
    gradients,
    guided_backpropagation,
    integrated_gradients,
    occlusion,
    patch_sums,
    smooth_grad,
)
from shapbook.morphology import GalaxyNetwork
from shapbook.networks import predict_logits


def test_gradients_keep_their_sign_and_place() -> None:
    w, x = weights(), pictures(2, 2)
    values = gradients(linear(w), x)
    assert values.shape == (2, 3, 32, 32)
    np.testing.assert_allclose(values, np.stack([w, w]), rtol=1e-6)
    np.testing.assert_allclose(gradients(PerPixel(w, Power(2)), x), 2 * w * x, rtol=1e-5)


def test_smooth_grad_of_a_linear_network_is_its_gradient() -> None:
    w = weights()
    np.testing.assert_allclose(smooth_grad(linear(w), pictures(1, 2), seed=1)[0], w, rtol=1e-5)


def test_smooth_grad_is_the_gradient_smoothed_over_the_stated_noise() -> None:
    """The gradient of max(x, 0) at −0.1 is 0; under noise of 0.2 it is 1 with probability Φ(−0.5) = 0.309.

    The mean over 1,024 pixels and 100 samples is off by 6 standard errors once in a billion runs.
    """
    network, x = PerPixel(np.ones((1, 32, 32), np.float32), nn.ReLU()), np.full((1, 1, 32, 32), -0.1)
    assert not gradients(network, x).any()
    mean = smooth_grad(network, x, seed=1, noise=0.2, n_samples=100).mean()
    assert mean == pytest.approx(0.3085, abs=6 * np.sqrt(0.3085 * 0.6915 / 102_400))


def test_smooth_grad_comes_from_the_seed_alone_and_shares_its_noise_between_outputs() -> None:
    network = PerPixel(np.repeat(weights()[:1], 2, axis=0), Power(2))
    state = torch.random.get_rng_state()
    first, second, other = (smooth_grad(network, pictures(1, 2), seed=seed, n_samples=5) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(first, other)
    np.testing.assert_array_equal(first[:, 0], first[:, 1])


def test_guided_backpropagation_keeps_what_is_positive_on_the_way_in_and_back(
    recwarn: pytest.WarningsRecorder,
) -> None:
    """Of w·max(x, 0) the gradient is w where x > 0; the guided one drops negative w as well."""
    w, x = weights(), pictures(2, 2) - 0.5
    values = guided_backpropagation(PerPixel(w, nn.ReLU()), x)
    np.testing.assert_allclose(values, np.where(x > 0, np.clip(w, 0, None), 0), rtol=1e-5)
    assert not recwarn


def test_guided_backpropagation_without_relus_is_the_gradient() -> None:
    w, x = weights(), pictures(2, 2)
    np.testing.assert_allclose(guided_backpropagation(PerPixel(w, Power(2)), x), 2 * w * x, rtol=1e-5)


def test_integrated_gradients_of_a_cubic_are_exact() -> None:
    w, x, baseline = weights(), pictures(2, 2), pictures(1, 3)
    values = integrated_gradients(PerPixel(w, Power(3)), x, baseline, n_steps=5)
    np.testing.assert_allclose(values, w * (x**3 - baseline**3), atol=1e-4)


def test_integrated_gradients_are_complete() -> None:
    network, x, baseline = GalaxyNetwork(), pictures(2, 2), pictures(1, 3)
    total = integrated_gradients(network, x, baseline, n_steps=200).sum(axis=(2, 3))
    np.testing.assert_allclose(total, predict_logits(network, x) - predict_logits(network, baseline), atol=2e-3)


def test_occlusion_of_single_pixels_of_a_linear_network_is_its_shap_value() -> None:
    w, x, baseline = weights()[:2], pictures(1, 2), pictures(1, 3)
    values = occlusion(linear(w), x, baseline, window=1, stride=1)
    np.testing.assert_allclose(values, w * (x - baseline), atol=1e-4)


def test_occlusion_gives_every_pixel_of_a_window_the_fall_of_the_output() -> None:
    w, x, baseline = weights(), pictures(2, 2), pictures(1, 3)
    falls = patch_sums(w * (x - baseline))
    values = occlusion(linear(w), x, baseline, window=8, stride=8)
    np.testing.assert_allclose(values, falls.repeat(8, axis=2).repeat(8, axis=3), atol=1e-3)


def test_overlapping_windows_are_averaged() -> None:
    """Of windows at 0, 2, … pixels 4 wide, pixel (1, 1) lies in one and pixel (2, 2) in four."""
    w, x, baseline = weights()[:1], pictures(1, 2), pictures(1, 3)
    shap_values = (w * (x - baseline))[0, 0]
    values = occlusion(linear(w), x, baseline, window=4, stride=2)[0, 0]
    falls = [shap_values[row : row + 4, column : column + 4].sum() for row in (0, 2) for column in (0, 2)]
    assert values[1, 1] == pytest.approx(falls[0], abs=1e-3)
    assert values[2, 2] == pytest.approx(np.mean(falls), abs=1e-3)


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (lambda network, x, baseline: gradients(network, x), lambda w, x, b: w[None]),
        (lambda network, x, baseline: guided_backpropagation(network, x), lambda w, x, b: w[None]),
        (lambda network, x, baseline: smooth_grad(network, x, seed=1), lambda w, x, b: w[None]),
        (integrated_gradients, lambda w, x, b: w * (x - b)),
        (partial(occlusion, window=1, stride=1), lambda w, x, b: w * (x - b)),
    ],
)
def test_network_is_evaluated_without_dropout_and_left_as_it_was(method: Callable, expected: Callable) -> None:
    w, x, baseline = weights()[:1], pictures(1, 2), pictures(1, 3)
    network = WithDropout(w).train()
    before = state_of(network)
    np.testing.assert_allclose(method(network, x, baseline), expected(w, x, baseline), atol=1e-4)
    assert state_of(network) == before


@pytest.mark.parametrize("method", [integrated_gradients, occlusion])
def test_several_baselines_are_refused(method: Callable) -> None:
    with pytest.raises(ValueError, match=r"must be one image of shape \(1, 1, 32, 32\), got \(4, 1, 32, 32\)"):
        method(linear(weights()), pictures(1, 2), pictures(4, 3))


@pytest.mark.parametrize(("window", "stride"), [(4, 0), (4, 5), (33, 4)])
def test_windows_that_leave_pixels_out_are_refused(window: int, stride: int) -> None:
    with pytest.raises(ValueError, match=f"window={window} and stride={stride}: expected 1 ≤ stride ≤ window ≤ 32"):
        occlusion(linear(weights()), pictures(1, 2), pictures(1, 3), window, stride)

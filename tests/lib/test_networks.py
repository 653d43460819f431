"""What a network predicts does not depend on its mode, and leaves that mode alone."""

import numpy as np
import pytest
import torch
from torch import nn

from shapbook import networks


def linear(weight: float, *parts: nn.Module) -> nn.Sequential:
    layer = nn.Linear(1024, 3)
    nn.init.constant_(layer.weight, weight)
    nn.init.constant_(layer.bias, 0.5)
    return nn.Sequential(nn.Flatten(), *parts, layer)


def test_logits_of_a_linear_network_are_sums_of_its_pixels() -> None:
    images = np.random.default_rng(1).random((5, 1, 32, 32))
    expected = 0.25 * images.sum(axis=(1, 2, 3)) + 0.5
    np.testing.assert_allclose(networks.predict_logits(linear(0.25), images), expected[:, None].repeat(3, 1), rtol=1e-5)


def test_batches_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(2).random((7, 1, 32, 32))
    whole = networks.predict_logits(linear(0.25), images)
    monkeypatch.setattr(networks, "BATCH_IMAGES", 3)
    np.testing.assert_allclose(networks.predict_logits(linear(0.25), images), whole, rtol=1e-6)


def test_dropout_is_off_while_predicting_and_on_again_afterwards() -> None:
    network = linear(1, nn.Dropout(0.5)).train()
    images = np.ones((4, 1, 32, 32))
    np.testing.assert_allclose(networks.predict_logits(network, images), 1024.5)
    assert network.training
    assert network[1].training
    with torch.no_grad():  # left in training mode the network would err: 512 ± 16 of 1024 pixels are kept
        assert network(torch.ones(4, 1, 32, 32)).std() > 1


def test_mode_of_each_part_is_put_back_even_after_an_error() -> None:
    network = linear(1, nn.Dropout(0.5)).train()
    network[1].eval()
    with pytest.raises(RuntimeError, match="stop"), networks.in_mode(network, "evaluation"):  # noqa: PT012
        assert not network[2].training
        raise RuntimeError("stop")
    assert [module.training for module in network] == [True, False, True]


def test_probabilities_are_the_softmax_of_the_logits() -> None:
    network = linear(0)
    with torch.no_grad():
        network[1].bias.copy_(torch.log(torch.tensor([1.0, 2.0, 5.0])))
    p = networks.predict_probabilities(network, np.zeros((2, 1, 32, 32)))
    np.testing.assert_allclose(p, [[0.125, 0.25, 0.625]] * 2, rtol=1e-6)


def test_entropy_of_known_distributions() -> None:
    logits = np.log([[1, 1, 1], [1, 1, 1e-300], [1, 2, 5]])
    p = np.array([1, 2, 5]) / 8
    expected = [np.log(3), np.log(2), -(p * np.log(p)).sum()]
    np.testing.assert_allclose(networks.entropy(logits), expected, rtol=1e-12)
    np.testing.assert_allclose(networks.entropy(logits + 1e3), expected, rtol=1e-9)


def test_entropy_of_extreme_logits_is_zero_and_never_nan() -> None:
    logits = [[1e4, -1e4, 0], [1e4, -1e4, -1e4], [-1e4, -1e4, 1e4]]
    np.testing.assert_array_equal(networks.entropy(logits), 0)
    assert not np.signbit(networks.entropy(logits)).any()


def test_weight_norm_in_closed_form() -> None:
    assert networks.weight_norm(linear(0.25)) == pytest.approx(np.sqrt(3 * 1024 * 0.25**2 + 3 * 0.5**2))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((32, 32)), r"shape \(N, 1, 32, 32\) with at least one image, got \(32, 32\)"),
        (np.zeros((1, 32, 32)), r"take one image as `images\[i:i\+1\]`"),
        (np.zeros((0, 1, 32, 32)), "at least one image"),
        (np.full((1, 1, 32, 32), np.nan), "1024 of 1024 pixels are not"),
    ],
)
def test_bad_images_are_refused(images: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        networks.predict_logits(linear(1), images)

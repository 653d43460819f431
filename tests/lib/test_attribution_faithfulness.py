"""Curves of networks that look at one pixel, and networks that forget."""

import numpy as np
import pytest
import torch
from toy_networks import linear, pictures, state_of

from shapbook.attribution import EntropyOf, blurred, deletion_curve, insertion_curve, randomise_layers
from shapbook.morphology import GalaxyNetwork
from shapbook.networks import predict_logits, predict_probabilities

BLACK, WHITE = np.zeros((1, 1, 32, 32), dtype=np.float32), np.ones((1, 1, 32, 32), dtype=np.float32)


def one_pixel(row: int, column: int) -> torch.nn.Module:
    """A network that is sure of class 1 if a pixel is white, and of class 0 if it is black."""
    w = np.zeros((2, 32, 32), dtype=np.float32)
    w[1, row, column] = 60
    network = linear(w)
    with torch.no_grad():
        network[1].bias.copy_(torch.tensor([30.0, 0.0]))
    return network


def scores_with(row: int, column: int, value: float) -> np.ndarray:
    scores = np.zeros((1, 32, 32))
    scores[0, row, column] = value
    return scores


@pytest.mark.parametrize(("value", "stays"), [(5.0, 1), (-5.0, 32)])
def test_deletion_takes_the_most_positive_pixel_first_and_the_most_negative_last(value: float, stays: int) -> None:
    curve = deletion_curve(one_pixel(20, 7), WHITE, scores_with(20, 7, value), [1], BLACK)
    assert curve.shape == (1, 33)
    np.testing.assert_allclose(curve[0], [1] * stays + [0] * (33 - stays), atol=1e-9)


@pytest.mark.parametrize(("value", "waits"), [(5.0, 1), (-5.0, 32)])
def test_insertion_puts_the_most_positive_pixel_in_first(value: float, waits: int) -> None:
    curve = insertion_curve(one_pixel(20, 7), WHITE, scores_with(20, 7, value), [1], BLACK)
    np.testing.assert_allclose(curve[0], [0] * waits + [1] * (33 - waits), atol=1e-9)


def test_steps_replace_equal_shares_of_the_pixels_in_order() -> None:
    """The network counts white pixels, each worth as much as it ranks, so the curve tells which are left."""
    ranks = np.random.default_rng(1).permutation(1024).reshape(1, 32, 32)
    network = linear(np.concatenate([ranks / 1e6, np.zeros((1, 32, 32))]).astype(np.float32))
    curve = deletion_curve(network, WHITE, ranks, [0], BLACK, n_steps=3)[0]
    left = [np.arange(1024 - gone).sum() / 1e6 for gone in (0, 341, 683, 1024)]
    np.testing.assert_allclose(curve, 1 / (1 + np.exp(-np.array(left))), rtol=1e-4)


def test_curves_begin_and_end_at_the_image_and_the_fill() -> None:
    network, x, maps, classes = GalaxyNetwork(), pictures(3, 1), np.random.default_rng(2).random((3, 32, 32)), [0, 1, 2]
    whole = predict_probabilities(network, x)[np.arange(3), classes]
    for fill in (pictures(1, 3), pictures(3, 4)):
        empty = np.broadcast_to(predict_probabilities(network, fill), (3, 3))[np.arange(3), classes]
        for curve, ends in ((deletion_curve, (whole, empty)), (insertion_curve, (empty, whole))):
            result = curve(network, x, maps, classes, fill, n_steps=4)
            np.testing.assert_allclose(result[:, [0, -1]], np.transpose(ends), rtol=1e-5)


def test_insertion_of_a_map_is_deletion_of_its_negative_backwards() -> None:
    arguments = GalaxyNetwork(), pictures(2, 1), np.random.default_rng(2).random((2, 32, 32))
    deletion = deletion_curve(*arguments, [0, 1], pictures(1, 3))
    insertion = insertion_curve(arguments[0], arguments[1], -arguments[2], [0, 1], pictures(1, 3))
    np.testing.assert_allclose(insertion, deletion[:, ::-1], rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"attributions": np.ones((2, 3, 32, 32))}, r"got \(2, 3, 32, 32\), \(2,\) and 1\. Take the maps of one class"),
        ({"classes": [0]}, r"classes \(2,\) and the fill 1 or 2 images; got \(2, 32, 32\), \(1,\) and 1"),
        ({"fill": pictures(3, 3)}, r"got \(2, 32, 32\), \(2,\) and 3"),
        ({"n_steps": 0}, "n_steps=0: expected a number between 1 and the 1,024 pixels"),
        ({"n_steps": 1025}, "n_steps=1025"),
    ],
)
@pytest.mark.parametrize("curve", [deletion_curve, insertion_curve])
def test_curves_refuse_what_does_not_fit(curve: callable, change: dict, message: str) -> None:
    fitting = {"attributions": np.ones((2, 32, 32)), "classes": [0, 1], "fill": pictures(1, 3)}
    with pytest.raises(ValueError, match=message):
        curve(GalaxyNetwork(), pictures(2, 1), **fitting | change)


def test_blur_keeps_even_images_and_spreads_a_star_over_its_width() -> None:
    np.testing.assert_allclose(blurred(np.full((2, 1, 32, 32), 0.7)), 0.7, rtol=1e-5)
    star = BLACK.copy()
    star[0, 0, 16, 16] = 1
    light = blurred(star, width=2.0)[0, 0]
    assert light.sum() == pytest.approx(1, rel=1e-4)
    offsets = np.arange(32) - 16
    assert np.sqrt((light.sum(axis=0) * offsets**2).sum()) == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("width", [0, 5.5])
def test_blur_out_of_range_is_refused(width: float) -> None:
    with pytest.raises(ValueError, match=f"Gaussian {width} pixels wide: expected a width above 0 and at most 5"):
        blurred(WHITE, width)


def test_named_layers_forget_and_the_others_do_not() -> None:
    network = GalaxyNetwork(seed=1).train()
    before = state_of(network)
    changed = randomise_layers(network, ["linear2"], seed=1)
    assert state_of(network) == before
    same = {name for name, values in network.state_dict().items() if torch.equal(values, changed.state_dict()[name])}
    assert set(network.state_dict()) - same == {"linear2.weight", "linear2.bias"}
    assert not np.allclose(predict_logits(network, pictures(2, 1)), predict_logits(changed, pictures(2, 1)))


def test_new_weights_come_from_the_seed_alone() -> None:
    network = EntropyOf(GalaxyNetwork(seed=1))
    state = torch.random.get_rng_state()
    first, second, other = (
        randomise_layers(network, ["network.conv1"], seed).network.conv1.weight for seed in (1, 1, 2)
    )
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", ["linear3", "relu1"])
def test_layers_without_weights_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"No layer '{name}' .* expected one of conv1, conv2, linear1, linear2"):
        randomise_layers(GalaxyNetwork(), ["linear2", name], seed=1)

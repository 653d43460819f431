"""Shapley values of patches against closed forms, the axioms and the network itself."""

import numpy as np
import pytest
import torch
from torch import nn
from toy_networks import WithDropout, linear, pictures, state_of, weights

from shapbook import shapley
from shapbook.attribution import EntropyOf, patch_game, patch_shapley, patch_sums
from shapbook.attribution.patches import PATCHES
from shapbook.morphology import GalaxyNetwork
from shapbook.networks import entropy, predict_logits, predict_probabilities


def decided_network() -> GalaxyNetwork:
    """A network of random weights, scaled and shifted so that it is unsure of some images and sure of others."""
    network = GalaxyNetwork(seed=3)
    with torch.no_grad():
        network.linear2.weight.mul_(60)
        network.linear2.bias.sub_(torch.from_numpy(predict_logits(network, pictures(50, 9)).mean(axis=0)))
    return network


TRAINED = decided_network()


def some_coalitions(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((n, 16)) < 0.5


def compose(coalition: np.ndarray, image: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Paste the patches of a coalition into each background image, patch by patch."""
    images = background.copy()
    for number in np.flatnonzero(coalition):
        row, column = 8 * (number // 4), 8 * (number % 4)
        images[:, :, row : row + 8, column : column + 8] = image[:, :, row : row + 8, column : column + 8]
    return images


def in_turn(network: nn.Module, coalitions: np.ndarray, image: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Logits of every composed image, one coalition after another: (n_coalitions, n_background, n_outputs)."""
    return np.array([predict_logits(network, compose(part, image, background)) for part in coalitions], dtype=float)


@pytest.mark.parametrize("network", [TRAINED, nn.Sequential(TRAINED)], ids=["by tables", "image by image"])
def test_game_asks_the_network_for_composed_images(network: nn.Module) -> None:
    image, background, coalitions = pictures(1, 2), pictures(3, 3), some_coalitions(60, 4)
    coalitions[:2] = [[False] * 16, [True] * 16]
    logits = in_turn(TRAINED, coalitions, image, background)
    assert np.ptp(logits, axis=0).min() > 0.1
    p = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    expected = {
        "logits": logits.mean(axis=1),
        "probabilities": p.mean(axis=1),
        "mean_entropy": -(p * np.log(p)).sum(axis=2).mean(axis=1)[:, None],
        "entropy_of_mean": -(p.mean(axis=1) * np.log(p.mean(axis=1))).sum(axis=1)[:, None],
    }
    for output, values in expected.items():
        np.testing.assert_allclose(patch_game(network, image, background, output)(coalitions), values, atol=2e-5)


def test_every_patch_reaches_the_tables() -> None:
    """Dropping any one patch changes all logits, alike by tables and image by image."""
    image, background, coalitions = pictures(1, 2), pictures(1, 3), ~np.eye(16, dtype=bool)
    game = patch_game(TRAINED, image, background)
    changes = game(coalitions) - game(np.ones((1, 16), dtype=bool))
    assert np.abs(changes).min() > 1e-4
    np.testing.assert_allclose(game(coalitions), in_turn(TRAINED, coalitions, image, background)[:, 0], atol=2e-5)


def test_patches_of_a_linear_network_get_their_sums() -> None:
    w, x, background = weights(), pictures(2, 2), pictures(2, 3)
    values = patch_shapley(linear(w), x, background)
    assert values.shape == (2, 3, 4, 4)
    np.testing.assert_allclose(values, patch_sums(w * (x - background.mean(axis=0))), atol=1e-3)


def test_values_share_out_what_the_image_adds_to_the_background() -> None:
    x, background = pictures(1, 2), pictures(2, 3)
    p, q = predict_probabilities(TRAINED, x), predict_probabilities(TRAINED, background)
    h, g = entropy(predict_logits(TRAINED, x)), entropy(predict_logits(TRAINED, background))
    expected = {
        "logits": predict_logits(TRAINED, x) - predict_logits(TRAINED, background).mean(axis=0),
        "probabilities": p - q.mean(axis=0),
        "mean_entropy": (h - g.mean())[:, None],
        "entropy_of_mean": (h - entropy(np.log(q.mean(axis=0, dtype=float)[None])))[:, None],
    }
    for output, total in expected.items():
        values = patch_shapley(TRAINED, x, background, output)
        np.testing.assert_allclose(values.sum(axis=(2, 3)), total, atol=2e-5)


def test_patch_that_the_network_ignores_gets_nothing() -> None:
    w = weights()
    w[:, 8:16, 16:24] = 0
    values = patch_shapley(EntropyOf(linear(w)), pictures(1, 2), pictures(1, 3))
    assert values[0, 0, 1, 2] == pytest.approx(0, abs=1e-5)
    assert np.abs(np.delete(values.ravel(), 6)).min() > 1e-5


def test_symmetric_patches_get_the_same() -> None:
    """The network counts light only, and two patches of the image are equal, on a background that is even."""
    x, background = pictures(1, 2) - 0.5, np.zeros((2, 1, 32, 32), dtype=np.float32)
    x[..., 24:, :8] = x[..., :8, 8:16]
    network = nn.Sequential(linear(np.full((1, 32, 32), 0.01, dtype=np.float32)), nn.Tanh())
    values = patch_shapley(network, x, background)[0, 0]
    assert values[3, 0] == pytest.approx(values[0, 1], abs=1e-6)
    assert np.abs(values - values[0, 1]).max() > 1e-3


def test_two_entropy_games_differ_when_backgrounds_disagree() -> None:
    """The network is sure of black and of white images, and calls them by different names: E[H] = 0, H[E] = ln 2."""
    w = np.stack([np.full((32, 32), sign, dtype=np.float32) for sign in (0.1, -0.1)])
    background = np.stack([np.zeros((1, 32, 32)), np.ones((1, 32, 32))])
    x, nobody = np.full((1, 1, 32, 32), 1.0), np.zeros((1, 16), dtype=bool)
    network = nn.Sequential(linear(w), Shift(torch.tensor([-51.2, 51.2])))
    assert patch_game(network, x, background, "mean_entropy")(nobody)[0, 0] == pytest.approx(0, abs=1e-12)
    assert patch_game(network, x, background, "entropy_of_mean")(nobody)[0, 0] == pytest.approx(np.log(2))
    np.testing.assert_allclose(patch_game(network, x, background, "probabilities")(nobody), [[0.5, 0.5]])


class Shift(nn.Module):
    def __init__(self, by: torch.Tensor) -> None:
        super().__init__()
        self.by = by

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.by


def test_entropy_of_the_mean_is_never_below_the_mean_entropy() -> None:
    image, coalitions = pictures(1, 2), some_coalitions(300, 4)
    mean, of_mean = (
        patch_game(TRAINED, image, pictures(2, 3), output)(coalitions) for output in ("mean_entropy", "entropy_of_mean")
    )
    assert (of_mean - mean).min() >= 0
    assert (of_mean - mean).max() > 0.01
    one_mean, one_of_mean = (
        patch_game(TRAINED, image, pictures(1, 3), output)(coalitions) for output in ("mean_entropy", "entropy_of_mean")
    )
    np.testing.assert_allclose(one_mean, one_of_mean, atol=1e-9)


def test_entropy_network_plays_the_mean_entropy_game() -> None:
    image, background, coalitions = pictures(1, 2), pictures(3, 3), some_coalitions(100, 4)
    np.testing.assert_allclose(
        patch_game(EntropyOf(TRAINED), image, background)(coalitions),
        patch_game(TRAINED, image, background, "mean_entropy")(coalitions),
        atol=1e-5,
    )


@pytest.mark.parametrize("output", ["mean_entropy", "entropy_of_mean"])
def test_extreme_logits_have_an_entropy(output: str) -> None:
    game = patch_game(linear(1e4 * weights()), pictures(1, 2), pictures(2, 3), output)
    values = game(some_coalitions(50, 4))
    assert ((values >= 0) & (values <= np.log(3))).all()


def test_sampled_values_agree_with_the_exact_ones() -> None:
    """Antithetic orderings; beyond 6 standard errors once in 10,000 values of t with 19 degrees of freedom: 48 here."""
    x, background = pictures(1, 2), pictures(3, 3)
    estimate = shapley.sample_values(patch_game(TRAINED, x, background), 40, rng=1, method="antithetic")
    exact = patch_shapley(TRAINED, x, background)[0].reshape(3, 16).T
    scores = (estimate.values - exact) / estimate.standard_errors
    assert np.abs(scores).max() < 7
    assert np.sqrt(np.mean(scores**2)) > 0.5


def test_values_are_the_mean_of_those_against_each_background_image() -> None:
    x, background = pictures(1, 2), pictures(2, 3)
    separate = [patch_shapley(TRAINED, x, background[i : i + 1], "probabilities") for i in range(2)]
    np.testing.assert_allclose(
        patch_shapley(TRAINED, x, background, "probabilities"), np.mean(separate, axis=0), atol=1e-6
    )


def test_players_are_named_row_by_row() -> None:
    assert len(PATCHES) == 16
    assert PATCHES[:5] == (
        "row 1, column 1", "row 1, column 2", "row 1, column 3", "row 1, column 4", "row 2, column 1",
    )  # fmt: skip
    w = np.zeros((1, 32, 32), dtype=np.float32)
    w[0, 8:16, 24:] = 1
    game = patch_game(linear(w), np.ones((1, 1, 32, 32)), np.zeros((1, 1, 32, 32)))
    assert game.value_of("row 2, column 4") == pytest.approx(64.5)
    assert game.value_of("row 4, column 2") == pytest.approx(0.5)


@pytest.mark.parametrize("network", [WithDropout(weights()), GalaxyNetwork(dropout=0.5)])
def test_network_is_evaluated_without_dropout_and_left_as_it_was(network: nn.Module) -> None:
    network.train()
    before = state_of(network)
    image = pictures(1, 2)
    value = patch_game(network, image, pictures(2, 3))(np.ones((1, 16), dtype=bool))
    np.testing.assert_allclose(value, predict_logits(network, image), atol=1e-4)
    assert state_of(network) == before


def test_game_keeps_the_network_it_was_made_with() -> None:
    network, image = GalaxyNetwork(), pictures(1, 2)
    game, everybody = patch_game(network, image, pictures(1, 3)), np.ones((1, 16), dtype=bool)
    before = game(everybody)
    with torch.no_grad():
        network.linear2.weight.zero_()
        network.linear1.weight.zero_()
    np.testing.assert_array_equal(game(everybody), before)


@pytest.mark.parametrize(
    ("image", "output", "message"),
    [
        (np.zeros((2, 1, 32, 32)), "logits", r"one image of shape \(1, 1, 32, 32\), got \(2, 1, 32, 32\)"),
        (np.zeros((1, 1, 32, 32)), "entropy", "Unknown output 'entropy': expected one of 'logits', 'probabilities', "),
        (np.zeros((32, 32)), "logits", r"shape \(N, 1, 32, 32\)"),
    ],
)
def test_bad_games_are_refused(image: np.ndarray, output: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        patch_game(GalaxyNetwork(), image, pictures(1, 3), output)


def test_sums_of_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(…, 32, 32\), got \(3, 30, 32\)"):
        patch_sums(np.zeros((3, 30, 32)))

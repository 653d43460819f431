"""The network of the book, its training and its scores, on images whose answers are known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from shapbook import morphology
from shapbook.data_files import verified
from shapbook.image_survey import GalaxyImages, load_images
from shapbook.networks import predict_logits

STEPS = {"epochs": 3, "batch": 8, "progress": False}


def blobs(n: int, seed: int) -> GalaxyImages:
    """Noisy images whose class is the number of dark spots: one, two or three."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n, dtype=np.int64) % 3
    images = rng.normal(0.85, 0.03, (n, 1, 32, 32)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        for row, column in ((8, 8), (16, 16), (24, 24))[: label + 1]:
            image[0, row - 2 : row + 3, column - 2 : column + 3] -= 0.6
    return GalaxyImages(images.clip(0, 1), labels, "simulated")


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_network_has_the_layers_of_the_book() -> None:
    network = morphology.GalaxyNetwork(dropout=0.2)
    shapes = {name: tuple(values.shape) for name, values in network.named_parameters() if name.endswith("weight")}
    assert shapes == {
        "conv1.weight": (3, 1, 3, 3),
        "conv2.weight": (20, 3, 5, 5),
        "linear1.weight": (50, 720),
        "linear2.weight": (3, 50),
    }
    assert network.dropout1.p == network.dropout2.p == 0.2
    assert network(torch.rand(2, 1, 32, 32)).shape == (2, 3)


def test_initial_weights_come_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    first, state = morphology.GalaxyNetwork(seed=4), torch.random.get_rng_state()
    second, other = morphology.GalaxyNetwork(seed=4), morphology.GalaxyNetwork(seed=5)
    assert same_weights(first, second)
    assert not same_weights(first, other)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_dropout_out_of_range_is_refused(dropout: float) -> None:
    with pytest.raises(ValueError, match=f"dropout of {dropout} is no share"):
        morphology.GalaxyNetwork(dropout)


def test_thirty_images_are_learnt_by_heart() -> None:
    network, galaxies = morphology.GalaxyNetwork(dropout=0), blobs(30, seed=1)
    history = morphology.train_network(
        network, galaxies, blobs(30, seed=2), seed=1, epochs=60, batch=10, augment=False, progress=False
    )
    assert list(history.columns) == ["training_loss", "training_accuracy", "validation_loss", "validation_accuracy"]
    assert history.index.name == "epoch"
    assert list(history.index) == list(range(1, 61))
    assert history["training_loss"].iloc[-1] < 0.01
    assert history["training_accuracy"].iloc[-1] == 1
    np.testing.assert_array_equal(predict_logits(network, galaxies.images).argmax(axis=1), galaxies.labels)


def test_history_is_measured_without_dropout_and_the_mode_is_left_alone() -> None:
    galaxies, held_out = blobs(30, seed=1), blobs(12, seed=2)
    network = morphology.GalaxyNetwork(dropout=0.5)
    network.dropout1.eval()
    history = morphology.train_network(network, galaxies, held_out, seed=1, **STEPS)
    assert network.training
    assert not network.dropout1.training
    network.eval()
    for name, sample in (("training", galaxies), ("validation", held_out)):
        with torch.no_grad():
            loss = nn.functional.cross_entropy(network(torch.tensor(sample.images)), torch.tensor(sample.labels))
        assert history[f"{name}_loss"].iloc[-1] == pytest.approx(float(loss), rel=1e-5)
    network.train()
    with torch.no_grad():
        noisy = nn.functional.cross_entropy(network(torch.tensor(galaxies.images)), torch.tensor(galaxies.labels))
    assert history["training_loss"].iloc[-1] != pytest.approx(float(noisy), rel=1e-3)


def test_training_is_repeatable_and_its_seed_matters() -> None:
    galaxies = blobs(30, seed=1)
    threads = torch.get_num_threads()
    networks, histories = [], []
    for seed, n_threads in ((1, 1), (1, 2), (2, 1)):
        torch.set_num_threads(n_threads)
        networks.append(morphology.GalaxyNetwork())
        histories.append(morphology.train_network(networks[-1], galaxies, galaxies, seed=seed, **STEPS))
        assert torch.get_num_threads() == n_threads
    torch.set_num_threads(threads)
    pd.testing.assert_frame_equal(histories[0], histories[1])
    assert same_weights(networks[0], networks[1])
    assert not same_weights(networks[0], networks[2])


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_weight_decay_shrinks_the_weights(optimiser: str) -> None:
    norms = []
    for weight_decay in (0.0, 0.5):
        network = morphology.GalaxyNetwork()
        morphology.train_network(
            network, blobs(30, 1), blobs(6, 2), seed=1, optimiser=optimiser, weight_decay=weight_decay, **STEPS
        )
        norms.append(morphology.weight_norm(network))
    assert norms[1] < 0.99 * norms[0]


def test_augmentation_draws_each_of_the_eight_symmetries() -> None:
    """Eight ways, 400 draws: a way is missed with a probability below 1e-22; each share is within 6 sigma of 1/8."""
    picture = torch.arange(9.0).reshape(1, 1, 3, 3)
    ways = [turned for k in range(4) for turned in (picture.rot90(k, (2, 3)), picture.rot90(k, (2, 3)).flip(3))]
    transform = morphology.turns_and_mirrors()
    torch.manual_seed(1)
    drawn = [transform(picture) for _ in range(400)]
    counts = np.array([sum(torch.equal(way, one) for one in drawn) for way in ways])
    assert counts.sum() == 400
    assert (np.abs(counts / 400 - 1 / 8) < 6 * np.sqrt(1 / 8 * 7 / 8 / 400)).all()


def test_augmented_training_shows_the_network_turned_images() -> None:
    seen = []
    network = morphology.GalaxyNetwork()
    network.register_forward_pre_hook(lambda module, arguments: seen.append(arguments[0]) if module.training else None)
    galaxies = blobs(8, seed=1)
    for augment in (False, True):
        seen.clear()
        morphology.train_network(
            network, galaxies, galaxies, seed=1, epochs=8, batch=8, augment=augment, progress=False
        )
        straight = [any(np.array_equal(image, known) for known in galaxies.images) for image in torch.cat(seen).numpy()]
        assert np.all(straight) != augment


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs=0 and batch=8"),
        ({"batch": 0}, "epochs=3 and batch=0"),
        ({"optimiser": "lion"}, "Unknown optimiser 'lion': expected one of 'adam', 'adamw', 'sgd'"),
    ],
)
def test_bad_settings_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        morphology.train_network(morphology.GalaxyNetwork(), blobs(6, 1), blobs(6, 2), seed=1, **STEPS | settings)


def test_split_keeps_the_classes_in_proportion_and_shares_no_galaxy() -> None:
    galaxies = blobs(300, seed=1)
    kept, held_out = morphology.split(galaxies, 0.1, np.random.default_rng(1))
    assert np.bincount(held_out.labels).tolist() == [10, 10, 10]
    assert np.bincount(kept.labels).tolist() == [90, 90, 90]
    assert held_out.survey == "simulated"
    together = np.concatenate([kept.images, held_out.images]).reshape(300, -1)
    assert len(np.unique(together, axis=0)) == 300
    again, _ = morphology.split(galaxies, 0.1, np.random.default_rng(1))
    other, _ = morphology.split(galaxies, 0.1, np.random.default_rng(2))
    np.testing.assert_array_equal(kept.images, again.images)
    assert not np.array_equal(kept.images, other.images)


@pytest.mark.parametrize("share", [0, 1, 90])
def test_impossible_split_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=f"share of {share} cannot be held out"):
        morphology.split(blobs(30, 1), share, np.random.default_rng(1))


def test_scores_of_a_known_table() -> None:
    labels = np.repeat([0, 1, 2], [4, 2, 2])
    predicted = [0, 0, 0, 2, 1, 0, 2, 2]
    np.testing.assert_array_equal(morphology.confusion(labels, predicted), [[3, 0, 1], [1, 1, 0], [0, 0, 2]])
    np.testing.assert_allclose(morphology.accuracy(labels, predicted), [0.75, 0.5, 1])


def test_accuracy_of_an_absent_class_is_unknown() -> None:
    np.testing.assert_array_equal(morphology.accuracy([0, 1], [0, 2]), [1, 0, np.nan])


@pytest.mark.parametrize(
    ("labels", "predicted", "message"),
    [
        ([0, 1], [0], r"shape \(2,\) for predictions of shape \(1,\)"),
        ([0, 1], [0, 3], "Classes are 0, 1, 2, got 3"),
        ([0.0, 1.0], [0.2, 0.8], "got 0.2: take the argmax"),
    ],
)
def test_scores_refuse_what_is_no_class(labels: list, predicted: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        morphology.confusion(labels, predicted)


def mean_test_accuracy(survey: str) -> float:
    test = load_images("test", survey)
    predicted = predict_logits(morphology.pretrained(survey), test.images).argmax(axis=1)
    return morphology.accuracy(test.labels, predicted).mean()


def test_pretrained_network_knows_the_simulated_galaxies() -> None:
    assert mean_test_accuracy("simulated") > 0.85


def test_pretrained_network_knows_the_real_galaxies(sdss: dict[str, Path]) -> None:
    assert mean_test_accuracy("sdss") > 0.82


@pytest.mark.parametrize("survey", ["simulated", "sdss"])
def test_pretrained_network_is_ready_to_evaluate_in_single_precision(survey: str) -> None:
    network = morphology.pretrained(survey)
    assert not any(module.training for module in network.modules())
    assert {values.dtype for values in network.parameters()} == {torch.float32}


def test_pretrained_weights_are_small() -> None:
    files = [verified(f"morphology/weights-{survey}.safetensors") for survey in ("simulated", "sdss")]
    assert sum(file.stat().st_size for file in files) <= 200_000


def test_unknown_pretrained_network_is_refused() -> None:
    with pytest.raises(ValueError, match="survey 'gz2': expected 'simulated' or 'sdss'"):
        morphology.pretrained("gz2")


def test_network_of_the_simulated_galaxies_tells_real_ones_apart(sdss: dict[str, Path]) -> None:
    """Trained on the simulated survey alone, it classifies at least 60 % of the real test galaxies right."""
    real = load_images("test", "sdss")
    predicted = predict_logits(morphology.pretrained("simulated"), real.images).argmax(axis=1)
    assert morphology.accuracy(real.labels, predicted).mean() >= 0.6

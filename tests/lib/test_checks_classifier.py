"""The checks of the page *A classifier*: solutions pass, mistakes get their own words."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from shapbook.checks import classifier as checks
from shapbook.morphology import GalaxyNetwork, weight_norm


def starter(*arguments: Any) -> None:  # noqa: ANN401
    raise NotImplementedError


def dropout(
    p_drop: float = 0.3,
    scale: float = 1 / 0.7,
    at_rest: Callable = lambda x, rng: x,
    shape: Callable = np.shape,
    seed: int | None = None,
) -> Callable:
    def function(x: np.ndarray, p: float, training: bool, rng: np.random.Generator) -> np.ndarray:
        if not training:
            return at_rest(x, rng)
        rng = rng if seed is None else np.random.default_rng(seed)
        return x * (rng.random(shape(x)) >= p_drop) * scale

    return function


def test_the_solution_of_dropout_passes() -> None:
    verdict = checks.dropout(dropout())
    assert verdict.passed
    assert "divided by 1 − p" in repr(verdict)


def test_pytorch_passes_the_check_of_dropout() -> None:
    def function(x: np.ndarray, p: float, training: bool, rng: np.random.Generator) -> np.ndarray:
        torch.manual_seed(int(rng.integers(1000)))
        return nn.Dropout(p).train(training)(torch.tensor(x)).numpy()

    assert checks.dropout(function).passed


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (dropout(at_rest=lambda x, rng: x * (rng.random(x.shape) > 0.3)), "dropped in evaluation too"),
        (dropout(scale=1, at_rest=lambda x, rng: x * 0.7), "as the paper of 2014 does"),
        (dropout(scale=1, at_rest=lambda x, rng: x * 0.7), "What is kept is not scaled"),
        (dropout(at_rest=lambda x, rng: x + 1), "yours differs from it"),
        (dropout(p_drop=0.7, scale=1 / 0.3), "not to keep it"),
        (dropout(p_drop=0.5, scale=2), "draw one uniform number for each entry"),
        (dropout(scale=1), "is not scaled"),
        (dropout(scale=0.7), "multiply what is kept by 1 − p"),
        (dropout(scale=1 / 0.3), "divide what is kept by p"),
        (dropout(scale=3), "is multiplied by 3"),
        (dropout(shape=lambda x: x.shape[1:]), "Every row loses the same numbers"),
        (dropout(seed=1), "A second call drops the same"),
        (dropout(at_rest=lambda x, rng: x[:5]), "in evaluation must have shape (400, 50)"),
        (lambda x, p, training, rng: x if not training else "dropped", "in training must be numbers"),
        (lambda x, p, training: x, "raised TypeError"),
    ],
)
def test_every_mistake_of_dropout_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.dropout(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def last(history: pd.DataFrame, name: str) -> float:
    return history[name].iloc[-1]


def sweep(
    network: Callable = lambda fraction: GalaxyNetwork(dropout=fraction, seed=1),
    score: Callable = last,
    gap: Callable = lambda history: last(history, "training_accuracy") - last(history, "validation_accuracy"),
) -> Callable:
    """A solution of the exercise on dropout, with one part replaced."""

    def function(fractions: list[float], fit: Callable) -> pd.DataFrame:
        histories = [fit(network(fraction)) for fraction in fractions]
        columns = {name: [score(h, name) for h in histories] for name in ("training_accuracy", "validation_accuracy")}
        return pd.DataFrame({**columns, "gap": [gap(h) for h in histories]}, index=fractions)

    return function


def one_network() -> Callable:
    """Networks of a sweep that are one and the same object with a new dropout."""
    network = GalaxyNetwork()

    def function(fraction: float) -> GalaxyNetwork:
        network.dropout1.p = network.dropout2.p = fraction
        return network

    return function


def table_of(change: Callable) -> Callable:
    return lambda fractions, fit: change(sweep()(fractions, fit))


def test_the_solution_of_dropout_sweep_passes() -> None:
    assert checks.dropout_sweep(sweep()).passed


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (sweep(one_network()), "You go on training the network"),
        (sweep(lambda fraction: GalaxyNetwork(fraction, seed=int(10 * fraction))), "start from different weights"),
        (sweep(lambda fraction: GalaxyNetwork(1 - fraction if fraction else 0.99, seed=1)), "have the dropout"),
        (sweep(lambda fraction: GalaxyNetwork(seed=1)), "Every network has the same dropout"),
        (sweep(lambda fraction: fraction), "fit takes a network"),
        (lambda fractions, fit: fit(GalaxyNetwork()), "You trained 1 times for 3 values"),
        (sweep(score=lambda history, name: history[name].max()), "`validation_accuracy` holds the largest"),
        (sweep(score=lambda history, name: history[name].mean()), "holds the mean of all epochs"),
        (sweep(score=lambda history, name: history[name].iloc[0]), "holds the first epoch"),
        (sweep(score=lambda history, name: 0.4), "`training_accuracy` should be [0.95, 0.92, 0.89]"),
        (
            sweep(gap=lambda history: last(history, "validation_accuracy") - last(history, "training_accuracy")),
            "wrong sign",
        ),
        (
            sweep(gap=lambda history: last(history, "validation_loss") - last(history, "training_loss")),
            "the gap of the losses",
        ),
        (sweep(gap=lambda history: 0.1), "row by row"),
        (table_of(lambda table: table["gap"]), "Return a DataFrame"),
        (table_of(lambda table: table[["gap"]]), "lacks training_accuracy, validation_accuracy; it has gap"),
        (table_of(lambda table: table.reset_index(drop=True)), "The index should hold the values [0.0, 0.2, 0.6]"),
        (table_of(lambda table: table.assign(gap=np.nan)), "`gap` must be finite"),
    ],
)
def test_every_mistake_of_dropout_sweep_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.dropout_sweep(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def test_a_kept_share_in_place_of_a_dropped_one_is_named() -> None:
    """PyTorch takes a p of 1, which the book's network refuses: so this mistake needs a network of one's own."""

    def network(fraction: float) -> nn.Module:
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(4, 4), nn.Dropout(1 - fraction), nn.Linear(4, 3))

    assert "You pass 1 − p" in repr(checks.dropout_sweep(sweep(network)))


def decay(
    network: Callable = lambda decay: GalaxyNetwork(seed=1),
    settings: Callable = lambda decay: {"optimiser": "sgd", "weight_decay": decay},
    norm: Callable = weight_norm,
    norm_first: bool = False,
    score: Callable = last,
) -> Callable:
    """A solution of the exercise on weight decay, with one part replaced."""

    def function(decays: list[float], fit: Callable) -> pd.DataFrame:
        rows = []
        for value in decays:
            model = network(value)
            before = norm(model)
            history = fit(model, **settings(value))
            scores = {name: score(history, name) for name in ("training_accuracy", "validation_accuracy")}
            rows.append({"norm": before if norm_first else norm(model), **scores})
        return pd.DataFrame(rows, index=decays)

    return function


def parameters(network: nn.Module) -> np.ndarray:
    return nn.utils.parameters_to_vector(network.parameters()).detach().double().numpy()


def test_the_solution_of_decay_sweep_passes() -> None:
    assert checks.decay_sweep(decay()).passed
    assert checks.decay_sweep(decay(norm=lambda network: np.linalg.norm(parameters(network)))).passed


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (decay(one_network()), "You go on training the network"),
        (decay(lambda value: GalaxyNetwork(seed=int(100 * value))), "start from different weights"),
        (decay(settings=lambda value: {"weight_decay": value}), "You train with 'adam'"),
        (
            decay(settings=lambda value: {"optimiser": "sgd" if value else "adam", "weight_decay": value}),
            "The optimiser differs",
        ),
        (decay(settings=lambda value: {"optimiser": "sgd"}), "The decay does not reach"),
        (decay(settings=lambda value: {"optimiser": "sgd", "weight_decay": 2 * value}), "Pass the decays as they are"),
        (
            decay(settings=lambda value: {"optimiser": "sgd", "weight_decay": value, "learning_rate": value + 0.1}),
            "Another setting changes",
        ),
        (decay(norm_first=True), "before the training"),
        (decay(norm=lambda network: (parameters(network) ** 2).sum()), "take its square root"),
        (decay(norm=lambda network: np.abs(parameters(network)).sum()), "That is the L1 norm"),
        (decay(norm=lambda network: np.sqrt((parameters(network) ** 2).mean())), "root of the mean square"),
        (decay(norm=lambda network: sum(float(p.detach().norm()) for p in network.parameters())), "You add the norms"),
        (
            decay(
                norm=lambda network: (
                    float(sum((p.detach() ** 2).sum() for p in network.parameters() if p.ndim > 1)) ** 0.5
                )
            ),
            "The biases are missing",
        ),
        (decay(norm=lambda network: 7.0), "yours are [7.0, 7.0, 7.0]"),
        (decay(score=lambda history, name: history[name].max()), "`validation_accuracy` holds the largest"),
        (
            lambda decays, fit: [fit(GalaxyNetwork(seed=1), optimiser="sgd", weight_decay=d) for d in decays],
            "DataFrame",
        ),
    ],
)
def test_every_mistake_of_decay_sweep_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.decay_sweep(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def mistakes(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return wrong[np.argsort(-probabilities[wrong].max(axis=1))]


def test_the_solution_of_surest_mistakes_passes() -> None:
    assert checks.surest_mistakes(lambda p, labels, n: mistakes(p, labels)[:n]).passed


def by_truth(p: np.ndarray, labels: np.ndarray, n: int) -> np.ndarray:
    wrong = np.flatnonzero(p.argmax(axis=1) != labels)
    return wrong[np.argsort(p[wrong, labels[wrong]])][:n]


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda p, labels, n: p.argmax(axis=1) != labels, "True or False"),
        (lambda p, labels, n: mistakes(p, labels), "keep the first n"),
        (lambda p, labels, n: np.argsort(-p.max(axis=1))[:n], "keep the wrong ones only"),
        (
            lambda p, labels, n: np.argsort(-p[p.argmax(axis=1) != labels].max(axis=1))[:n],
            "You count among the mistakes",
        ),
        (lambda p, labels, n: mistakes(p, labels)[::-1][:n], "least sure of"),
        (lambda p, labels, n: mistakes(p, labels)[:n][::-1], "in the wrong order"),
        (by_truth, "by the probability of the true class"),
        (lambda p, labels, n: p[mistakes(p, labels)[:n]].max(axis=1), "did you return probabilities?"),
        (lambda p, labels, n: np.flatnonzero(p.argmax(axis=1) == labels)[:n], "6 of your 6 galaxies are classified"),
        (lambda p, labels, n: np.sort(mistakes(p, labels))[:n], "All are mistakes, but not the surest"),
        (lambda p, labels, n: mistakes(p, labels)[: n - 1], "must have shape (6,)"),
    ],
)
def test_every_mistake_of_surest_mistakes_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.surest_mistakes(mistake)
    assert not verdict.passed
    assert words in repr(verdict)

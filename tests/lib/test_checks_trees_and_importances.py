"""Each exercise: the solution passes, the starter fails, typical wrong answers get their own diagnosis."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from shapbook.checks.trees_and_importances import path_value, shuffled_loss, trial_tree
from shapbook.trees import Node

Predict = Callable[[pd.DataFrame], np.ndarray]
Loss = Callable[[Predict, pd.DataFrame, pd.Series, list[str], np.random.Generator], float]


def mse(predict: Predict, features: pd.DataFrame, target: pd.Series) -> float:
    return float(np.mean((predict(features) - target.to_numpy()) ** 2))


def solved_loss(predict, features, target, columns, rng) -> float:  # noqa: ANN001
    order = rng.permutation(len(features))
    shuffled = features.assign(**{name: features[name].to_numpy()[order] for name in columns})
    return mse(predict, shuffled, target) - mse(predict, features, target)


def with_table(change: Callable[[pd.DataFrame, list[str], np.random.Generator], pd.DataFrame]) -> Loss:
    def loss(predict, features, target, columns, rng) -> float:  # noqa: ANN001
        before = mse(predict, features, target)
        return mse(predict, change(features, columns, rng), target) - before

    return loss


def aligned(features: pd.DataFrame, columns: list[str], rng: np.random.Generator) -> pd.DataFrame:
    return features.assign(**{name: features[name].sample(frac=1, random_state=1) for name in columns})


def one_by_one(features: pd.DataFrame, columns: list[str], rng: np.random.Generator) -> pd.DataFrame:
    return features.assign(**{name: rng.permutation(features[name].to_numpy()) for name in columns})


def in_place(features: pd.DataFrame, columns: list[str], rng: np.random.Generator) -> pd.DataFrame:
    features[columns] = features[columns].to_numpy()[rng.permutation(len(features))]
    return features


def averaged(features: pd.DataFrame, columns: list[str], rng: np.random.Generator) -> pd.DataFrame:
    return features.assign(**{name: features[name].mean() for name in columns})


def everything(features: pd.DataFrame, columns: list[str], rng: np.random.Generator) -> pd.DataFrame:
    return features.iloc[rng.permutation(len(features))]


def reversed_sign(*arguments) -> float:  # noqa: ANN002
    return -solved_loss(*arguments)


def after_only(predict, features, target, *rest) -> float:  # noqa: ANN001, ANN002
    return solved_loss(predict, features, target, *rest) + mse(predict, features, target)


def change_of_predictions(predict, features, target, *rest) -> float:  # noqa: ANN001, ANN002
    return solved_loss(predict, features, pd.Series(predict(features)), *rest)


def rooted(predict, features, target, *rest) -> float:  # noqa: ANN001, ANN002
    before = mse(predict, features, target)
    return np.sqrt(solved_loss(predict, features, target, *rest) + before) - np.sqrt(before)


def summed(predict, features, target, *rest) -> float:  # noqa: ANN001, ANN002
    return len(features) * solved_loss(predict, features, target, *rest)


def halved_and_more(*arguments) -> float:  # noqa: ANN002
    return 0.7 * solved_loss(*arguments)


def starter(*arguments) -> float:  # noqa: ANN002
    raise NotImplementedError


def test_shuffled_loss_accepts_the_solution_whatever_its_random_draws() -> None:
    def reseeded(predict, features, target, columns, rng) -> float:  # noqa: ANN001
        return solved_loss(predict, features, target, columns, np.random.default_rng(99))

    assert shuffled_loss(solved_loss).passed
    assert shuffled_loss(reseeded).passed


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (starter, "The starter is untouched"),
        (with_table(aligned), "order of its index"),
        (with_table(one_by_one), "an order of its own"),
        (with_table(in_place), "changes the table it was given"),
        (with_table(averaged), "the column's mean"),
        (change_of_predictions, "predictions with predictions"),
        (with_table(everything), "shuffle every column"),
        (reversed_sign, "The sign is reversed"),
        (after_only, "subtract the loss before"),
        (rooted, "You take the root"),
        (summed, "take their mean"),
        (halved_and_more, "about 10.0 to the mean squared error, two together 21.0"),
        (lambda *_: "much", "must be one number; yours is str"),
        (3, "Pass the function itself"),
    ],
)
def test_shuffled_loss_names_the_mistake(wrong: Loss, words: str) -> None:
    verdict = shuffled_loss(wrong)
    assert not verdict.passed
    assert words in repr(verdict)


def game(
    follow: Callable[[Node, set[str]], bool] = lambda node, known: node.feature in known,
    weigh: Callable[[Node], tuple[float, float]] = lambda node: (node.yes.cover, node.no.cover),
    below: Callable[[float, float], bool] = lambda value, threshold: value < threshold,
    total: Callable[[Node], float] = lambda node: node.cover,
) -> Callable[[Node, dict[str, float], set[str]], float]:
    def value(node: Node, x: dict[str, float], known: set[str]) -> float:
        if node.is_leaf:
            return node.value
        if follow(node, known):
            return value(node.yes if below(x[node.feature], node.threshold) else node.no, x, known)
        yes, no = weigh(node)
        return (yes * value(node.yes, x, known) + no * value(node.no, x, known)) / total(node)

    return value


def larger(node: Node) -> tuple[float, float]:
    return (1, 0) if node.yes.cover >= node.no.cover else (0, 1)


def test_path_value_accepts_the_solution() -> None:
    verdict = path_value(game())
    assert verdict.passed
    assert "0.745" in repr(verdict)  # (30·(−0.2) + 10·0.1 + 5·0.4 + 15·0.9 + 40·1.6) / 100
    assert "0.900" in repr(verdict)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (starter, "The starter is untouched"),
        (game(weigh=lambda node: (1, 1), total=lambda node: 2), "Both branches weigh the same"),
        (game(weigh=lambda node: (node.no.cover, node.yes.cover)), "The weights are swapped"),
        (game(follow=lambda node, known: True), "as if all features were known"),
        (game(follow=lambda node, known: node.feature not in known), "average over the known features"),
        (game(weigh=larger, total=lambda node: 1), "the branch with more objects"),
        (game(weigh=lambda node: (1, 1), total=lambda node: 1), "added up without weights"),
        (game(below=lambda value, threshold: value <= threshold), "not `<=`"),
        (game(below=lambda value, threshold: value >= threshold), "You go to `no`"),
        (game(total=lambda node: 1), "divide by nothing"),
        (game(total=lambda node: 100), "shares of all training objects"),
        (game(total=lambda node: 2 * node.cover), "With no feature known, the trial tree gives 0.745; yours gives"),
        (lambda node, x, known: [1, 2], "must be one number; yours is an array of shape (2,)"),
    ],
)
def test_path_value_names_the_mistake(wrong: Callable[..., float], words: str) -> None:
    verdict = path_value(wrong)
    assert not verdict.passed
    assert words in repr(verdict)


def test_the_trial_tree_counts_its_objects() -> None:
    root = trial_tree()
    assert root.cover == sum(leaf.cover for leaf in root.leaves()) == 100

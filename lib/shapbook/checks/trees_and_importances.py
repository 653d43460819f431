"""Checks of the exercises of the page *Trees and importances*."""

from collections.abc import Callable, Set
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, passed
from shapbook.trees import Node

__all__ = ["path_value", "shuffled_loss"]

N_TRIAL = 20_000
CHANCE = 0.06  # about five standard errors of a squared loss over 20,000 rows
TRUE_A, NOISE = 3.5, 0.5  # the target is 3.5 a + b, with noise; the model predicts 2 a + copy + b, 3 a in all
ONE = 2**2 + (1 - TRUE_A) ** 2 - (3 - TRUE_A) ** 2  # a is shuffled, its copy left in place
BOTH = 3**2 + TRUE_A**2 - (3 - TRUE_A) ** 2
ALL_OBJECTS = 100  # of the trial tree


def shuffled_loss(function: Callable[..., Any]) -> Verdict:
    """Check a learner's function (predict, features, target, columns, rng): the loss added by shuffling.

    Trial model and target are linear in independent columns, so the mean squared error that shuffling adds is
    known in closed form. The model is not quite right, so that a change of predictions is no rise of the loss.
    """
    rng = np.random.default_rng(20230807)
    a, b, noise = rng.normal(0, 1, (3, N_TRIAL))
    order = rng.permutation(N_TRIAL)  # an index out of order, as after a random choice of rows
    features = pd.DataFrame({"a": a, "copy": a, "b": b, "unused": b}, index=order)
    target = pd.Series(TRUE_A * a + b + NOISE * noise, index=order)

    def predict(table: pd.DataFrame) -> np.ndarray:
        return (2 * table["a"] + table["copy"] + table["b"]).to_numpy()

    trials = {("a",): ONE, ("a", "copy"): BOTH, ("unused",): 0.0}
    got = {}
    for columns in trials:
        given = features.copy()
        value, fault = attempt(function, predict, given, target.copy(), list(columns), rng)
        fault = fault or array_fault(value, (), "The added loss")
        if fault:
            return fault
        if not given.equals(features):
            return failed(
                "Your function changes the table it was given, so the next feature is shuffled in a spoilt "
                "table: work on `features.copy()`."
            )
        got[columns] = float(np.asarray(value, dtype=float))
    if all(np.isclose(got[columns], wanted, rtol=CHANCE, atol=1e-9) for columns, wanted in trials.items()):
        return passed(
            "The added loss is right for one column, for two shuffled together and for an unused one.",
            f"Shuffling a alone costs {got['a',]:.1f}; with its copy {got['a', 'copy']:.1f}, more than twice "
            "as much: as long as the copy is whole it stands in for a.",
        )
    return failed(shuffling_slip(got["a",], got["a", "copy"], got["unused",]))


def shuffling_slip(one: float, both: float, unused: float) -> str:
    """Tell the likely cause of wrong losses, from what each typical mistake gives on the trial data."""
    if one == both == unused == 0:
        return (
            "Nothing changes when you shuffle: pandas puts a shuffled column back in the order of its index. "
            "Assign values without an index: `.to_numpy()[order]`."
        )
    before = (3 - TRUE_A) ** 2 + NOISE**2
    mean_one, mean_both = (1 - TRUE_A) ** 2 + NOISE**2 - before, TRUE_A**2 + NOISE**2 - before
    every = 3**2 + 1 + TRUE_A**2 + 1 + NOISE**2 - before
    causes = [
        ((-ONE, -BOTH, 0), "The sign is reversed: take the loss after shuffling minus the loss before."),
        ((ONE + before, BOTH + before, before), "You return the loss after shuffling: subtract the loss before it."),
        (
            (ONE, mean_both + 2**2 + 1, 0),
            "Each column is shuffled in an order of its own: draw one order for all of them.",
        ),
        ((mean_one, mean_both, 0), "You put in the column's mean: shuffle its values among the galaxies."),
        ((2 * 2**2, 2 * 3**2, 0), "You compare predictions with predictions: compare each with the target."),
        (
            ((ONE + before) ** 0.5 - before**0.5, (BOTH + before) ** 0.5 - before**0.5, 0),
            "You take the root: use the mean of the squares.",
        ),
        ((ONE * N_TRIAL, BOTH * N_TRIAL, 0), "You add up the squares over the galaxies: take their mean."),
        ((every, every, every), "You shuffle every column, or the target: shuffle only the columns named."),
    ]
    for pattern, words in causes:
        if np.allclose((one, both, unused), pattern, rtol=CHANCE, atol=1e-6):
            return words
    return (
        f"Shuffling one trial column must add about {ONE:.1f} to the mean squared error, two together {BOTH:.1f}, "
        f"an unused one 0; yours add {one:.3g}, {both:.3g} and {unused:.3g}."
    )


def path_value(function: Callable[[Node, dict[str, float], set[str]], Any]) -> Verdict:
    """Check a learner's function (node, x, known): the value of a coalition in the path-dependent game.

    The trial tree has unequal covers, a feature that is asked twice, and an object exactly on a threshold.
    """
    root, x = trial_tree(), {"gr": 0.5, "ri": 0.1, "iz": 0.4}
    coalitions = [set(names) for size in range(4) for names in combinations(x, size)]
    got = []
    for known in coalitions:
        value, fault = attempt(function, root, dict(x), set(known))
        fault = fault or array_fault(value, (), "The value of a coalition")
        if fault:
            return fault
        got.append(float(np.asarray(value, dtype=float)))
    wanted = [walk(root, x, known) for known in coalitions]
    if np.allclose(got, wanted, rtol=0, atol=1e-6):
        return passed(
            f"All {len(coalitions)} coalitions of the trial tree are right.",
            f"With no feature known the value is {got[0]:.3f}, the mean of the leaves weighted by cover; "
            f"with all known it is {got[-1]:.3f}, the leaf of the object.",
        )
    for slip, words in SLIPS.items():
        if np.allclose(got, [walk(root, x, known, slip) for known in coalitions], rtol=0, atol=1e-6):
            return failed(words)
    first = next(i for i, pair in enumerate(zip(got, wanted, strict=True)) if abs(pair[0] - pair[1]) > 1e-6)
    name = ", ".join(sorted(coalitions[first])) or "no feature"
    return failed(f"With {name} known, the trial tree gives {wanted[first]:.3f}; yours gives {got[first]:.3f}.")


SLIPS = {
    "equal": "Both branches weigh the same: weigh each by its cover, the number of training objects in it.",
    "swapped": "The weights are swapped: `yes` has weight yes.cover / node.cover.",
    "follow": "You follow x everywhere, as if all features were known: look at `known` first.",
    "inverted": "You average over the known features: follow x where a feature is known, else average.",
    "larger": "You follow the branch with more objects: take both branches and average.",
    "sum": "The branches are added up without weights: weigh each by its share of the node's cover.",
    "covers": "You weigh by cover, but divide by nothing: the weight of a branch is child.cover / node.cover.",
    "root": "You weigh by shares of all training objects: the shares are those of the node, child.cover / node.cover.",
    "branches": "You go to `no` where x[feature] < threshold: that is the answer `yes`.",
    "equality": "A value equal to the threshold goes to `no`: the question is `<`, not `<=`.",
}


def walk(node: Node, x: dict[str, float], known: Set[str], slip: str = "") -> float:
    """Return the path-dependent value of a coalition, or what a typical slip makes of it."""
    if node.is_leaf:
        return node.value
    followed = slip == "follow" or (node.feature in known) != (slip == "inverted")
    if followed:
        below = x[node.feature] < node.threshold
        if slip == "equality":
            below = x[node.feature] <= node.threshold
        if slip == "branches":
            below = not below
        return walk(node.yes if below else node.no, x, known, slip)
    share = node.yes.cover / node.cover
    weights = {
        "equal": (0.5, 0.5),
        "swapped": (1 - share, share),
        "sum": (1.0, 1.0),
        "covers": (node.yes.cover, node.no.cover),
        "root": (node.yes.cover / ALL_OBJECTS, node.no.cover / ALL_OBJECTS),
        "larger": (float(share >= 0.5), float(share < 0.5)),
    }.get(slip, (share, 1 - share))
    children = zip(weights, (node.yes, node.no), strict=True)
    return sum(weight * walk(child, x, known, slip) for weight, child in children)


def split(feature: str, threshold: float, yes: Node, no: Node) -> Node:
    return Node(yes.cover + no.cover, None, feature, threshold, 1.0, yes, no, yes)


def trial_tree() -> Node:
    leaves = [Node(cover, value) for cover, value in ((30, -0.2), (10, 0.1), (5, 0.4), (15, 0.9), (40, 1.6))]
    low = split("ri", 0.3, leaves[0], leaves[1])
    high = split("gr", 0.8, split("iz", 0.2, leaves[2], leaves[3]), leaves[4])
    return split("gr", 0.5, low, high)

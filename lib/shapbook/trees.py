"""Boosted regression trees of XGBoost: read them, and follow one object through them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from xgboost import XGBRegressor

from shapbook.photometry import COLOURS

__all__ = ["Node", "base_score", "leaf_values", "path_text", "read_tree", "read_trees"]


@dataclass(frozen=True)
class Node:
    """One node of a tree, with everything below it.

    A split asks whether `feature` is below `threshold` and sends an object on to `yes` or `no`, or to
    `missing` (one of the two) if the object has no such feature. A leaf has only a `value`: what the tree
    adds to the prediction. `cover` is, for squared error without weights, the number of training objects that
    pass the node; `gain` is how much its split lowered their summed (and penalised) squared error.
    """

    cover: float
    value: float | None = None
    feature: str | None = None
    threshold: float | None = None
    gain: float | None = None
    yes: "Node | None" = None
    no: "Node | None" = None
    missing: "Node | None" = None

    @property
    def is_leaf(self) -> bool:
        return self.value is not None

    def leaves(self) -> Iterator["Node"]:
        """Give the leaves below this node, yes before no; of a leaf, the leaf itself."""
        if self.is_leaf:
            yield self
        else:
            yield from self.yes.leaves()
            yield from self.no.leaves()

    def step(self, row: Mapping[str, float]) -> "Node":
        """Return the child to which this split sends an object, in single precision like XGBoost."""
        if self.feature not in row:
            msg = f"The object lacks the feature {self.feature!r}: it has {', '.join(map(str, row.keys()))}."
            raise ValueError(msg)
        value = np.float32(row[self.feature])
        if np.isnan(value):
            return self.missing
        return self.yes if value < np.float32(self.threshold) else self.no

    def path(self, row: Mapping[str, float]) -> list["Node"]:
        """Return the nodes that an object passes, from this one to its leaf.

        Arguments:
            row: The object's features by name, in the units the model was trained on; NaN is a missing value.

        Raises:
            ValueError: If the object lacks a feature that a split on its way asks for.
        """
        nodes = [self]
        while not nodes[-1].is_leaf:
            nodes.append(nodes[-1].step(row))
        return nodes


def settings(model: XGBRegressor) -> dict:
    """Return the settings of a fitted model, refusing those whose prediction is no plain sum of trees."""
    if not isinstance(model, XGBRegressor):
        msg = f"Expected a fitted xgboost.XGBRegressor, got {type(model).__name__}."
        raise TypeError(msg)
    learner = json.loads(model.get_booster().save_config())["learner"]
    if learner["gradient_booster"]["name"] != "gbtree":
        msg = f"Expected a model with booster='gbtree', got {learner['gradient_booster']['name']!r}."
        raise ValueError(msg)
    return learner


def base_score(model: XGBRegressor) -> float:
    """Return the number from which the sum over the trees of a fitted model starts, in units of its target.

    Raises:
        TypeError: If the model is no `XGBRegressor`.
        ValueError: If the model is no ensemble of ordinary boosted trees.
    """
    return float(settings(model)["learner_model_param"]["base_score"].strip("[]"))


def read_trees(model: XGBRegressor) -> list[Node]:
    """Return the trees of a fitted model, each by its root, in the order in which they were grown.

    Raises:
        TypeError: If the model is no `XGBRegressor`.
        ValueError: If the model is no ensemble of ordinary boosted trees, or splits on categories.

    References:
        XGBoost: A Scalable Tree Boosting System (Chen and Guestrin, 2016), https://arxiv.org/abs/1603.02754

    Example:
        >>> x, y = np.array([[0.0], [1.0]]), np.array([2.0, 4.0])
        >>> model = XGBRegressor(n_estimators=1, learning_rate=1, reg_lambda=0, base_score=3)
        >>> [leaf.value for leaf in read_trees(model.fit(x, y))[0].leaves()]
        [-1.0, 1.0]
    """
    settings(model)
    dump = model.get_booster().get_dump(dump_format="json", with_stats=True)
    return [node_from(json.loads(tree)) for tree in dump]


def node_from(entry: dict) -> Node:
    if "leaf" in entry:
        return Node(cover=entry["cover"], value=float(entry["leaf"]))
    if not isinstance(entry["split_condition"], int | float):
        msg = f"The feature {entry['split']!r} is split by categories: expected numeric features only."
        raise ValueError(msg)
    children = {child["nodeid"]: node_from(child) for child in entry["children"]}
    return Node(
        cover=entry["cover"],
        feature=entry["split"],
        threshold=entry["split_condition"],
        gain=entry["gain"],
        **{branch: children[entry[branch]] for branch in ("yes", "no", "missing")},
    )


def read_tree(model: XGBRegressor, tree: int = 0) -> Node:
    """Return the root of one tree of a fitted model.

    Arguments:
        tree: Number of the tree, from 0.

    Raises:
        TypeError: If the model is no `XGBRegressor`.
        ValueError: If there is no such tree.
    """
    trees = read_trees(model)
    if not 0 <= tree < len(trees):
        msg = f"No tree {tree}: the model has {len(trees)}, numbered 0 to {len(trees) - 1}."
        raise ValueError(msg)
    return trees[tree]


def leaf_values(model: XGBRegressor, row: Mapping[str, float]) -> np.ndarray:
    """Return what each tree adds to one object's prediction, of shape (n_trees,), in units of the target.

    Their sum plus `base_score(model)` is the prediction, up to single-precision rounding.

    Arguments:
        row: The object's features by name, such as one row of a table.
    """
    return np.array([root.path(row)[-1].value for root in read_trees(model)])


def signed(value: float, digits: int = 3) -> str:
    return f"{value:+.{digits}f}".replace("-", "−")


def plain(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def label_of(feature: str) -> tuple[str, str]:
    """Return a feature's name as astronomers write it, and its unit."""
    return (f"{feature[0]} − {feature[1]}", " mag") if feature in COLOURS else (feature, "")


def digits_apart(value: float, threshold: float) -> int:
    """Return how many decimals, from two, it takes to see on which side of a threshold a value lies."""
    if value == threshold or not np.isfinite(value):
        return 2
    return next((digits for digits in range(2, 9) if round(value, digits) != round(threshold, digits)), 9)


def path_text(root: Node, row: Mapping[str, float]) -> str:
    """Tell in words which way one object takes through a tree, one line a split.

    Example:
        >>> low, high = Node(cover=3, value=-0.1), Node(cover=2, value=0.2)
        >>> root = Node(cover=5, feature="gr", threshold=0.5, gain=1, yes=low, no=high, missing=low)
        >>> print(path_text(root, {"gr": 0.75}))
        g − r = 0.75 mag is not below 0.50 mag: no.
        Leaf: +0.200.
    """
    nodes = root.path(row)
    lines = []
    for node, following in pairwise(nodes):
        name, unit = label_of(node.feature)
        value = float(np.float32(row[node.feature]))
        digits = digits_apart(value, node.threshold)
        answer = "yes" if following is node.yes else "no"
        if np.isnan(value):
            lines.append(f"{name} is missing: {answer}, the branch for missing values.")
            continue
        relation = "is below" if answer == "yes" else "is not below"
        limit = plain(node.threshold, digits) + unit
        lines.append(f"{name} = {plain(value, digits)}{unit} {relation} {limit}: {answer}.")
    return "\n".join([*lines, f"Leaf: {signed(nodes[-1].value)}."])

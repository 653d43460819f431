"""The checks of the page *Pixel attributions*: solutions pass, mistakes get their own words."""

from typing import Any

import numpy as np
import pytest
import shap
import torch
from torch import nn

from shapbook.checks import pixel_attributions as checks


def starter(*arguments: Any) -> None:  # noqa: ANN401
    raise NotImplementedError


def values_with(slopes: Any, x: np.ndarray, b: np.ndarray, weights: np.ndarray, out: np.ndarray) -> np.ndarray:  # noqa: ANN401
    return (out * slopes) @ weights * (x - b)


def slopes_of(
    x: np.ndarray, b: np.ndarray, weights: np.ndarray, bias: np.ndarray, equal: float | None = None
) -> np.ndarray:
    """Secants of the ReLUs; where both ends agree the derivative, or `equal`."""
    u_x, u_b = weights @ x + bias, weights @ b + bias
    run = np.where(u_x == u_b, 1, u_x - u_b)
    return np.where(u_x == u_b, u_x > 0 if equal is None else equal, (u_x.clip(0) - u_b.clip(0)) / run)


def rescale(x: np.ndarray, b: np.ndarray, weights: np.ndarray, bias: np.ndarray, out: np.ndarray) -> np.ndarray:
    return values_with(slopes_of(x, b, weights, bias), x, b, weights, out)


def test_the_solution_of_rescale_values_passes_and_tells_the_shapley_values() -> None:
    verdict = checks.rescale_values(rescale)
    assert verdict.passed
    assert "exact Shapley values have the same sum" in repr(verdict)


def test_the_wanted_values_are_those_of_deep_explainer() -> None:
    network = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor(checks.WEIGHTS))
        network[0].bias.copy_(torch.tensor(checks.BIAS))
        network[2].weight.copy_(torch.tensor(np.outer([1, -1], checks.OUT)))
        network[2].bias.zero_()
    x, b = (torch.tensor(point, dtype=torch.float32)[None] for point in (checks.X, checks.B))
    values = shap.DeepExplainer(network, b).shap_values(x, check_additivity=False)
    wanted = rescale(checks.X, checks.B, checks.WEIGHTS, checks.BIAS, checks.OUT)
    np.testing.assert_allclose(values[0, :, 0], wanted, atol=1e-5)


def test_the_trial_network_has_units_of_every_kind() -> None:
    u_x, u_b = (checks.WEIGHTS @ point + checks.BIAS for point in (checks.X, checks.B))
    assert ((u_x > 0) != (u_b > 0)).any(), "one crosses the kink"
    assert ((u_x == u_b) & (u_x > 0)).any()
    assert ((u_x == u_b) & (u_x < 0)).any()
    assert ((u_x != u_b) & (u_x > 0) & (u_b > 0)).any()


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda x, b, w, c, o: values_with(w @ x + c > 0, x, b, w, o), "the slope of each ReLU at x"),
        (lambda x, b, w, c, o: values_with(w @ b + c > 0, x, b, w, o), "the slope of each ReLU at b"),
        (lambda x, b, w, c, o: values_with(slopes_of(x, b, w, c, 0), x, b, w, o), "take the derivative, not 0"),
        (lambda x, b, w, c, o: values_with(slopes_of(x, b, w, c, 1), x, b, w, o), "below the kink passes nothing"),
        (lambda x, b, w, c, o: (o * slopes_of(x, b, w, c)) @ w, "These are the multipliers"),
        (lambda x, b, w, c, o: (o * slopes_of(x, b, w, c)) @ w * x, "You multiplied by x_i"),
        (lambda x, b, w, c, o: -rescale(x, b, w, c, o), "wrong sign"),
        (lambda x, b, w, c, o: rescale(x, b, w, c, np.ones(4)), "left out the weights of the output"),
        (lambda *_: checks.shapley_of_trial(), "These are the exact Shapley values"),
        (
            lambda x, b, w, c, o: values_with(
                ((w @ x + c).clip(0) - (w @ b + c).clip(0)) / (w @ x - w @ b), x, b, w, o
            ),
            "the secant is 0/0",
        ),
        (lambda x, b, w, c, o: rescale(x, b, w, c, o) + 1, "where f(x) − f(b) ="),
        (lambda x, b, w, c, o: rescale(x, b, w, c, o)[[1, 0, 2]], "not the shares"),
        (lambda x, b, w, c, o: rescale(x, b, w, c, o).sum(), "must have shape (3,)"),
    ],
)
def test_every_mistake_of_rescale_values_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.rescale_values(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def logits(values: np.ndarray, base: np.ndarray) -> np.ndarray:
    return values.sum(axis=(1, 2, 3)) + base


def test_the_solution_of_predicted_classes_passes() -> None:
    assert checks.predicted_classes(lambda v, b: logits(v, b).argmax(axis=1)).passed


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (logits, "These are the logits"),
        (lambda v, b: v.sum(axis=(0, 1, 2, 3)) + b, "the galaxies are the first axis"),
        (lambda v, b: logits(v, 0 * b).argmax(axis=1), "You left out the base values"),
        (lambda v, b: logits(v, -b).argmax(axis=1), "they are added"),
        (lambda v, b: (v.mean(axis=(1, 2, 3)) + b).argmax(axis=1), "You averaged over the pixels"),
        (lambda v, b: np.abs(logits(v, 0 * b)).argmax(axis=1), "You compared |Σφ|"),
        (lambda v, b: np.zeros(4, int), "which axes do you sum"),
        (lambda v, b: logits(v, b).argmax(), "must have shape (4,)"),
    ],
)
def test_every_mistake_of_predicted_classes_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.predicted_classes(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def ratio(maps: np.ndarray, tolerance: float, ddof: int = 1) -> float:
    return maps.var(axis=0, ddof=ddof).sum() / (tolerance**2 * (maps.mean(axis=0) ** 2).sum())


def corrected(maps: np.ndarray, tolerance: float) -> float:
    size = (maps.mean(axis=0) ** 2).sum() - maps.var(axis=0, ddof=1).sum() / len(maps)
    return maps.var(axis=0, ddof=1).sum() / (tolerance**2 * size)


@pytest.mark.parametrize("solution", [ratio, lambda m, t: ratio(m, t, ddof=0), corrected])
def test_solutions_of_images_needed_pass(solution: Any) -> None:  # noqa: ANN401
    assert checks.images_needed(lambda maps, tolerance: int(np.ceil(solution(maps, tolerance)))).passed


def test_the_wanted_number_of_images_is_enough_and_one_less_is_not() -> None:
    """In a simulation with the trial's own converged map, within the one per cent that 40 maps leave unknown."""
    rng, maps = np.random.default_rng(1), checks.trial_maps()
    needed = int(np.ceil(ratio(maps, 0.2)))
    truth = maps.mean(axis=0)
    spread = maps.std(axis=0, ddof=1)
    means = truth + spread * rng.normal(size=(300, 32, 32)) / np.sqrt(needed)
    distance = np.sqrt(((means - truth) ** 2).sum(axis=(1, 2)).mean() / (truth**2).sum())
    assert distance == pytest.approx(0.2, rel=0.01)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (ratio, "round"),
        (lambda m, t: np.ceil(ratio(m, np.sqrt(t))), "the tolerance enters squared"),
        (lambda m, t: np.ceil(np.sqrt(ratio(m, t))), "You worked with 1/B"),
        (lambda m, t: np.ceil(ratio(m, t) / 1024), "You averaged the variance over the pixels"),
        (lambda m, t: np.ceil(m.var(axis=0, ddof=1).sum() / t**2), "The tolerance is relative"),
        (
            lambda m, t: np.ceil(m.var(axis=0, ddof=1).sum() / t**2 / np.linalg.norm(m.mean(axis=0))),
            "*squared* norm",
        ),
        (
            lambda m, t: np.ceil(m.std(axis=0, ddof=1).sum() / t**2 / (m.mean(axis=0) ** 2).sum()),
            "You added standard deviations",
        ),
        (lambda m, t: 100_000, "got 100000"),
        (lambda m, t: [10, 20], "must be one number"),
    ],
)
def test_every_mistake_of_images_needed_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.images_needed(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def share(phi: np.ndarray, mask: np.ndarray) -> float:
    return phi.clip(0)[mask].sum() / phi.clip(0).sum()


def test_the_solution_of_share_and_chance_passes() -> None:
    verdict = checks.share_and_chance(lambda phi, mask: (share(phi, mask), mask.mean()))
    assert verdict.passed
    assert "18.8% of the area" in repr(verdict)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (starter, "The starter is untouched"),
        (lambda p, m: share(p, m), "Return two numbers"),
        (lambda p, m: (share(np.abs(p), m), m.mean()), "You took |φ|"),
        (lambda p, m: (p[m].sum() / p.sum(), m.mean()), "cancel positive ones"),
        (lambda p, m: (np.mean((p > 0)[m]) * m.sum() / (p > 0).sum(), m.mean()), "You counted pixels"),
        (lambda p, m: (share(p, ~m), m.mean()), "outside the mask"),
        (lambda p, m: (p.clip(0)[m].sum(), m.mean()), "Your share is a sum"),
        (lambda p, m: (share(p, m), 1 - m.mean()), "area outside the mask"),
        (lambda p, m: (share(p, m), m.sum()), "a number of pixels"),
        (lambda p, m: (share(p, m), 0.5), "one half"),
        (lambda p, m: (share(p, m), (p[m] > 0).mean()), "it should know the mask only"),
        (lambda p, m: (0.2, m.mean()), "The share is 0.200"),
        (lambda p, m: (share(p, m), 0.3), "The chance is 0.300"),
    ],
)
def test_every_mistake_of_share_and_chance_has_its_words(mistake: Any, words: str) -> None:  # noqa: ANN401
    verdict = checks.share_and_chance(mistake)
    assert not verdict.passed
    assert words in repr(verdict)


def test_two_mistakes_of_share_and_chance_are_told_together() -> None:
    assert len(checks.share_and_chance(lambda p, m: (share(p, ~m), m.sum())).findings) == 2

"""Checks of the exercises of the page *Explanation models*."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, passed

__all__ = ["adds_at_least", "trusted_step", "two_player_values"]

Model = Callable[[np.ndarray], np.ndarray]

# ---------------------------------------------------------------- how far a surrogate can be trusted


class Walk(NamedTuple):
    """A trial: how the surrogate errs at steps forward and backward, and the tolerance."""

    forward: list[float]
    backward: list[float]
    tolerance: float


# The errors are surrogate minus model at the steps STEPS; each walk sets a trap of its own.
STEPS = np.array([0.25, 0.5, 1.0, 1.5, 2.0, 3.0])
WALKS = [
    Walk([0.1, 0.2, 0.3, 0.6, 1.0, 3.0], [0.1, 0.2, 0.4, 0.9, 2.0, 4.0], 0.5),
    Walk([0.1, 0.3, 0.9, 1.5, 2.5, 4.0], [0.0, 0.1, 0.1, 0.2, 0.3, 0.4], 0.5),
    Walk([0.0, 0.1, 0.1, 0.2, 0.3, 0.4], [0.1, 0.3, 0.4, 1.5, 2.5, 4.0], 0.5),
    Walk([-0.1, -0.2, -0.3, -0.9, -2.0, -3.0], [-0.1, -0.2, -0.7, -0.9, -2.0, -4.0], 0.5),
    Walk([0.1, 0.2, 1.2, 0.3, 0.1, 2.0], [0.1, 0.2, 1.5, 0.2, 0.1, 2.0], 0.5),
    Walk([0.9, 1.0, 1.1, 1.5, 2.0, 3.0], [0.9, 1.0, 1.1, 1.5, 2.0, 3.0], 0.5),
    Walk([0.1, 0.2, 0.3, 0.3, 0.2, 0.1], [0.1, 0.2, 0.2, 0.3, 0.2, 0.1], 0.5),
]
ORIGIN, DIRECTION = np.array([30.0, 25.0]), np.array([0.6, -2.0])


def trusted_step(function: Callable[..., Any]) -> Verdict:
    """Check a learner's function (f, g, x, direction, steps, tolerance) that returns the largest trusted step."""
    got = []
    for walk in WALKS:
        f, g = curved, surrogate_that_errs(walk)
        value, fault = attempt(function, f, g, ORIGIN.copy(), DIRECTION.copy(), STEPS.copy(), walk.tolerance)
        fault = fault or array_fault(value, (), "The trusted step")
        if fault and got and not both_sides(walk)[0]:
            return failed(*fault.findings, "This surrogate is off at the first step already: return 0.0 there.")
        if fault:
            return fault
        got.append(float(value))
    wanted = [largest(both_sides(walk)) for walk in WALKS]
    if np.allclose(got, wanted):
        return passed(
            f"The step is right for {len(WALKS)} surrogates: good on one side only, wrong and right again, "
            "too low as well as too high, and never good.",
        )
    for words, mistaken in step_mistakes().items():
        if np.allclose(got, mistaken):
            return failed(words)
    number = next(k for k, (g, w) in enumerate(zip(got, wanted, strict=True)) if not np.isclose(g, w))
    walk = WALKS[number]
    return failed(
        f"For steps {STEPS.tolist()}, errors g − f of {walk.forward} forward and {walk.backward} backward, and "
        f"a tolerance of {walk.tolerance}, your step is {got[number]:.4g}; expected {wanted[number]:.4g}."
    )


def curved(inputs: np.ndarray) -> np.ndarray:
    """The model of the trials; what it is does not matter, only where the surrogate leaves it."""
    inputs = np.asarray(inputs, dtype=float)
    return np.sin(inputs[..., 0]) + 0.1 * inputs[..., 1] ** 2


def surrogate_that_errs(walk: Walk) -> Model:
    """A function that differs from the model by the errors of a walk, in between by interpolation."""
    steps = np.concatenate([-STEPS[::-1], [0.0], STEPS])
    errors = np.concatenate([walk.backward[::-1], [0.0], walk.forward])

    def surrogate(inputs: np.ndarray) -> np.ndarray:
        inputs = np.asarray(inputs, dtype=float)
        along = (inputs - ORIGIN) @ DIRECTION / (DIRECTION @ DIRECTION)
        return curved(inputs) + np.interp(along, steps, errors)

    return surrogate


def both_sides(walk: Walk, places: np.ndarray = STEPS) -> np.ndarray:
    """Tell whether the surrogate of a walk is good at each place along the direction, forward and backward."""
    at = np.concatenate([[0.0], STEPS])
    errors = [np.interp(places, at, [0.0, *side]) for side in (walk.forward, walk.backward)]
    return np.abs(errors).max(axis=0) <= walk.tolerance


def largest(good: np.ndarray) -> float:
    """The last step before the first that is not good, 0 if there is none."""
    return float(max(STEPS[np.logical_and.accumulate(good)], default=0.0))


def step_mistakes() -> dict[str, list[float]]:
    """What typical mistakes return for the trials, by the advice for each."""
    forward = [np.abs(walk.forward) <= walk.tolerance for walk in WALKS]
    backward = [np.abs(walk.backward) <= walk.tolerance for walk in WALKS]
    signed = [np.maximum(walk.forward, walk.backward) <= walk.tolerance for walk in WALKS]
    both = [both_sides(walk) for walk in WALKS]
    counts = [int(np.logical_and.accumulate(good).sum()) for good in both]
    return {
        "You look on one side only: x − t·d has to be good too.": [largest(good) for good in forward],
        "You look on one side only: x + t·d has to be good too.": [largest(good) for good in backward],
        "You let a step count when one side is good: both x + t·d and x − t·d have to be.": [
            largest(one | other) for one, other in zip(forward, backward, strict=True)
        ],
        "A surrogate that is wrong and then right again is not to be trusted beyond: stop at the first step "
        "that fails.": [float(max(STEPS[good], default=0.0)) for good in both],
        "A surrogate can be too low as well as too high: compare the absolute difference |g − f|.": [
            largest(good) for good in signed
        ],
        "You return how many steps are good: return the step itself.": [float(count) for count in counts],
        "You return the position of the last good step: return the step itself.": [
            float(max(count - 1, 0)) for count in counts
        ],
        "You return the first step that fails: return the last one before it, and 0.0 if there is none.": [
            float(STEPS[min(count, len(STEPS) - 1)]) for count in counts
        ],
        "The direction is not to be shortened to length 1: go to x + t·d and x − t·d.": [
            largest(both_sides(walk, STEPS / np.linalg.norm(DIRECTION))) for walk in WALKS
        ],
    }


# ---------------------------------------------------------------- consistency's condition


class Pair(NamedTuple):
    """A trial: the outputs of two models for all z′, and the feature asked about."""

    one: np.ndarray
    two: np.ndarray
    feature: int


def outputs(*values: float) -> np.ndarray:
    """Outputs of shape (2, …, 2), the last feature running fastest."""
    return np.array(values, dtype=float).reshape((2,) * (len(values).bit_length() - 1))


PAIRS = [
    Pair(outputs(0, 0, 1, 3), outputs(0, 0, 2, 4), 0),  # more in every company
    Pair(outputs(0, 0, 1, 3), outputs(0, 0, 1, 3), 1),  # the same model: as much counts
    Pair(outputs(0, 0, 2, 2), outputs(0, 0, 1, 4), 0),  # less alone, more in company
    Pair(outputs(0, 0, 1, 4), outputs(0, 0, 2, 3), 0),  # more alone, less in company
    Pair(outputs(5, 7, 6, 9), outputs(0, 1, 2, 4), 0),  # adds more, from lower outputs
    Pair(outputs(0, 1, 2, 4), outputs(5, 9, 6, 9), 0),  # higher outputs, adds less
    Pair(outputs(0, 0, 4, 4), outputs(0, 0, 1, 5), 0),  # more on average only in company
    Pair(outputs(0, 1, 0, 1), outputs(0, 3, 0, 2), 0),  # the other feature gains
    Pair(outputs(0, 1, 0, 1), outputs(0, 3, 0, 2), 1),
    Pair(outputs(0, 1, 2, 4, 1, 3, 5, 9), outputs(0, 1, 2, 4, 2, 4, 6, 11), 0),
    Pair(outputs(0, 1, 2, 4, 1, 3, 5, 9), outputs(0, 1, 2, 4, 2, 2, 6, 10), 0),  # less beside one feature only
    Pair(outputs(0, 4, 1, 6, 1, 8, 3, 9), outputs(0, 5, 1, 6, 1, 8, 3, 9), 2),
]


def adds_at_least(function: Callable[..., Any]) -> Verdict:
    """Check a learner's function (one, two, i): whether feature i adds in `two` at least as much for every z′."""
    got = []
    for pair in PAIRS:
        value, fault = attempt(function, pair.one.copy(), pair.two.copy(), pair.feature)
        if fault:
            return fault
        if not isinstance(value, bool | np.bool_):
            how = ": np.all makes one of many" if isinstance(value, np.ndarray) else ""
            return failed(f"Return True or False; your function returned {type(value).__name__}{how}.")
        got.append(bool(value))
    wanted = [bool(np.all(gains(pair) >= 0)) for pair in PAIRS]
    if got == wanted:
        yes = sum(wanted)
        return passed(
            f"Right for {len(PAIRS)} pairs of models: in {yes} consistency demands that φ must not be smaller, "
            f"in {len(PAIRS) - yes} it is silent.",
        )
    for words, mistaken in gain_mistakes().items():
        if got == mistaken:
            return failed(words)
    number = next(k for k, (g, w) in enumerate(zip(got, wanted, strict=True)) if g != w)
    pair = PAIRS[number]
    return failed(
        f"For one = {pair.one.tolist()}, two = {pair.two.tolist()} and i = {pair.feature} you return {got[number]}. "
        f"Feature {pair.feature} adds {added(pair.one, pair.feature).tolist()} in one and "
        f"{added(pair.two, pair.feature).tolist()} in two."
    )


def added(table: np.ndarray, feature: int) -> np.ndarray:
    return np.diff(table, axis=feature).ravel()


def gains(pair: Pair) -> np.ndarray:
    """How much more the feature adds in `two`, for each company of others, nobody first."""
    return added(pair.two, pair.feature) - added(pair.one, pair.feature)


def gain_mistakes() -> dict[str, list[bool]]:
    differences = [gains(pair) for pair in PAIRS]
    return {
        "You compare only with all others present: compare in every company of the others.": [
            bool(d[-1] >= 0) for d in differences
        ],
        "You compare only with all others absent: compare in every company of the others.": [
            bool(d[0] >= 0) for d in differences
        ],
        "One company in which the feature adds as much is not enough: use all, not any.": [
            bool(np.any(d >= 0)) for d in differences
        ],
        "You compare averages: the condition is on each company by itself.": [bool(d.mean() >= 0) for d in differences],
        "Adding just as much is enough: compare with >= instead of >.": [bool(np.all(d > 0)) for d in differences],
        "You compare the outputs: compare what the feature adds, a difference along its axis.": [
            bool(np.all(pair.two >= pair.one)) for pair in PAIRS
        ],
        "The two models are swapped: ask whether the feature adds at least as much in `two`.": [
            bool(np.all(d <= 0)) for d in differences
        ],
        "The axis does not follow i: difference along axis i.": [
            bool(np.all(np.diff(pair.two - pair.one, axis=0) >= 0)) for pair in PAIRS
        ],
        "You take differences along the last axis, as np.diff does by itself: tell it axis=i.": [
            bool(np.all(np.diff(pair.two - pair.one) >= 0)) for pair in PAIRS
        ],
    }


# ---------------------------------------------------------------- two players

GAMES = [(0, 3, 5, 12), (2, 2, 7, 7), (1, 4, 4, -3), (-2, -1, 3, 3), (5, 5, 5, 5), (0, 0, 0, 8), (3, 1, 0, -6)]


def two_player_values(function: Callable[..., Any]) -> Verdict:
    """Check a learner's function (v_none, v_a, v_b, v_both) that returns the values of two players."""
    results = []
    for game in GAMES:
        with np.errstate(all="ignore"):
            value, fault = attempt(function, *map(float, game))
        fault = fault or array_fault(value, (2,), "The values of a and b")
        if fault:
            none, a, b, both = game
            return failed(*fault.findings, f"This was the game v_none = {none}, v_a = {a}, v_b = {b}, v_both = {both}.")
        results.append(np.asarray(value, dtype=float))
    got = np.array(results)
    none, a, b, both = np.array(GAMES, dtype=float).T
    wanted = np.column_stack([(a - none + both - b) / 2, (b - none + both - a) / 2])
    if np.allclose(got, wanted):
        return passed(
            f"Everything is shared out, equals are treated alike and what a player adds counts, in {len(GAMES)} games.",
            "For two players no other rule does.",
        )
    for words, columns in pair_mistakes(none, a, b, both).items():
        if np.allclose(got, np.column_stack(columns)):
            return failed(words)
    return failed(*broken_promises(got, none, a, b, both))


def pair_mistakes(none: np.ndarray, a: np.ndarray, b: np.ndarray, both: np.ndarray) -> dict[str, Sequence[np.ndarray]]:
    half = (both - none) / 2
    return {
        "That is “a first”: b is given more or less for coming second, so equal players can get unequal values.": (
            a - none,
            both - a,
        ),
        "That is “b first”: a is given more or less for coming second, so equal players can get unequal values.": (
            both - b,
            b - none,
        ),
        "An equal split gives something to a player who adds nothing, and ignores what each one adds.": (half, half),
        "Alone, each adds this; together they achieve another amount, so efficiency fails.": (a - none, b - none),
        "That is what each adds to the other; the two do not add up to v_both − v_none.": (both - b, both - a),
        "The values share out v_both; only what is gained over v_none is to be shared.": (
            (a + both - b) / 2,
            (b + both - a) / 2,
        ),
        "You added what a player adds in the two orders: take the mean.": (a - none + both - b, b - none + both - a),
        "The two values are swapped: return a's first.": ((b - none + both - a) / 2, (a - none + both - b) / 2),
    }


def broken_promises(got: np.ndarray, none: np.ndarray, a: np.ndarray, b: np.ndarray, both: np.ndarray) -> list[str]:
    """Name the first trial game in which the values break each property, as far as one does."""
    equals, idle = np.isclose(a, b), np.isclose(a, none) & np.isclose(both, b)
    total, apart = np.abs(got.sum(axis=1) - (both - none)), np.abs(got[:, 0] - got[:, 1])
    findings = []
    for what, gap in [
        ("Efficiency fails: the values must add up to v_both − v_none", total),
        ("Symmetry fails: a and b add the same and must get the same", equals * apart),
        ("a adds nothing to anyone and must get nothing", idle * np.abs(got[:, 0])),
    ]:
        for number in np.flatnonzero(gap > 1e-6)[:1]:
            game, values = GAMES[number], got[number].round(4).tolist()
            findings.append(f"{what}; in the game (v_none, v_a, v_b, v_both) = {game} yours are {values}.")
    return findings or [
        "Equal players, idle players and the sum are right, but not consistency: a player's value may depend only "
        "on what it adds, alone and to the other."
    ]

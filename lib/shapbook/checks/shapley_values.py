"""Checks of the exercises of the page *Shapley values*."""

from collections.abc import Callable, Iterable
from itertools import combinations
from math import comb, factorial
from typing import Any

import numpy as np

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, passed
from shapbook.shapley import airport_game, coalition_values, exact_values, table_game

__all__ = ["exact_solver", "runway_shares", "sampled_values"]

PATIENCE = 2_000_000  # evaluations after which a loop is taken to be endless
SAMPLING_PATIENCE = 200_000  # the same where a few thousand will do
RUNS = 12
ACCURACY = 0.1


class Trial:
    """A game as a learner's function meets it: called with player numbers, and counting its calls."""

    def __init__(self, table: np.ndarray, patience: int | None = None) -> None:
        self.table = np.asarray(table, dtype=float)
        self.patience = patience or PATIENCE
        self.n = len(self.table).bit_length() - 1
        self.calls = 0

    def __call__(self, coalition: Iterable[int]) -> float:
        self.calls += 1
        if self.calls > self.patience:
            msg = f"the game was evaluated {self.patience:,} times, so I stopped it, for a loop that may not end"
            raise RuntimeError(msg)
        players = {int(player) for player in coalition}
        strangers = sorted(players - set(range(self.n)))
        if strangers:
            msg = f"there is no player {strangers[0]}: {self.n} players are numbered 0 to {self.n - 1}"
            raise ValueError(msg)
        return float(self.table[sum(1 << player for player in players)])

    @property
    def values(self) -> np.ndarray:
        """The exact Shapley values."""
        return exact_values(table_game(self.table))

    def in_order(self) -> np.ndarray:
        """What each player adds if they join in the order of their numbers."""
        return np.diff([self.table[(1 << player) - 1] for player in range(self.n + 1)])

    def weighted(self, weight: Callable[[int], float], sizes: Iterable[int] | None = None) -> np.ndarray:
        """Sums of marginal contributions with a weight that depends on the size of the coalition before."""
        sums = np.zeros(self.n)
        for player in range(self.n):
            others = [other for other in range(self.n) if other != player]
            for size in range(self.n) if sizes is None else sizes:
                for coalition in combinations(others, size):
                    code = sum(1 << other for other in coalition)
                    sums[player] += weight(size) * (self.table[code | 1 << player] - self.table[code])
        return sums


def trial(n: int, seed: int, patience: int | None = None) -> Trial:
    """A game without symmetries, in which the empty coalition is worth something."""
    return Trial(np.random.default_rng(seed).normal(1.0, 1.0, 2**n).round(3), patience)


def exact_solver(function: Callable[[Callable[[Iterable[int]], float], int], Any]) -> Verdict:
    """Check a learner's function (value, n) that returns the Shapley values of n players."""
    games = [trial(5, 1951), trial(3, 1953), trial(1, 1954)]
    for game in games:
        value, fault = attempt(function, game, game.n)
        fault = fault or array_fault(value, (game.n,), f"The values of {game.n} players")
        if fault:
            return fault
        got = np.asarray(value, dtype=float)
        if not np.allclose(got, game.values, atol=1e-8):
            return failed(exact_fault(got, game))
    game = games[0]
    findings = ["Right on three trial games, with 5 players, 3 players and a single one."]
    if game.calls > 2**game.n:
        findings.append(
            f"For 5 players you evaluated the game {game.calls:,} times, though it has only "
            f"{2**game.n} coalitions: keep the values you know when an evaluation is costly."
        )
    return passed(*findings)


def exact_fault(got: np.ndarray, game: Trial) -> str:
    n = game.n
    right = [factorial(size) * factorial(n - size - 1) / factorial(n) for size in range(n)]
    slips = {
        "All coalitions count alike in your sum, which makes it the Banzhaf value: a coalition of size s is "
        "met with the weight s!(n − s − 1)!/n!.": game.weighted(lambda size: 2.0 ** (1 - n)),
        "All sizes count alike, but each size has several coalitions: divide by their number too.": (
            game.weighted(lambda size: 1 / n)
        ),
        "The weight is off by one: with s before player i, n − s − 1 come after it, not n − s.": (
            game.weighted(lambda size: factorial(size) * factorial(n - size) / factorial(n))
        ),
        "The s of the weight counts the players before i, and not player i itself.": game.weighted(
            lambda size: factorial(size + 1) * factorial(n - size - 1) / factorial(n)
        ),
        "Your weights are not divided by n!, the number of all orderings.": game.values * factorial(n),
        "Your weights do not sum to 1: there are n sizes, so 1/n is missing.": game.values * n,
        "The empty coalition is missing: player i can be the first to join.": game.weighted(
            lambda size: right[size], range(1, n)
        ),
        "The largest coalition is missing: player i can be the last to join.": game.weighted(
            lambda size: right[size], range(n - 1)
        ),
        "That is what each player adds to nobody: average over all coalitions it can join.": game.weighted(
            lambda size: float(size == 0)
        ),
        "That is what each player adds to all others: average over all coalitions it can join.": (
            game.weighted(lambda size: float(size == n - 1))
        ),
        "Only the last term of each sum is left: add the terms up, with += and not with =.": game.weighted(
            lambda size: right[size] * (size == n - 1)
        ),
        "Only the first player has a value: does your `return` stand inside the loop over players?": (
            game.values * (np.arange(n) == 0)
        ),
        "All values are 0: do you add the terms up, and divide with / instead of //?": np.zeros(n),
        "That is one ordering only, 0, 1, 2, …: average over all coalitions a player can find.": game.in_order(),
        "You sum the values v(S ∪ i): subtract v(S) from each.": with_player(game, right),
        "The sign is turned: player i adds v(S ∪ i) − v(S).": -game.values,
    }
    for words, mistaken in slips.items():
        if np.allclose(got, mistaken, atol=1e-8):
            return words
    total = game.table[-1] - game.table[0]
    if not np.isclose(got.sum(), total):
        return (
            f"For {n} players your values sum to {got.sum():.3f}, but v(N) − v(∅) = {total:.3f}: efficiency "
            "fails. Check the weights on a game of two players by hand."
        )
    return (
        f"For {n} players the values sum to v(N) − v(∅), as they must, but they are {np.round(got, 3)} where "
        f"{np.round(game.values, 3)} is right. Check which coalitions you visit for each player."
    )


def with_player(game: Trial, weights: list[float]) -> np.ndarray:
    sums = np.zeros(game.n)
    for code in range(2**game.n):
        members = [player for player in range(game.n) if code >> player & 1]
        sums[members] += weights[len(members) - 1] * game.table[code] if members else 0
    return sums


def sampled_values(function: Callable[..., Any]) -> Verdict:
    """Check a learner's function (value, n, accuracy, rng) that returns values and standard errors."""
    game = trial(5, 2009, SAMPLING_PATIENCE)
    estimates, errors, calls = [], [], []
    for run in range(RUNS):
        rng = np.random.default_rng(run)
        fresh = rng.bit_generator.state
        game.calls = 0
        value, fault = attempt(function, game, game.n, ACCURACY, rng)
        if game.calls > game.patience:
            return failed(
                f"After {game.patience:,} evaluations, where a few thousand would do, your loop still drew: it must "
                "end when the largest standard error, the standard deviation divided by √m, is small enough."
            )
        if fault:
            return fault
        if not isinstance(value, tuple | list) or len(value) != 2:
            return failed("Return two arrays, the values and their standard errors: `return phi, errors`.")
        fault = array_fault(value[0], (game.n,), "The values")
        fault = fault or array_fault(value[1], (game.n,), "The standard errors")
        if fault:
            return fault
        if rng.bit_generator.state == fresh:
            return failed("You drew nothing from `rng`: get each ordering from `rng.permutation(n)`.")
        estimates.append(np.asarray(value[0], dtype=float))
        errors.append(np.asarray(value[1], dtype=float))
        calls.append(game.calls)
    words = sampling_fault(np.array(estimates), np.array(errors), game)
    if words:
        return failed(words)
    largest = np.max(errors)
    findings = [
        f"In {RUNS} runs every standard error is at most {largest:.4f}, as asked ({ACCURACY}), and the "
        "errors made are as large as the standard errors say.",
        f"That took {np.mean(calls):,.0f} evaluations of the game on average.",
    ]
    if np.max(errors, axis=1).mean() < ACCURACY / 2:
        factor = (ACCURACY / np.max(errors, axis=1).mean()) ** 2
        findings.append(f"You went on longer than asked: about {factor:.0f} times fewer orderings would do.")
    return passed(*findings)


def sampling_fault(estimates: np.ndarray, errors: np.ndarray, game: Trial) -> str:
    """Say what is off in RUNS estimates of shape (RUNS, n_players) and their standard errors, or nothing."""
    truth = game.values
    if (errors < 0).any():
        return "A standard error is negative: it is the square root of a variance."
    made = np.sqrt(np.mean((estimates - truth) ** 2))
    said = np.sqrt(np.mean(errors**2))
    mean = estimates.mean(axis=0)
    spread = np.maximum(estimates.std(axis=0, ddof=1), 1e-12) / np.sqrt(RUNS)
    if (np.abs(mean - truth) > 8 * spread).any():
        return bias_words(mean, spread, game)
    if made < 0.5 * said:
        return (
            f"Your errors are about {said / made:.0f} times smaller than the standard errors you return: divide "
            "the standard deviation of the contributions by √m."
        )
    if made > 1.8 * said:
        return (
            f"Your errors are about {made / max(said, 1e-12):.1f} times as large as the standard errors you return. "
            "Divide the standard deviation by √m, with m the number of orderings, and let m be 30 or more "
            "before you trust it."
        )
    if np.max(errors) > ACCURACY:
        return (
            f"A standard error of {np.max(errors):.3f} is left where {ACCURACY} was asked: go on drawing until "
            "the largest of them is small enough."
        )
    return ""


def bias_words(mean: np.ndarray, spread: np.ndarray, game: Trial) -> str:
    n = game.n
    slips = {
        "All coalitions are drawn alike, which estimates the Banzhaf value: draw orderings instead.": (
            game.weighted(lambda size: 2.0 ** (1 - n))
        ),
        "You average v(S ∪ i): subtract v(S), the value before player i joined.": with_player(
            game, [1 / (n * comb(n - 1, size)) for size in range(n)]
        ),
        "Your estimate is a sum over players too many: divide by the number of orderings alone.": (game.values / n),
        "The sign is turned: player i adds v(S ∪ i) − v(S).": -game.values,
    }
    for words, mistaken in slips.items():
        if (np.abs(mean - mistaken) < 5 * spread).all():
            return words
    gap = np.abs(mean - game.values).max()
    return (
        f"The mean of {RUNS} runs misses the exact values by up to {gap:.3f}, which is no chance: your "
        "estimate is biased. Is each contribution booked to the player who joined, and each ordering a fresh "
        "permutation?"
    )


def runway_shares(function: Callable[[np.ndarray], Any]) -> Verdict:
    """Check a learner's function of costs (n,) that returns the Shapley values of the airport game."""
    rng = np.random.default_rng(1973)
    for costs in (np.array([4.0, 1.0, 9.0, 2.5, 4.0]), rng.uniform(0, 10, 12).round(2)):
        given = costs.copy()
        value, fault = attempt(function, given)
        if fault:
            return fault
        if not np.array_equal(given, costs):
            return failed("Your function changes the costs it is given: sort a copy, with np.sort.")
        fault = array_fault(value, costs.shape, "The shares")
        if fault:
            return fault
        got = np.asarray(value, dtype=float)
        if not np.allclose(got, exact_values(airport_game(costs))):
            return failed(runway_fault(got, costs))
    return passed(
        "Right for 5 aircraft, two of them alike, and for 12, compared with the exact solver.",
        f"The solver needed {len(coalition_values(airport_game(costs))):,} coalitions for the 12; you needed none.",
    )


def runway_fault(got: np.ndarray, costs: np.ndarray) -> str:
    exact = exact_values(airport_game(costs))
    order = np.argsort(costs, kind="stable")
    steps = np.diff(costs[order], prepend=0)
    n = len(costs)
    counted = np.cumsum(steps / np.arange(1, n + 1))
    slips = {
        "You split the longest runway equally: the short part is used by all, the end by few.": np.full(
            n, costs.max() / n
        ),
        "You split in proportion to the costs: that breaks additivity. Split stretch by stretch.": (
            costs / costs.sum() * costs.max()
        ),
        "Everybody pays a whole runway of their own: a stretch is built once and shared.": costs,
        "Each stretch is paid by one aircraft alone: all that need it share it.": unsorted(steps, order),
        "The shares are right but in the order of the sorted costs: put them back in the given order.": exact[order],
        "You take the costs as sorted: sort them first.": np.cumsum(np.diff(costs, prepend=0) / np.arange(n, 0, -1)),
        "Each stretch is divided by the aircraft that do not need it: divide by those that do.": unsorted(
            counted, order
        ),
        "Each aircraft pays its last stretch only: it uses all stretches before that too.": unsorted(
            steps / np.arange(n, 0, -1), order
        ),
        "The first stretch is missing, from 0 to the smallest cost: all aircraft share it.": exact - costs.min() / n,
        "Aircraft of the same cost count as one in yours: each of them is a user.": once_each(costs),
        "`shares[order]` sorts once more: to put the shares back, write to `shares[order] = …`.": exact[order][order],
    }
    for words, mistaken in slips.items():
        if np.allclose(got, mistaken):
            return words
    if not np.isclose(got.sum(), costs.max()):
        return f"The shares sum to {got.sum():.3f}, but the runway costs {costs.max():.3f}: efficiency fails."
    return f"For costs {costs} expected {exact.round(3)}, got {got.round(3)}."


def once_each(costs: np.ndarray) -> np.ndarray:
    """The shares of a runway if aircraft of one cost were a single user."""
    different, which = np.unique(costs, return_inverse=True)
    return np.cumsum(np.diff(different, prepend=0) / np.arange(len(different), 0, -1))[which]


def unsorted(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    back = np.empty_like(values)
    back[order] = values
    return back

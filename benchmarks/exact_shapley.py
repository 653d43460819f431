"""Exact Shapley values: our solver beside shap's and shapiq's, on the same games, in one run.

    python benchmarks/exact_shapley.py [--players 12 14 16] [--repeats 5]

Times are processor time on one thread (a busy machine does not change it much, but waiting threads would
count), the best of several repeats in turn, after one to warm up; what counts are the ratios, theirs over ours.
Two kinds of game: a quadratic form of the coalition, so cheap that the solvers themselves are timed, and a
model with a background of 20 samples. Answers must agree to 1e-10 of the largest value. The exit status is 1
if they do not, or if a ratio is below 1.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import shapiq
from threadpoolctl import threadpool_limits

from shapbook.shapley import Game, exact_values, interventional_game

with warnings.catch_warnings():  # shap 0.51 colours its plots in a way Matplotlib 3.11 will end
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    import shap

Contest = tuple[Callable[[], np.ndarray], dict[str, Callable[[], np.ndarray]]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--players", type=int, nargs="+", default=[12, 13, 14, 15, 16])
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print(f"{'game':<12}{'players':>8}{'ours (ms)':>12}{'solver':>10}{'ratio':>9}{'difference':>13}")
    faults = 0
    for name, contest in (("quadratic", quadratic), ("model", model)):
        for n_players in options.players:
            ours, others = contest(n_players)
            answers, times = timed({"ours": ours, **others}, options.repeats)
            values, seconds = answers["ours"], times["ours"]
            for solver in others:
                their_values, their_seconds = answers[solver], times[solver]
                difference = np.abs(values - their_values).max() / np.abs(values).max()
                ratio = their_seconds / seconds
                fault = difference > 1e-10 or ratio < 1
                faults += fault
                row = f"{name:<12}{n_players:>8}{1000 * seconds:>12.1f}{solver:>10}{ratio:>8.1f}×"
                print(f"{row}{difference:>13.1e}" + ("  ← fails" if fault else ""), flush=True)
    return min(faults, 1)


def quadratic(n_players: int) -> Contest:
    pairs = np.random.default_rng(n_players).normal(size=(n_players, n_players))

    def value(coalitions: np.ndarray) -> np.ndarray:
        present = np.asarray(coalitions, dtype=float)
        return ((present @ pairs) * present).sum(axis=1)

    explain = shap.ExactExplainer(value, shap.maskers.Independent(np.zeros((1, n_players))))
    everybody = np.ones((1, n_players))
    return lambda: exact_values(Game(n_players, value)), others(explain, everybody, value)


def model(n_players: int) -> Contest:
    rng = np.random.default_rng(n_players)
    slopes = rng.normal(size=(n_players, 8))
    point, background = rng.normal(size=n_players), rng.normal(size=(20, n_players))

    def predict(rows: np.ndarray) -> np.ndarray:
        return np.tanh(rows @ slopes).sum(axis=1)

    game = interventional_game(predict, point, background)
    explain = shap.ExactExplainer(predict, shap.maskers.Independent(background))
    return lambda: exact_values(game), others(explain, point[None], game)


def others(
    explain: shap.ExactExplainer, point: np.ndarray, value: Callable[[np.ndarray], np.ndarray]
) -> dict[str, Callable[[], np.ndarray]]:
    n_players = point.shape[1]

    def first_order() -> np.ndarray:
        return shapiq.ExactComputer(value, n_players)("SV", order=1).get_n_order_values(1)

    return {"shap": lambda: explain(point, silent=True).values[0], "shapiq": first_order}


def timed(solvers: dict[str, Callable[[], np.ndarray]], repeats: int) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    answers = {name: solve() for name, solve in solvers.items()}
    best = dict.fromkeys(solvers, float("inf"))
    for _ in range(repeats):
        for name, solve in solvers.items():
            start = time.process_time()
            solve()
            best[name] = min(best[name], time.process_time() - start)
    return answers, best


if __name__ == "__main__":
    with threadpool_limits(limits=1):
        sys.exit(main())

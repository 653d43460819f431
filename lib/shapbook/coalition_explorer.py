"""The interactive figures of Shapley values: coalitions grown by hand, and a sample that grows.

Both are HTML: data for the page's script, and tables for readers without it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from shapbook.explorers import data_script, table_html
from shapbook.shapley import (
    Game,
    all_coalitions,
    coalition_values,
    draw_orderings,
    exact_values,
    marginal_contributions,
    table_game,
)

__all__ = ["Explorer", "coalition_explorer", "convergence_explorer"]

MOST_PLAYERS = 4  # 24 orderings: more can be neither clicked through nor read as a table
DIGITS = 6  # of the values handed to the script, which shows three


@dataclass(frozen=True)
class Explorer:
    """An interactive figure, which a notebook shows as HTML.

    `kind` chooses the part of the page's script, `data` is what it draws, and `tables` hold the same content
    for readers without it: a title, a sentence and a table each.
    """

    kind: str
    data: dict[str, Any]
    tables: tuple[tuple[str, str, pd.DataFrame], ...]

    def _repr_html_(self) -> str:
        details = "".join(
            f'<details class="shapbook-explorer-table" open><summary>{escape(title)}</summary>'
            f"<p>{escape(sentence)}</p>{table_html(table)}</details>"
            for title, sentence, table in self.tables
        )
        return f'<div class="shapbook-explorer" data-explorer="{self.kind}">{data_script(self.data)}{details}</div>'


def coalition_explorer(games: Mapping[str, Game], notes: Mapping[str, str]) -> Explorer:
    """Return the interactive figure in which a reader adds players to a coalition, one at a time.

    It shows each marginal contribution, and the average over the orderings gone through so far beside the
    Shapley values.

    Arguments:
        games: Games of two to four players and one output, by their title; the first one is shown first.
        notes: A sentence on each of them.

    Raises:
        ValueError: If there is no game, one has no note, too many players, a single one, or several outputs.

    Example:
        >>> game = Game(["left", "right"], lambda coalitions: coalitions.all(axis=1))
        >>> figure = coalition_explorer({"Gloves": game}, {"Gloves": "A pair is worth 1."})
        >>> figure.data["games"][0]["exact"]
        [0.5, 0.5]
    """
    if not games or set(games) != set(notes):
        msg = f"Expected a note for each game; got games {list(games)} and notes {list(notes)}."
        raise ValueError(msg)
    shown, tables = [], []
    for title, game in games.items():
        if not 2 <= game.n_players <= MOST_PLAYERS:
            msg = f"The game {title!r} has {game.n_players} players: expected 2 to {MOST_PLAYERS}."
            raise ValueError(msg)
        values = coalition_values(game)
        if values.ndim != 1:
            msg = f"The game {title!r} has {values.shape[1]} outputs: choose one."
            raise ValueError(msg)
        game = table_game(values.round(DIGITS), game.players)
        exact = exact_values(game)
        shown.append(
            {
                "title": title,
                "note": notes[title],
                "players": list(game.players),
                "values": coalition_values(game).tolist(),
                "exact": exact.round(DIGITS).tolist(),
            }
        )
        tables.append((f"{title}: all orderings as a table", worths(game), orderings_table(game, exact)))
    return Explorer("coalition", {"games": shown}, tuple(tables))


def worths(game: Game) -> str:
    """The value of every coalition, in words."""
    coalitions = all_coalitions(game.n_players)
    order = np.argsort(coalitions.sum(axis=1), kind="stable")
    parts = []
    for coalition, value in zip(coalitions[order], game(coalitions)[order], strict=True):
        names = [name for name, present in zip(game.players, coalition, strict=True) if present]
        parts.append(f"{' + '.join(names) or 'nobody'} {decimals(value)}")
    return f"Values of the coalitions: {', '.join(parts)}."


def orderings_table(game: Game, exact: np.ndarray) -> pd.DataFrame:
    """Return the marginal contributions in every ordering, and below them their mean, as text."""
    orderings = list(permutations(range(game.n_players)))
    contributions = marginal_contributions(game, orderings)
    labels = [" → ".join(game.players[i] for i in ordering) for ordering in orderings]
    rows = np.vstack([contributions, exact])
    index = pd.Index([*labels, "mean: Shapley values"], name="ordering")
    return pd.DataFrame([[decimals(value) for value in row] for row in rows], index, list(game.players))


def convergence_explorer(
    game: Game,
    groups: Mapping[str, Sequence[str]],
    sizes: Sequence[int],
    n_runs: int,
    rng: np.random.Generator | int,
    exact: Sequence[float] | None = None,
) -> Explorer:
    """Return the interactive figure in which a slider sets the number of sampled orderings.

    Each run draws plain random orderings, and each size takes the first so many of them.

    Arguments:
        game: The game of n_players, with one output.
        groups: What the rows of the figure show, by their label: the sum of the values of some players.
        sizes: Numbers of orderings of the slider, of shape (n_sizes,), increasing, 2 or more.
        n_runs: Number of independent runs to page through.
        rng: Random generator, or a seed for one.
        exact: The exact value of each group; computed if None, from 2^n_players coalitions.

    Raises:
        ValueError: If sizes do not increase from 2 or more, a player is unknown, or no run is wanted.

    Example:
        >>> game = Game(["left", "right"], lambda coalitions: coalitions.all(axis=1))
        >>> figure = convergence_explorer(game, {"left glove": ["left"]}, [16, 64], n_runs=3, rng=0)
        >>> figure.data["exact"], len(figure.data["runs"])
        ([0.5], 3)
    """
    counts = np.asarray(sizes)
    if counts.ndim != 1 or counts.size == 0 or counts[0] < 2 or (np.diff(counts) <= 0).any() or n_runs < 1:
        msg = f"Expected increasing sizes of 2 or more and at least one run, got {list(sizes)} and {n_runs}."
        raise ValueError(msg)
    unknown = sorted({name for names in groups.values() for name in names} - set(game.players))
    if unknown:
        msg = f"No player {unknown[0]!r} in this game: its players are {', '.join(game.players)}."
        raise ValueError(msg)
    members = np.array([[player in names for player in game.players] for names in groups.values()], float)
    truth = members @ exact_values(game) if exact is None else np.asarray(exact, dtype=float)
    rng = np.random.default_rng(rng)
    runs = []
    for _ in range(n_runs):
        drawn = draw_orderings(game.n_players, int(counts[-1]), rng)
        sample = marginal_contributions(game, drawn) @ members.T
        mean = [sample[:count].mean(axis=0) for count in counts]
        error = [sample[:count].std(axis=0, ddof=1) / math.sqrt(count) for count in counts]
        runs.append({"mean": np.round(mean, 5).tolist(), "error": np.round(error, 5).tolist()})
    data = {
        "rows": list(groups),
        "exact": truth.round(DIGITS).tolist(),
        "sizes": counts.tolist(),
        "runs": runs,
    }
    table = pd.DataFrame(index=pd.Index(counts.astype(str), name="orderings"))
    for k, label in enumerate(groups):
        pairs = zip(runs[0]["mean"], runs[0]["error"], strict=True)
        table[label] = [f"{decimals(mean[k])} ± {decimals(error[k])}" for mean, error in pairs]
    known = ", ".join(f"{label} {decimals(value)}" for label, value in zip(groups, truth, strict=True))
    sentence = f"Estimates with their standard errors. Exact values: {known}."
    return Explorer("convergence", data, (("The first run as a table", sentence, table),))


def decimals(value: float) -> str:
    """A number with three decimals and a minus sign; no −0.000."""
    return f"{round(float(value), 3) + 0.0:.3f}".replace("-", "−")

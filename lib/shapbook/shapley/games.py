"""What a game is: players, coalitions, and the value of each coalition."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["Game", "all_coalitions", "grouped_game", "marginal_contributions", "table_game"]

BATCH_COALITIONS = 2**16


class Game:
    """Named players, and a value for each of their coalitions.

    Calling a game with coalitions gives their values, checked: one finite number a coalition and output.

    Arguments:
        players: Their names, all different; or their number, for players named `player 1`, `player 2`, …
        value: Function from coalitions, booleans of shape (n_coalitions, n_players) that say who takes part,
            to values of shape (n_coalitions,) or (n_coalitions, n_outputs). Mind that `+` of two columns of
            booleans means *or*: count with `coalitions @ [1, 1]` or `coalitions.sum(axis=1)`.

    Raises:
        ValueError: If there is no player, or two have the same name.
        TypeError: If `value` is not a function.

    Example:
        >>> game = Game(["Ada", "Bo"], lambda coalitions: coalitions.sum(axis=1) ** 2)
        >>> game(np.array([[False, False], [True, False], [True, True]]))
        array([0., 1., 4.])
        >>> game.value_of("Ada", "Bo")
        4.0
    """

    def __init__(self, players: Sequence[str] | int, value: Callable[[np.ndarray], ArrayLike]) -> None:
        self.players = name_players(players)
        if not callable(value):
            msg = f"The value must be a function of coalitions, got {type(value).__name__}."
            raise TypeError(msg)
        self._value = value

    @property
    def n_players(self) -> int:
        """The number of players."""
        return len(self.players)

    def __repr__(self) -> str:
        return f"Game of {self.n_players} players: {listed(self.players)}"

    def __call__(self, coalitions: ArrayLike) -> np.ndarray:
        """Return the values of coalitions.

        Arguments:
            coalitions: Booleans of shape (n_coalitions, n_players).

        Returns:
            Floats of shape (n_coalitions,) or (n_coalitions, n_outputs).

        Raises:
            ValueError: If the coalitions have another shape, or the game returns another shape or a value
                that is not finite.
            TypeError: If the coalitions are not booleans, or the values are not real numbers.
        """
        coalitions = np.asarray(coalitions)
        if coalitions.ndim != 2 or coalitions.shape[1] != self.n_players or not len(coalitions):
            msg = (
                f"Coalitions must have shape (n_coalitions, {self.n_players}), with at least one row, "
                f"got {coalitions.shape}."
            )
            raise ValueError(msg)
        if coalitions.dtype != bool:
            msg = f"Coalitions must be booleans, got {coalitions.dtype}: use `.astype(bool)`."
            raise TypeError(msg)
        values = np.asarray(self._value(coalitions))
        if values.dtype.kind not in "biuf":
            msg = f"The game must return real numbers, got an array of {values.dtype}."
            raise TypeError(msg)
        if values.ndim not in (1, 2) or len(values) != len(coalitions) or values.shape[1:] == (0,):
            count = len(coalitions)
            msg = (
                f"The game returned shape {values.shape} for {count} coalitions: expected ({count},) or "
                f"({count}, n_outputs), one value for each row of its argument."
            )
            raise ValueError(msg)
        values = values.astype(float)
        if not np.isfinite(values).all():
            faulty = ~np.isfinite(values.reshape(len(values), -1))
            row, column = np.argwhere(faulty)[0]
            names = [name for name, present in zip(self.players, coalitions[row], strict=True) if present]
            msg = (
                f"The game gives {values.reshape(len(values), -1)[row, column]} to the coalition "
                f"{{{listed(names)}}}; {faulty.sum()} of {faulty.size} values are not finite. "
                "Every coalition, the empty one too, needs a finite value."
            )
            raise ValueError(msg)
        return values

    def value_of(self, *names: str) -> float | np.ndarray:
        """Return the value of one coalition, given its players' names: a number, or an array (n_outputs,).

        Raises:
            ValueError: If the game has no player of that name.
        """
        unknown = [name for name in names if name not in self.players]
        if unknown:
            msg = f"No player {unknown[0]!r} in this game: its players are {listed(self.players)}."
            raise ValueError(msg)
        value = self(np.array([[player in names for player in self.players]]))[0]
        return value if value.ndim else float(value)

    def __add__(self, other: "Game") -> "Game":
        """Return the sum of two games of the same players, whose values are the sums of theirs."""
        if not isinstance(other, Game):
            return NotImplemented
        if self.players != other.players:
            msg = (
                "Only games of the same players, in the same order, can be added: "
                f"got {listed(self.players)} and {listed(other.players)}."
            )
            raise ValueError(msg)

        def value(coalitions: np.ndarray) -> np.ndarray:
            left, right = self(coalitions), other(coalitions)
            if left.shape != right.shape:
                msg = f"Only games with equal outputs can be added: got {left.shape} and {right.shape}."
                raise ValueError(msg)
            return left + right

        return Game(self.players, value)


def name_players(players: Sequence[str] | int) -> tuple[str, ...]:
    if isinstance(players, int | np.integer):
        players = [f"player {number}" for number in range(1, players + 1)]
    names = tuple(str(player) for player in players)
    if not names:
        msg = "A game needs at least one player, got none."
        raise ValueError(msg)
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        msg = f"Players must have different names; repeated: {listed(repeated)}."
        raise ValueError(msg)
    return names


def listed(names: Iterable[str], most: int = 20) -> str:
    names = list(names)
    more = f", … and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def check_game(game: object) -> None:
    if not isinstance(game, Game):
        msg = f"Expected a Game, got {type(game).__name__}: wrap a function as `Game(players, function)`."
        raise TypeError(msg)


def changed_outputs(some: tuple[int, ...], others: tuple[int, ...]) -> str:
    return f"The game returned outputs of shape {some} for some coalitions and {others} for others."


def all_coalitions(n_players: int, start: int = 0, stop: int | None = None) -> np.ndarray:
    """Return the coalitions of n players, numbered in binary.

    Bit *i* of a row's number says whether player *i* (from 0) takes part.

    Arguments:
        n_players: Number of players, 62 at most.
        start: Number of the first coalition.
        stop: Number after the last coalition; all $2^n$ if left out.

    Returns:
        Booleans of shape (stop − start, n_players).

    Raises:
        ValueError: If the number of players is negative, or so large that coalitions cannot be numbered.

    Example:
        >>> all_coalitions(2).astype(int)
        array([[0, 0],
               [1, 0],
               [0, 1],
               [1, 1]])
    """
    if not 0 <= n_players <= 62:
        msg = f"Coalitions can be numbered for 0 to 62 players, got {n_players}."
        raise ValueError(msg)
    numbers = np.arange(start, 2**n_players if stop is None else stop, dtype="<u8")
    octets = numbers.view(np.uint8).reshape(-1, 8)[:, : (n_players + 7) // 8]
    return np.unpackbits(octets, axis=1, bitorder="little")[:, :n_players].astype(bool)


def table_game(values: ArrayLike, players: Sequence[str] | int | None = None) -> Game:
    """Return the game whose values stand in a table, in the order of `all_coalitions`.

    Arguments:
        values: Table of shape (2^n_players,) or (2^n_players, n_outputs).
        players: Names of the players; `player 1`, … if left out.

    Raises:
        ValueError: If the length of the table is not 2^n_players.

    Example:
        >>> table_game([0, 1, 2, 4], ["a", "b"]).value_of("b")
        2.0
    """
    values = np.array(values)
    n_players = max(len(values).bit_length() - 1, 1) if players is None else len(name_players(players))
    if len(values) != 2**n_players:
        msg = f"A table has 2^n_players rows, {2**n_players} for {n_players} players; got {len(values)}."
        raise ValueError(msg)
    n_octets = (n_players + 7) // 8

    def value(coalitions: np.ndarray) -> np.ndarray:
        octets = np.zeros((len(coalitions), 8), dtype=np.uint8)
        octets[:, :n_octets] = np.packbits(coalitions, axis=1, bitorder="little")
        return values[octets.view("<u8")[:, 0]]

    return Game(n_players if players is None else players, value)


def grouped_game(game: Game, groups: Mapping[str, Sequence[str]]) -> Game:
    """Return the game whose players are groups of a game's players: a group joins as a whole.

    Arguments:
        game: The game of the single players.
        groups: Names of the players in each group; each player belongs to exactly one.

    Raises:
        ValueError: If a player is in no group or in several, or if the game has no player of a name.

    Example:
        >>> game = Game(["ug", "gr", "ri"], lambda coalitions: coalitions @ [1, 2, 4])
        >>> pairs = grouped_game(game, {"blue": ["ug", "gr"], "red": ["ri"]})
        >>> pairs.value_of("blue")
        3.0
    """
    members = [name for group in groups.values() for name in group]
    known = set(game.players)
    faults = {
        "unknown": [name for name in members if name not in known],
        "in several groups or twice in one": [name for name, count in Counter(members).items() if count > 1],
        "in no group": sorted(known - set(members), key=game.players.index),
        "groups without a player": [name for name, group in groups.items() if len(group) == 0],
    }
    if any(faults.values()):
        found = "; ".join(f"{fault}: {listed(names)}" for fault, names in faults.items() if names)
        msg = f"Each player must be in exactly one group. Found {found}."
        raise ValueError(msg)
    group_of = {name: number for number, group in enumerate(groups.values()) for name in group}
    columns = np.array([group_of[player] for player in game.players])
    return Game(list(groups), lambda coalitions: game(coalitions[:, columns]))


def marginal_contributions(game: Game, orderings: ArrayLike) -> np.ndarray:
    """Return what each player adds to the value of those before it, in each ordering.

    The empty and the full coalition are evaluated once, so m orderings cost m (n_players − 1) + 2
    evaluations.

    Arguments:
        game: The game.
        orderings: Player numbers (from 0) of shape (n_orderings, n_players), first to join first.

    Returns:
        Contributions of shape (n_orderings, n_players) or (n_orderings, n_players, n_outputs), in the order
        of `game.players`, not in that of joining.

    Raises:
        TypeError: If the game is a bare function.
        ValueError: If a row is not an ordering of all players.

    Example:
        >>> game = Game(["left", "right 1", "right 2"], lambda c: c[:, 0] & c[:, 1:].any(axis=1))
        >>> marginal_contributions(game, [[0, 1, 2], [2, 0, 1]])
        array([[0., 1., 0.],
               [1., 0., 0.]])
    """
    check_game(game)
    orderings = np.asarray(orderings)
    n = game.n_players
    if orderings.ndim != 2 or not np.array_equal(np.sort(orderings), np.tile(np.arange(n), (len(orderings), 1))):
        msg = f"Each ordering must hold the numbers 0 to {n - 1} once: expected shape (n_orderings, {n})."
        raise ValueError(msg)
    ends = game(np.array([[False] * n, [True] * n]))
    per_batch = max(1, BATCH_COALITIONS // n)
    starts = range(0, len(orderings), per_batch)
    parts = [contributions_between(game, orderings[start : start + per_batch], ends) for start in starts]
    return np.concatenate(parts) if parts else np.empty((0, n, *ends.shape[1:]))


def contributions_between(game: Game, orderings: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Contributions along orderings, given the values of the empty and of the full coalition."""
    count, n = orderings.shape
    outputs = ends.shape[1:]
    positions = np.argsort(orderings, axis=1)
    values = np.empty((count, n + 1, *outputs))
    values[:, 0], values[:, n] = ends
    if n > 1:
        first = positions[:, None, :] < np.arange(1, n)[:, None]  # the first 1, 2, … n − 1 players
        inner = game(first.reshape(-1, n))
        if inner.shape[1:] != outputs:
            raise ValueError(changed_outputs(outputs, inner.shape[1:]))
        values[:, 1:n] = inner.reshape(count, n - 1, *outputs)
    steps = np.diff(values, axis=1)
    return steps[np.arange(count)[:, None], positions]

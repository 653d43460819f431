"""Sampled values: unbiased, with standard errors that mean what they say."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from shapbook.shapley import (
    Game,
    Method,
    draw_orderings,
    exact_values,
    glove_game,
    sample_values,
    table_game,
)

METHODS: tuple[Method, ...] = ("plain", "antithetic", "stratified")
methods = pytest.mark.parametrize("method", METHODS)


@methods
def test_every_ordering_is_equally_likely(method: Method) -> None:
    # 24 orderings of 4 players, each place in a block on its own; seven chi-squared tests that together
    # falsely alarm for one seed in 10,000
    blocks = {"plain": 1, "antithetic": 2, "stratified": 4}[method]
    drawn = draw_orderings(4, 6000 * blocks, rng=1, method=method).reshape(6000, blocks, 4)
    for place in range(blocks):
        counts = Counter(map(tuple, drawn[:, place].tolist()))
        assert set(counts) == set(permutations(range(4)))
        assert stats.chisquare(list(counts.values())).pvalue > 1e-4 / 7


def test_antithetic_orderings_come_with_their_reverse() -> None:
    drawn = draw_orderings(7, 10, rng=2, method="antithetic")
    np.testing.assert_array_equal(drawn[1::2], drawn[::2, ::-1])
    assert len(set(map(tuple, drawn.tolist()))) == 10


def test_stratified_blocks_put_each_player_at_each_position_once() -> None:
    blocks = draw_orderings(6, 18, rng=3, method="stratified").reshape(3, 6, 6)
    np.testing.assert_array_equal(np.sort(blocks, axis=1), np.tile(np.arange(6)[:, None], (3, 1, 6)))
    np.testing.assert_array_equal(np.sort(blocks, axis=2), np.tile(np.arange(6), (3, 6, 1)))
    assert len(set(map(tuple, blocks.reshape(18, 6).tolist()))) == 18


@methods
def test_the_same_seed_draws_the_same(method: Method) -> None:
    game = table_game(np.random.default_rng(4).normal(size=16))
    once, again = (sample_values(game, 40, rng, method) for rng in (5, np.random.default_rng(5)))
    np.testing.assert_array_equal(once.values, again.values)
    np.testing.assert_array_equal(once.standard_errors, again.standard_errors)
    assert (sample_values(game, 40, 6, method).values != once.values).any()


@methods
def test_standard_errors_cover_the_exact_values(method: Method) -> None:
    # 1,000 estimates: 95 % intervals must cover in 92 to 98 % of them (4.4 sigma each way), squared errors
    # must agree with the spread of the estimates to 20 % (4.5 sigma), the mean with the truth to 4.5 of its
    # sigma. Six players and three methods: one false alarm in about 2,000 seeds; this one is fixed.
    game = table_game(np.random.default_rng(7).normal(size=64) + np.random.default_rng(8).normal(size=64) ** 2)
    truth = exact_values(game)
    rng = np.random.default_rng(9)
    estimates = [sample_values(game, 120, rng, method) for _ in range(1000)]
    values = np.array([estimate.values for estimate in estimates])
    errors = np.array([estimate.standard_errors for estimate in estimates])
    reach = stats.t.ppf(0.975, estimates[0].n_blocks - 1)
    coverage = (np.abs(values - truth) < reach * errors).mean(axis=0)
    assert np.abs(coverage - 0.95).max() < 0.03
    assert np.abs((errors**2).mean(axis=0) / values.var(axis=0, ddof=1) - 1).max() < 0.2
    assert np.abs((values.mean(axis=0) - truth) / (values.std(axis=0, ddof=1) / np.sqrt(1000))).max() < 4.5


@methods
def test_standard_errors_hold_for_few_blocks(method: Method) -> None:
    # two blocks, 4,000 times: squared errors scatter as chi-squared with 1 degree of freedom or a little wider, so
    # their mean agrees with the spread of the estimates to about 4 %; 20 % are 5 sigma. One false alarm in 100,000.
    game = table_game(np.random.default_rng(21).normal(size=8))
    n_orderings = {"plain": 2, "antithetic": 4, "stratified": 6}[method]
    rng = np.random.default_rng(22)
    estimates = [sample_values(game, n_orderings, rng, method) for _ in range(4000)]
    spread = np.var([estimate.values for estimate in estimates], axis=0)
    claimed = np.mean([estimate.standard_errors**2 for estimate in estimates], axis=0)
    np.testing.assert_allclose(claimed, spread, rtol=0.2)


def test_the_error_falls_as_one_over_the_root() -> None:
    # errors of 400 and 40,000 orderings: the ratio is 10 to about 4 % of noise, so 20 % is 5 sigma
    game = table_game(np.random.default_rng(10).normal(size=32))
    few, many = (sample_values(game, m, 11).standard_errors for m in (400, 40_000))
    np.testing.assert_allclose(few / many, 10, rtol=0.2)


@methods
def test_every_estimate_is_efficient(method: Method) -> None:
    table = np.random.default_rng(12).normal(size=(32, 2))
    estimate = sample_values(table_game(table), 20, 13, method)
    np.testing.assert_allclose(estimate.values.sum(axis=0), table[-1] - table[0], atol=1e-12)
    assert estimate.values.shape == estimate.standard_errors.shape == (5, 2)


@methods
def test_a_null_player_gets_exactly_nothing(method: Method) -> None:
    estimate = sample_values(Game(4, lambda c: c[:, 0] * 3 + c[:, 1] * c[:, 2]), 16, 14, method)
    assert estimate.values[3] == estimate.standard_errors[3] == 0


def test_antithetic_orderings_are_exact_where_only_pairs_interact() -> None:
    # forwards and backwards, one partner of each pair comes second exactly once
    rng = np.random.default_rng(15)
    pairs, single = rng.normal(size=(6, 6)), rng.normal(size=6)
    game = Game(6, lambda c: c @ single + ((c @ pairs) * c).sum(axis=1))
    estimate = sample_values(game, 4, 16, "antithetic")
    np.testing.assert_allclose(estimate.values, exact_values(game), atol=1e-12)
    assert estimate.standard_errors.max() < 1e-12
    assert sample_values(game, 4, 16, "plain").standard_errors.max() > 0.1


def test_stratified_orderings_are_exact_where_only_the_size_matters() -> None:
    game = Game(5, lambda c: np.exp(c.sum(axis=1)) + c @ [1, 2, 3, 4, 5])
    estimate = sample_values(game, 10, 17, "stratified")
    np.testing.assert_allclose(estimate.values, exact_values(game), rtol=1e-12)
    assert estimate.standard_errors.max() < 1e-12
    assert sample_values(game, 10, 17, "plain").standard_errors.max() > 1


@pytest.mark.parametrize(("method", "gain"), [("antithetic", 1.2), ("stratified", 1.2)])
def test_the_better_orderings_pay_on_a_market_of_gloves(method: Method, gain: float) -> None:
    # the glove game rewards both: errors of as many plain orderings are larger for every player
    game = glove_game(3, 4)
    plain, better = (sample_values(game, 14_000, 18, name).standard_errors for name in ("plain", method))
    assert (plain / better).min() > gain


@pytest.mark.parametrize("n_players", [1, 2, 6])
@methods
def test_evaluations_are_counted(method: Method, n_players: int) -> None:
    evaluated = []

    def value(coalitions: np.ndarray) -> np.ndarray:
        evaluated.append(len(coalitions))
        return coalitions.sum(axis=1)

    estimate = sample_values(Game(n_players, value), 24, 19, method)
    assert estimate.n_evaluations == sum(evaluated) == 24 * (n_players - 1) + 2
    assert estimate.n_orderings == 24
    assert estimate.n_blocks == 24 // {"plain": 1, "antithetic": 2, "stratified": n_players}[method]
    np.testing.assert_allclose(estimate.values, 1)


@pytest.mark.parametrize(
    ("n_orderings", "method", "text"),
    [
        (1, "plain", "needs two blocks, 2 plain orderings of 5 players; got 1"),
        (2, "antithetic", "needs two blocks, 4 antithetic orderings of 5 players; got 2"),
        (5, "stratified", "needs two blocks, 10 stratified orderings of 5 players; got 5"),
        (
            7,
            "antithetic",
            "antithetic orderings of 5 players come in blocks of 2; 7 do not fill whole blocks",
        ),
        (
            12,
            "stratified",
            "stratified orderings of 5 players come in blocks of 5; 12 do not fill whole blocks",
        ),
        (12, "sobol", "Unknown method 'sobol': expected one of 'plain', 'antithetic', 'stratified'"),
    ],
)
def test_orderings_that_cannot_be_drawn(n_orderings: int, method: Method, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        sample_values(Game(5, lambda coalitions: coalitions.sum(axis=1)), n_orderings, 20, method)


@pytest.mark.parametrize("n_orderings", [0, -1])
def test_no_orderings(n_orderings: int) -> None:
    with pytest.raises(ValueError, match=f"blocks of 1; {n_orderings} do not fill"):
        draw_orderings(3, n_orderings, rng=1)


def test_a_bare_function_is_no_game() -> None:
    with pytest.raises(TypeError, match=r"Expected a Game, got function"):
        sample_values(lambda coalitions: coalitions.sum(axis=1), 10, 1)  # type: ignore[arg-type]

"""The HTML of the figures of Shapley values: right numbers, safe text, the same content without a script."""

import json
import re
from itertools import permutations

import numpy as np
import pytest
from bs4 import BeautifulSoup

from shapbook import coalition_explorer as explorers
from shapbook.shapley import Game, additive_game, airport_game, exact_values, glove_game, table_game, voting_game

NOTES = {"Gloves": "A pair is worth 1.", "Runway": "The longest wish decides."}


@pytest.fixture(scope="module")
def figure() -> explorers.Explorer:
    games = {"Gloves": glove_game(1, 2), "Runway": airport_game([1, 2, 3, 8])}
    return explorers.coalition_explorer(games, NOTES)


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_the_data_hold_every_coalition_and_the_exact_values(figure: explorers.Explorer) -> None:
    root = BeautifulSoup(figure._repr_html_(), "html.parser").select_one(".shapbook-explorer")
    assert root["data-explorer"] == "coalition"
    gloves, runway = json.loads(root.select_one("script[type='application/json']").string)["games"]
    assert gloves["players"] == ["left 1", "right 1", "right 2"]
    assert gloves["values"] == [0, 0, 0, 1, 0, 1, 0, 1]
    assert gloves["exact"] == pytest.approx([2 / 3, 1 / 6, 1 / 6], abs=1e-6)
    assert runway["exact"] == pytest.approx([1 / 4, 1 / 4 + 1 / 3, 13 / 12, 73 / 12], abs=1e-6)
    assert runway["note"] == "The longest wish decides."


def test_the_page_stays_light(figure: explorers.Explorer) -> None:
    assert len(figure._repr_html_().encode()) < 20_000


def test_tables_hold_every_ordering_without_a_script(figure: explorers.Explorer) -> None:
    tables = BeautifulSoup(figure._repr_html_(), "html.parser").select("details[open]")
    assert [t.summary.get_text() for t in tables] == [
        "Gloves: all orderings as a table",
        "Runway: all orderings as a table",
    ]
    for table, count in zip(tables, (6, 24), strict=True):
        rows = [[c.get_text() for c in row.select("th, td")] for row in table.select("tbody tr")]
        assert len(rows) == count + 1
        assert len({row[0] for row in rows}) == count + 1
        numbers = np.array([[number(cell) for cell in row[1:]] for row in rows])
        assert rows[-1][0] == "mean: Shapley values"
        assert np.allclose(numbers[:-1].mean(axis=0), numbers[-1], atol=0.0006)
        assert np.allclose(numbers.sum(axis=1), numbers[0].sum(), atol=0.002)
    first = tables[0].select("tbody tr")[0]
    assert [c.get_text() for c in first.select("th, td")] == [
        "left 1 → right 1 → right 2",
        "0.000",
        "1.000",
        "0.000",
    ]
    assert "nobody 0.000, left 1 0.000, right 1 0.000, right 2 0.000, left 1 + right 1 1.000" in tables[0].p.get_text()


def test_exact_values_belong_to_the_rounded_game() -> None:
    values = np.random.default_rng(3).normal(size=8)
    shown = explorers.coalition_explorer({"a": table_game(values)}, {"a": "b"}).data["games"][0]
    contributions = [
        [
            shown["values"][sum(1 << j for j in o[: o.index(i) + 1])]
            - shown["values"][sum(1 << j for j in o[: o.index(i)])]
            for i in range(3)
        ]
        for o in permutations(range(3))
    ]
    assert np.allclose(np.mean(contributions, axis=0), shown["exact"], atol=1e-6)
    assert np.allclose(shown["values"], values, atol=1e-6)


@pytest.mark.parametrize(
    ("games", "notes", "words"),
    [
        ({}, {}, "a note for each game"),
        ({"a": glove_game(1, 1)}, {"b": "x"}, r"games \['a'\] and notes \['b'\]"),
        ({"a": glove_game(2, 3)}, {"a": "x"}, "has 5 players: expected 2 to 4"),
        ({"a": additive_game([1])}, {"a": "x"}, "has 1 players: expected 2 to 4"),
        ({"a": Game(2, lambda c: c.astype(float))}, {"a": "x"}, "has 2 outputs: choose one"),
    ],
)
def test_games_that_cannot_be_shown_are_refused(games: dict, notes: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        explorers.coalition_explorer(games, notes)


def test_text_cannot_break_out_of_the_page() -> None:
    evil = "</script><img src=x onerror=alert(1)>&"
    game = additive_game([1, 2], [evil, "b"])
    html = explorers.coalition_explorer({evil: game}, {evil: evil})._repr_html_()
    soup = BeautifulSoup(html, "html.parser")
    assert soup.img is None
    assert json.loads(soup.script.string)["games"][0]["players"][0] == evil
    assert len(re.findall("</script>", html)) == 1


SIZES = (16, 64, 256)
VOTE = voting_game([4, 4, 4, 2, 2, 1], 12, ["F", "G", "I", "B", "N", "L"])


def test_runs_are_estimates_of_the_exact_values_with_honest_errors() -> None:
    figure = explorers.convergence_explorer(VOTE, {"F": ["F"], "small": ["B", "N"], "L": ["L"]}, SIZES, 200, rng=1)
    assert figure.data["exact"] == pytest.approx([14 / 60, 18 / 60, 0], abs=1e-6)
    mean = np.array([run["mean"] for run in figure.data["runs"]])
    error = np.array([run["error"] for run in figure.data["runs"]])
    assert mean.shape == error.shape == (200, 3, 3)
    z = (mean - figure.data["exact"])[:, 2, :2] / error[:, 2, :2]
    assert abs(z.mean(axis=0)).max() < 4 / np.sqrt(200)  # a chance of 1 in 8,000 to fail
    assert 0.8 < z.std() < 1.2
    assert not mean[:, :, 2].any(), "a null player never adds anything"
    assert not error[:, :, 2].any()
    halving = error[:, 1:, :2].mean(axis=0) / error[:, :-1, :2].mean(axis=0)
    assert np.allclose(halving, 0.5, atol=0.03)


def test_larger_samples_continue_smaller_ones() -> None:
    groups = {"everybody": list(VOTE.players)} | {player: [player] for player in VOTE.players}

    def first_run(*sizes: int) -> dict[str, list[list[float]]]:
        return explorers.convergence_explorer(VOTE, groups, sizes, 1, rng=5).data["runs"][0]

    one, two = first_run(16, 32), first_run(16, 64)
    assert one["mean"][0] == two["mean"][0]
    assert one["error"][0] == two["error"][0]
    assert one["mean"][1] != two["mean"][1]
    assert one["mean"][0][0] == 1.0, "the values of all players sum to 1 in every sample"
    assert one["error"][0][0] == 0.0


def test_exact_values_can_be_handed_over() -> None:
    figure = explorers.convergence_explorer(VOTE, {"F": ["F"]}, SIZES, 1, rng=1, exact=[14 / 60])
    computed = explorers.convergence_explorer(VOTE, {"F": ["F"]}, SIZES, 1, rng=1)
    assert figure.data == computed.data
    assert figure.data["exact"][0] == round(float(exact_values(VOTE)[0]), 6)


def test_the_first_run_stands_in_a_table() -> None:
    figure = explorers.convergence_explorer(VOTE, {"F": ["F"], "L": ["L"]}, SIZES, 2, rng=1)
    root = BeautifulSoup(figure._repr_html_(), "html.parser").select_one("[data-explorer=convergence]")
    rows = [[c.get_text() for c in row.select("th, td")] for row in root.select("details[open] tr")]
    assert [row[0] for row in rows] == ["orderings", "16", "64", "256"]
    mean, error = (number(part) for part in rows[3][1].split(" ± "))
    assert mean == pytest.approx(figure.data["runs"][0]["mean"][2][0], abs=0.00051)
    assert error == pytest.approx(figure.data["runs"][0]["error"][2][0], abs=0.00051)
    assert "Exact values: F 0.233, L 0.000." in root.select_one("details p").get_text()


@pytest.mark.parametrize("sizes", [[], [1, 4], [16, 16], [64, 16]])
def test_sizes_that_make_no_slider_are_refused(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="increasing sizes of 2 or more"):
        explorers.convergence_explorer(VOTE, {"F": ["F"]}, sizes, 1, rng=1)


def test_unknown_players_and_no_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="No player 'X' in this game: its players are F, G, I, B, N, L"):
        explorers.convergence_explorer(VOTE, {"X": ["X"]}, SIZES, 1, rng=1)
    with pytest.raises(ValueError, match="at least one run"):
        explorers.convergence_explorer(VOTE, {"F": ["F"]}, SIZES, 0, rng=1)


@pytest.mark.parametrize(("value", "text"), [(-0.0001, "0.000"), (-1 / 6, "−0.167"), (2, "2.000")])
def test_numbers_read_well(value: float, text: str) -> None:
    assert explorers.decimals(value) == text

"""Bars that stand where they should, as high as the values, and a table that says the same."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from shapbook.comparisons import COLOURS, draw_matrix, draw_values, values_table
from shapbook.figures import INK, MUTED

ANSWERS = {"one": ([0.1, -0.2, 0.3], [0, 0, 0]), "other": ([0.4, 0.0, -0.1], [0.05, 0.02, 0.01])}


@pytest.fixture
def axis() -> Axes:
    _, axis = plt.subplots()
    yield axis
    plt.close("all")


def test_each_bar_is_as_high_as_its_value(axis: Axes) -> None:
    draw_values(axis, ANSWERS, ["ug", "gr", "ri"])
    heights = [bar.get_height() for bar in axis.patches]
    assert heights == [0.1, -0.2, 0.3, 0.4, 0.0, -0.1]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["ug", "gr", "ri"]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["one", "other"]


def test_the_bars_of_a_player_stand_side_by_side_around_its_place(axis: Axes) -> None:
    draw_values(axis, ANSWERS, ["ug", "gr", "ri"])
    middles = np.array([bar.get_x() + bar.get_width() / 2 for bar in axis.patches]).reshape(2, 3)
    np.testing.assert_allclose(middles.mean(axis=0), [0, 1, 2], atol=1e-12)
    right = [bar.get_x() + bar.get_width() for bar in axis.patches]
    assert all(right[k] < axis.patches[k + 3].get_x() for k in range(3)), "no overlap"


def test_error_bars_reach_one_standard_error_and_zeros_are_not_drawn(axis: Axes) -> None:
    draw_values(axis, ANSWERS, ["ug", "gr", "ri"])
    (lines,) = axis.collections
    ends = np.array([segment[:, 1] for segment in lines.get_segments()])
    np.testing.assert_allclose(ends, [[0.35, 0.45], [-0.02, 0.02], [-0.11, -0.09]])


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"short": ([1, 2], [0, 0])}, "short: expected 3 values and as many errors"),
        ({"no errors": ([1, 2, 3], [0.1])}, "got shapes"),
        ({str(k): ([1, 2, 3], [0, 0, 0]) for k in range(len(COLOURS) + 1)}, "At most 6 games"),
    ],
)
def test_wrong_answers_are_named(axis: Axes, answers: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        draw_values(axis, answers, ["ug", "gr", "ri"])


def test_the_table_gives_value_and_error_with_true_minus_signs() -> None:
    table = values_table(ANSWERS, ["ug", "gr", "ri"], digits=3)
    assert list(table.index) == ["one", "other"]
    assert table.loc["one", "gr"] == "−0.200 ± 0.000"
    assert table.loc["other", "ug"] == "+0.400 ± 0.050"


def test_the_table_names_a_wrong_answer() -> None:
    with pytest.raises(ValueError, match="short: expected 3 values and as many errors"):
        values_table({"short": ([1, 2], [0, 0])}, ["ug", "gr", "ri"])


def test_a_matrix_carries_its_numbers_where_they_belong(axis: Axes) -> None:
    image = draw_matrix(axis, [[0.0, -1.0], [0.5, 1.0]], ["a", "b"], (-1, 1), "RdBu_r", "+.1f")
    told = {text.get_position(): text.get_text() for text in axis.texts}
    assert told == {(0, 0): "+0.0", (1, 0): "−1.0", (0, 1): "+0.5", (1, 1): "+1.0"}
    assert image.get_clim() == (-1, 1)


def test_the_numbers_of_a_matrix_stand_out_from_their_colour(axis: Axes) -> None:
    # WCAG asks for a contrast ratio of 4.5; ours are large enough to read at 3
    levels = np.linspace(0, 1, 9).reshape(3, 3)
    image = draw_matrix(axis, levels, ["a", "b", "c"], (0, 1), "Blues")
    for text in axis.texts:
        column, row = text.get_position()
        lights = sorted(luminance(colour) for colour in (image.to_rgba(levels[row, column])[:3], text.get_color()))
        assert (lights[1] + 0.05) / (lights[0] + 0.05) > 3
    # a dark page turns INK and MUTED light, and the cells stay as they are
    assert not {text.get_color() for text in axis.texts} & {INK, MUTED}


def luminance(colour: object) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def test_a_matrix_that_is_not_square_is_named(axis: Axes) -> None:
    with pytest.raises(ValueError, match=r"shape \(2, 2\) for 2 labels, got \(2, 3\)"):
        draw_matrix(axis, np.zeros((2, 3)), ["a", "b"], (0, 1), "Blues")

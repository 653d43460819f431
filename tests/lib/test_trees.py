"""Boosted trees: read, followed and drawn, against XGBoost's own predictions, leaves and covers."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from xgboost import XGBRegressor

from shapbook.figures import INK, MUTED, ORANGE, PAPER
from shapbook.tree_drawings import TreeDrawing, draw_tree, without_font_warnings
from shapbook.trees import Node, base_score, leaf_values, path_text, read_tree, read_trees

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(0.5, 0.4, (600, 3)).astype("f4"), columns=["ug", "gr", "extra"])
    table.loc[rng.random(600) < 0.2, "ug"] = np.nan
    return table


@pytest.fixture(scope="module")
def model(table: pd.DataFrame) -> XGBRegressor:
    redshift = table["gr"] ** 2 + table["ug"].fillna(2.0) * table["extra"]
    return XGBRegressor(n_estimators=20, max_depth=5, tree_method="exact", base_score=0.5).fit(table, redshift)


def splits(node: Node) -> Iterator[Node]:
    if not node.is_leaf:
        yield node
        yield from splits(node.yes)
        yield from splits(node.no)


def prediction(model: XGBRegressor, row: pd.Series) -> float:
    return leaf_values(model, row).sum() + base_score(model)


def test_leaves_and_base_score_add_up_to_the_prediction(model: XGBRegressor, table: pd.DataFrame) -> None:
    sums = [prediction(model, row) for _, row in table.iloc[:60].iterrows()]
    assert table["ug"].iloc[:60].isna().sum() > 5
    np.testing.assert_allclose(sums, model.predict(table.iloc[:60]), atol=2e-6)


@pytest.mark.parametrize("side", [-1, 0, 1])
def test_objects_on_and_beside_a_threshold_go_where_the_model_sends_them(
    model: XGBRegressor, table: pd.DataFrame, side: int
) -> None:
    rows = []
    for node in list(splits(read_tree(model)))[:20]:
        threshold = np.float32(node.threshold)
        row = table.iloc[7].copy()
        row[node.feature] = threshold if side == 0 else np.nextafter(threshold, np.float32(side * np.inf))
        rows.append(row)
    rows = pd.DataFrame(rows)
    np.testing.assert_allclose([prediction(model, r) for _, r in rows.iterrows()], model.predict(rows), atol=2e-6)


def test_a_double_is_rounded_to_single_precision_before_it_is_compared(
    model: XGBRegressor, table: pd.DataFrame
) -> None:
    root = read_tree(model)
    threshold = float(np.float32(root.threshold))
    below = table.iloc[[7]].astype(float).assign(**{root.feature: threshold - 1e-12})
    assert below[root.feature].item() < threshold
    assert root.step(below.iloc[0]) is root.no
    np.testing.assert_allclose(prediction(model, below.iloc[0]), model.predict(below)[0], atol=2e-6)


def test_the_path_ends_in_the_leaf_that_xgboost_names(model: XGBRegressor, table: pd.DataFrame) -> None:
    leaves = model.apply(table.iloc[:200])[:, 0]
    root = read_tree(model)
    ends = [root.path(row)[-1].value for _, row in table.iloc[:200].iterrows()]
    by_leaf = {leaf: {end for end, at in zip(ends, leaves, strict=True) if at == leaf} for leaf in leaves}
    assert len(by_leaf) > 5
    assert all(len(values) == 1 for values in by_leaf.values())


def test_cover_counts_the_training_objects_of_every_node(model: XGBRegressor, table: pd.DataFrame) -> None:
    root = read_tree(model)
    passed = [node for _, row in table.iterrows() for node in map(id, root.path(row))]
    assert root.cover == len(table)
    assert all(passed.count(id(node)) == node.cover for node in [*splits(root), *root.leaves()])


def test_an_unfit_model_or_tree_is_refused(model: XGBRegressor, table: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="No tree 20: the model has 20, numbered 0 to 19"):
        read_tree(model, 20)
    with pytest.raises(TypeError, match=r"fitted xgboost\.XGBRegressor, got int"):
        read_trees(3)
    with pytest.raises(ValueError, match="lacks the feature"):
        read_tree(model).path({"other": 1.0})
    linear = XGBRegressor(booster="gblinear", n_estimators=2).fit(table.fillna(0), table["gr"])
    with pytest.raises(ValueError, match="booster='gbtree', got 'gblinear'"):
        base_score(linear)


def test_the_path_in_words_shows_on_which_side_of_a_threshold_a_value_lies() -> None:
    leaves = Node(cover=1, value=-0.25), Node(cover=1, value=0.5)
    root = Node(2, None, "gr", 0.33088, 1.0, *leaves, leaves[0])
    assert path_text(root, {"gr": 0.3312}) == "g − r = 0.3312 mag is not below 0.3309 mag: no.\nLeaf: +0.500."
    assert path_text(root, {"gr": -1.0}) == "g − r = −1.00 mag is below 0.33 mag: yes.\nLeaf: −0.250."
    assert path_text(root, {"gr": np.nan}).startswith("g − r is missing: yes, the branch for missing values.")


def drawn(drawing: TreeDrawing) -> ElementTree.Element:
    return ElementTree.fromstring(drawing._repr_svg_())


def texts(drawing: TreeDrawing) -> list[str]:
    return [text.text.strip() for text in drawn(drawing).iter(f"{SVG}text")]


ALONE = """
import numpy as np
from shapbook.tree_drawings import draw_tree
from xgboost import XGBRegressor
print(draw_tree(XGBRegressor(n_estimators=1).fit(np.eye(4), np.arange(4))).svg)
"""


def test_a_tree_is_drawn_without_any_program_on_the_path_and_without_a_word_on_stderr() -> None:
    bare = {name: value for name, value in os.environ.items() if name != "PATH"}
    ran = subprocess.run([sys.executable, "-c", ALONE], env=bare | {"PATH": ""}, capture_output=True, check=True)
    assert ElementTree.fromstring(ran.stdout.decode()).tag == f"{SVG}svg"
    assert ran.stderr == b""


def test_only_warnings_about_fonts_are_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    with without_font_warnings():
        os.write(2, b'Fontconfig warning: "x.conf", line 6: unknown element\nsomething else\n')
    assert capfd.readouterr().err == "something else\n"


def test_drawing_leaves_the_environment_as_it_was(model: XGBRegressor, monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in ({}, {"FONTCONFIG_FILE": "mine"}):
        monkeypatch.delenv("FONTCONFIG_FILE", raising=False)
        os.environ.update(setting)
        before = dict(os.environ)
        draw_tree(model, max_depth=1)
        assert dict(os.environ) == before


def test_the_whole_tree_shows_every_split_and_leaf(model: XGBRegressor) -> None:
    root = read_tree(model)
    labels = texts(draw_tree(model, max_depth=None))
    name = {"ug": "u − g < {} mag", "gr": "g − r < {} mag", "extra": "extra < {}"}
    wanted = [name[n.feature].format(f"{n.threshold:.2f}".replace("-", "−")) for n in splits(root)]
    assert sorted(label for label in labels if "<" in label) == sorted(wanted)
    leaves = [f"{leaf.value:+.3f}".replace("-", "−") for leaf in root.leaves()]
    assert sorted(label for label in labels if re.match(r"[+−]", label)) == sorted(leaves)
    assert "600 galaxies" in labels
    single = [leaf for leaf in root.leaves() if leaf.cover == 1]
    assert single
    assert labels.count("1 galaxy") == len(single)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_cut_tree_accounts_for_every_leaf(model: XGBRegressor, table: pd.DataFrame, depth: int) -> None:
    for galaxy in (None, table.iloc[3]):
        labels = texts(draw_tree(model, galaxy=galaxy, max_depth=depth))
        hidden = sum(int(label.split()[1]) for label in labels if label.startswith("…"))
        shown = sum(bool(re.fullmatch(r"[+−]\d\.\d{3}", label)) for label in labels)
        assert hidden > 0
        assert hidden + shown == len(list(read_tree(model).leaves()))


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_cut_tree_shows_as_many_levels_of_splits_as_asked(model: XGBRegressor, depth: int) -> None:
    def above(node: Node, levels: int) -> int:
        return 0 if node.is_leaf or not levels else 1 + above(node.yes, levels - 1) + above(node.no, levels - 1)

    questions = [label for label in texts(draw_tree(model, max_depth=depth)) if "<" in label]
    assert len(questions) == above(read_tree(model), depth)


def test_the_path_is_drawn_to_its_leaf_thick_and_bold(model: XGBRegressor, table: pd.DataFrame) -> None:
    galaxy = table.iloc[3]
    path = read_tree(model).path(galaxy)
    svg = drawn(draw_tree(model, galaxy=galaxy, max_depth=1))
    bold = [text.text for text in svg.iter(f"{SVG}text") if text.get("font-weight") == "bold"]
    assert f"{path[-1].value:+.3f}".replace("-", "−") in bold
    thick = [p for p in svg.iter(f"{SVG}path") if p.get("stroke") == ORANGE and float(p.get("stroke-width")) >= 3]
    assert len(thick) == len(path) + len(path) - 1
    assert not [p for p in drawn(draw_tree(model)).iter(f"{SVG}path") if p.get("stroke") == ORANGE]


def test_the_drawing_has_an_opaque_paper_and_inks_that_a_dark_page_can_turn(model: XGBRegressor) -> None:
    svg = drawn(draw_tree(model))
    paper = svg.find(f"{SVG}g[@id='patch_paper']/{SVG}path")
    assert paper.get("fill") == PAPER
    left, top, width, height = map(float, svg.get("viewBox").split())
    assert paper.get("d") == f"M{left},{top}h{width}v{height}h{-width}Z"
    assert {text.get("fill") for text in svg.iter(f"{SVG}text")} <= {INK, MUTED}
    strokes = {p.get("stroke") for p in svg.iter() if p.get("stroke")}
    assert strokes == {MUTED}


def test_the_path_is_told_in_the_drawing(model: XGBRegressor, table: pd.DataFrame) -> None:
    drawing = draw_tree(model, galaxy=table.iloc[3])
    assert drawing.text == repr(drawing) == path_text(read_tree(model), table.iloc[3])
    assert drawn(drawing).find(f"{SVG}title").text == drawing.text
    assert draw_tree(model).text == ""
    assert len(list(drawn(drawing).iter(f"{SVG}title"))) == 1


def test_a_drawing_without_depth_is_refused(model: XGBRegressor) -> None:
    with pytest.raises(ValueError, match="max_depth is 0: expected at least 1, or None"):
        draw_tree(model, max_depth=0)

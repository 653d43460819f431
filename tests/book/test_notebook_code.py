"""A notebook has all the code it needs to run, and none that only the build understands."""

import sys

import pytest
from tested_pages import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from notebook_code import MARK, Cell, CodeError, cells_needed, names_lost

HIDDEN = frozenset({"remove-cell"})


def page(*sources: str | tuple[str, frozenset[str]]) -> list[Cell]:
    """Cells in order; a pair gives the tags of a cell as well."""
    told = [(source, frozenset()) if isinstance(source, str) else source for source in sources]
    return [Cell(i, 10 * i + 1, source, tags) for i, (source, tags) in enumerate(told)]


def test_shown_cells_stay_as_they_are() -> None:
    cells = page("import numpy as np  # of course", "%timeit -n 1 np.zeros(3)\n!ls", "np.zeros(3);")
    assert cells_needed(cells) == {cell.index: cell.source for cell in cells}


def test_numbers_for_the_text_and_claims_vanish() -> None:
    claims = 'from myst_nb import glue\nglue("x", f"{x}", display=False)\nassert x == 2, "two"\nrounded = round(x)'
    assert list(cells_needed(page("x = 2", (claims, HIDDEN), "print(x)"))) == [0, 2]


def test_a_helper_that_glues_vanishes_with_its_calls() -> None:
    helper = 'def put(name, value):\n    glue(name, str(value))\n\n\ny = 1\nfor i in range(2):\n    put("y", i)'
    kept = cells_needed(page((helper, HIDDEN), ('put("z", 3)\nz = 3', HIDDEN), "print(y, z)"))
    assert kept == {0: f"{MARK}\ny = 1", 1: f"{MARK}\nz = 3", 2: "print(y, z)"}


@pytest.mark.parametrize(
    ("hidden", "later", "needed"),
    [
        ("x = 1", "print(x)", True),
        ("x = 1", "x = 2\nprint(x)", False),
        ("x = 1", "for x in range(3):\n    print(x)", False),
        ("x = 1", "print([x for x in range(3)])", False),
        ("x = 1", "def f(x):\n    return x", False),
        ("x = 1", "def f():\n    return x", True),
        ("x = 1", "with open('a') as x:\n    x.read()", False),
        ("x = 1", "if seen:\n    print(x)", True),
        ("x = 1", "x += 1", True),
        ("x = 1", "def f():\n    x = 0\n    x += 1\n    return x", False),
        ("import x.y", "x.y.z()", True),
        ("x, (y, *z) = 1, (2, 3)", "print(z)", True),
        ("table['new'] = 1", "print(table)", True),
        ("table.attribute = 1", "print(table)", True),
        ("table.sort_values()", "print(table)", True),
        ("model.fit(table)", "print(table)", False),
        ("y = table.mean()", "print(table)", False),
    ],
)
def test_hidden_code_stays_if_a_later_cell_uses_what_it_does(hidden: str, later: str, needed: bool) -> None:
    assert (1 in cells_needed(page("seen = table = 0", (hidden, HIDDEN), later))) is needed


def test_need_reaches_through_hidden_cells() -> None:
    kept = cells_needed(page(("x = 1", HIDDEN), ("y = x + 1", HIDDEN), ("w = x", HIDDEN), "print(y)"))
    assert list(kept) == [0, 1, 3]


def test_hidden_draws_stay_if_others_follow() -> None:
    draw = "def noise(n):\n    return rng.normal(size=n)"
    hidden = ("spread = noise(9).std()", HIDDEN)
    assert list(cells_needed(page("rng = 1", draw, hidden, "print(rng.normal())"))) == [0, 1, 2, 3]
    assert list(cells_needed(page("rng = 1", draw, hidden, "print(noise(2))"))) == [0, 1, 2, 3]
    assert list(cells_needed(page("rng = 1", draw, hidden, "print(1)"))) == [0, 1, 3]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1\nglue('x', x)", "line 1: a shown cell uses `glue`, which notebooks lack; tag it `remove-cell`"),
        ("x = = 1", "line 1: the cell is not Python: invalid syntax"),
    ],
)
def test_code_that_no_notebook_can_hold_is_refused(code: str, message: str) -> None:
    with pytest.raises(CodeError, match=f"^{message}$"):
        cells_needed(page(code))


@pytest.mark.parametrize(
    ("call", "interactive"),
    [
        ("shap.plots.force(base, values)", True),
        ("shap.force_plot(base, values, matplotlib=False)", True),
        ("shap.plots.force(base, values, matplotlib=True)", False),
        ("shap.plots.waterfall(values)", False),
    ],
)
def test_interactive_force_plots_bring_their_script(call: str, interactive: bool) -> None:
    assert cells_needed(page(call)) == {0: f"shap.initjs()\n{call}" if interactive else call}


STARTER, CHECK = frozenset({"starter"}), frozenset({"check"})


def test_what_only_a_solution_defines_is_noticed() -> None:
    start = page("import numpy", ("def f():\n    raise NotImplementedError", STARTER), ("check(f)", CHECK))
    solution = Cell(3, 31, "def f():\n    return 1\n\n\nbest = f()", in_solution=True)
    problem = "line 41: defined only in a solution or a hidden cell: "
    for later, lost in (("best", ["`best`"]), ("f()", ["`f`"]), ("best = 2\nbest", []), ("numpy", [])):
        cells = [*start, solution, Cell(4, 41, later)]
        kept = {cell.index: cell.source for cell in cells if not cell.in_solution}
        assert names_lost(cells, kept) == [problem + name for name in lost], later


def test_what_is_taken_out_of_a_hidden_cell_is_noticed() -> None:
    cells = page(("for i in range(3):\n    glue('i', i)\nx = 1", HIDDEN), "print(x, i)")
    assert names_lost(cells, cells_needed(cells)) == ["line 11: defined only in a solution or a hidden cell: `i`"]

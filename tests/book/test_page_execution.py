"""Pages run side by side as far as processors and memory go, and what they compute does not depend on that."""

import asyncio
import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import own_loop
import psutil
import pytest
import tested_pages  # noqa: F401 (it makes book/_ext importable)
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

import execution_cache
import machine
import page_execution

ROOT = page_execution.ROOT


@dataclass(frozen=True)
class Fake:
    """A page that only takes memory for a while; `name` tells those alike apart."""

    name: str
    memory: float
    turns: int = 1


class Run:
    """What ran side by side with what."""

    def __init__(self, pages: list[Fake], jobs: int, memory: float) -> None:
        self.running: set[Fake] = set()
        self.moments: list[frozenset[Fake]] = []
        self.started: list[Fake] = []
        self.results = own_loop.run(page_execution.side_by_side(pages, jobs, memory, self.one))

    async def one(self, page: Fake) -> str:
        self.started.append(page)
        self.running.add(page)
        self.moments.append(frozenset(self.running))
        for _ in range(page.turns):
            await asyncio.sleep(0)
        self.running.remove(page)
        return page.name


def fakes(sizes: list[tuple[int, int]]) -> list[Fake]:
    return [Fake(str(number), memory, turns) for number, (memory, turns) in enumerate(sizes)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 12), st.integers(1, 5)), max_size=9), st.integers(1, 4), st.integers(0, 16))
def test_pages_together_fit_into_the_memory(sizes: list[tuple[int, int]], jobs: int, memory: int) -> None:
    run = Run(fakes(sizes), jobs, memory)
    assert sorted(run.results) == sorted(page.name for page in fakes(sizes))
    for moment in run.moments:
        assert len(moment) <= jobs
        assert len(moment) == 1 or sum(page.memory for page in moment) <= memory


def test_processors_are_used_when_the_memory_suffices() -> None:
    assert max(map(len, Run(fakes([(1, 3)] * 6), 3, 3).moments)) == 3
    assert max(map(len, Run(fakes([(1, 3)] * 6), 3, 2).moments)) == 2


def test_a_page_that_does_not_fit_lets_smaller_ones_pass_and_runs_in_the_end() -> None:
    run = Run([Fake("long", 2, 9), Fake("large", 3), Fake("small", 1), Fake("small too", 1)], 2, 4)
    assert [page.name for page in run.started] == ["long", "small", "small too", "large"]


def test_a_page_larger_than_the_memory_runs_alone() -> None:
    run = Run([Fake("huge", 99, 3), Fake("small", 1)], 2, 4)
    assert run.moments == [{Fake("huge", 99, 3)}, {Fake("small", 1)}]


@pytest.mark.parametrize(("told", "expected"), [("3 GB", 3e9), ("1.5 GB", 1.5e9), (None, page_execution.USUAL_MEMORY)])
def test_a_page_declares_its_peak(told: str | None, expected: float) -> None:
    notebook = new_notebook(metadata={"peak_memory": told} if told else {})
    assert page_execution.declared_memory(ROOT / "book" / "intro.md", notebook) == expected


@pytest.mark.parametrize("told", ["3", "3 MB", "many GB", "-1 GB", 3])
def test_a_peak_in_other_words_is_refused(told: str | int) -> None:
    with pytest.raises(page_execution.PageError, match=r"book/intro\.md: peak_memory is .*; write it like"):
        page_execution.declared_memory(ROOT / "book" / "intro.md", new_notebook(metadata={"peak_memory": told}))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("**Time:** 45 minutes to read, 55 seconds to run.", 55),
        ("**Time:** 5 minutes to read, under 1 second to run.", 1),
        ("It takes 55 seconds to run.", float("inf")),
    ],
)
def test_a_page_tells_how_long_it_runs(text: str, seconds: float) -> None:
    assert page_execution.told_seconds(f"# Title\n\n{text}\n") == seconds


def test_longest_page_is_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its last execution; else by what it tells; what tells nothing may be the longest."""
    told = {"short": " 3 seconds", "long": " 70 seconds", "silent": "", "measured": " 90 seconds"}
    pages = {name: tmp_path / f"{name}.md" for name in told}
    for name, path in pages.items():
        time = f"**Time:** 5 minutes to read,{told[name]} to run." if told[name] else ""
        code = f'```{{code-cell}} ipython3\n"{name}"\n```'
        path.write_text(f"---\nkernelspec: {{display_name: Python 3, name: python3}}\n---\n# T\n\n{time}\n\n{code}\n")
    cache = get_cache(str(tmp_path / "cache"))
    measured = page_execution.read_page(pages["measured"])
    measured.cells.append(new_code_cell("an earlier version of the page"))
    page_execution.keep(cache, CacheBundleIn(measured, str(pages["measured"]), data={"execution_seconds": 9.0}))
    monkeypatch.setattr(page_execution, "pages_in_contents", lambda: list(pages.values()))
    names = [task.page.stem for task in page_execution.uncached_pages(cache)]
    assert names == ["silent", "long", "measured", "short"]


def test_no_page_took_more_memory_than_it_declares() -> None:
    """As the cache recorded it; pages that another program executed tell nothing."""
    peaks = {
        record.uri: record.data["peak_memory"]
        for record in get_cache(str(execution_cache.CACHE)).list_cache_records()
        if "peak_memory" in record.data
    }
    pages = [page for page in page_execution.pages_in_contents() if str(page) in peaks]
    declared = {page: page_execution.declared_memory(page, page_execution.read_page(page)) for page in pages}
    assert {page.stem: peaks[str(page)] for page in pages if peaks[str(page)] > declared[page]} == {}


def test_a_page_computes_on_one_thread_and_its_memory_is_seen() -> None:
    """Its own and that of what it starts: 300 MB each, and the start of Python."""
    code = """\
import os, subprocess, sys, time
mine = b"x" * 300_000_000
child = subprocess.Popen([sys.executable, "-c", "import time; x = b'x' * 300_000_000; time.sleep(60)"])
time.sleep(1.6)
child.kill()
print([os.environ[name] for name in %r])
"""
    names = page_execution.THREAD_LIMITS
    notebook = new_notebook(cells=[new_code_cell(code % (names,))])
    _, peak = own_loop.run(page_execution.execute_page(ROOT / "book" / "intro.md", notebook))
    assert notebook.cells[0].outputs[0].text.strip() == str(["1"] * len(names))
    assert 600e6 < peak < 1200e6


JUPYTER_LEAVES_SOCKETS = pytest.mark.filterwarnings(  # of kernels that did not come up, to the garbage collector
    "ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"
)
DIES_AT_FIRST = """\
import os, pathlib, sys
starts = pathlib.Path(__file__).with_name("starts")
if "ipykernel_launcher" in " ".join(sys.orig_argv):
    starts.touch()
    starts.write_text(starts.read_text() + "x")
    if len(starts.read_text()) <= %d:
        os._exit(1)
"""


@pytest.fixture
def first_kernels_die(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], NotebookNode]]:
    """Execute a page in a Python whose first kernels die before they answer, and return its notebook."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def execute(deaths: int) -> NotebookNode:
        tmp_path.joinpath("sitecustomize.py").write_text(DIES_AT_FIRST % deaths, encoding="utf-8")
        notebook = new_notebook(cells=[new_code_cell("1 + 1")], metadata={"source_map": [7]})
        own_loop.run(page_execution.execute_page(ROOT / "book" / "intro.md", notebook))
        return notebook

    yield execute
    gc.collect()


@JUPYTER_LEAVES_SOCKETS
def test_a_kernel_that_does_not_come_up_is_started_again(
    tmp_path: Path, first_kernels_die: Callable[[int], NotebookNode]
) -> None:
    notebook = first_kernels_die(page_execution.STARTS - 1)
    assert notebook.cells[0].outputs[0].data["text/plain"] == "2"
    assert len(tmp_path.joinpath("starts").read_text()) == page_execution.STARTS


@JUPYTER_LEAVES_SOCKETS
def test_a_page_whose_kernels_never_come_up_is_named(
    tmp_path: Path, first_kernels_die: Callable[[int], NotebookNode]
) -> None:
    with pytest.raises(RuntimeError, match="Kernel died before") as caught:
        first_kernels_die(99)
    assert len(tmp_path.joinpath("starts").read_text()) == page_execution.STARTS
    notebook = new_notebook(cells=[new_code_cell("1 + 1")], metadata={"source_map": [7]})
    assert str(page_execution.failure_of(ROOT / "book" / "intro.md", notebook, caught.value)) == (
        "book/intro.md, cell at line 7:\n    1 + 1\n"
        "  It could not be executed (RuntimeError: Kernel died before replying to kernel_info)."
    )


def test_a_page_leaves_no_trace_in_its_users_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    notebook = new_notebook(cells=[new_code_cell("1 + 1"), new_code_cell("In[1], Out[1]")])
    own_loop.run(page_execution.execute_page(ROOT / "book" / "intro.md", notebook))
    assert notebook.cells[1].outputs[0].data["text/plain"] == "('1 + 1', 2)"
    assert not list(tmp_path.rglob("history*"))


def test_the_cell_is_named_that_killed_its_kernel_at_once() -> None:
    """Before the kernel could say that it had begun, and not the cell before it."""
    cells = [new_code_cell("1 + 1"), new_code_cell("import os; os.kill(os.getpid(), 9)"), new_code_cell("2")]
    notebook = new_notebook(cells=cells, metadata={"source_map": [7, 9, 11]})
    path = ROOT / "book" / "intro.md"
    with pytest.raises(page_execution.DeadKernelError) as caught:
        own_loop.run(page_execution.execute_page(path, notebook))
    assert page_execution.failure_of(path, notebook, caught.value).line == 9


@pytest.mark.parametrize("error", [psutil.NoSuchProcess(1), psutil.AccessDenied(1), FileNotFoundError("/proc/1/stat")])
@pytest.mark.parametrize("look", ["children", "memory_info"])
def test_a_process_that_ends_during_a_look_takes_no_memory(
    monkeypatch: pytest.MonkeyPatch, error: Exception, look: str
) -> None:
    assert machine.memory_of(os.getpid()) > 10e6

    def ended(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(psutil.Process, look, ended)
    assert machine.memory_of(os.getpid()) == 0


def test_the_bound_of_a_container_counts(tmp_path: Path) -> None:
    free = machine.available_memory(tmp_path)
    assert 0 < free <= machine.memory()
    for bound, taken, expected in (("3000", "1000", 2000), ("1000", "3000", 0)):
        (tmp_path / "memory.max").write_text(f"{bound}\n", encoding="utf-8")
        (tmp_path / "memory.current").write_text(f"{taken}\n", encoding="utf-8")
        assert machine.available_memory(tmp_path) == expected
    (tmp_path / "memory.max").write_text("max\n", encoding="utf-8")
    assert machine.available_memory(tmp_path) > 0.5 * free

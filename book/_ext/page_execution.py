"""Execute the pages side by side and keep their outputs in the cache that the site's build reads."""

import asyncio
import errno
import os
import re
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.main import JupyterCacheBase
from jupyter_client.manager import AsyncKernelManager, start_new_async_kernel
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from sqlalchemy.exc import SQLAlchemyError

from execution_cache import CACHE, ROOT, with_digest
from execution_record import RECORD, drop, forget_unrecorded, record_of
from machine import available_memory, memory_of

TERMINAL_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
THREAD_LIMITS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
TIMEOUT = 300
STARTS = 3
# A kernel warns that its loopback socket is not encrypted, and writes what it runs into its user's history.
QUIET = ["--log-level=ERROR", "--HistoryManager.hist_file=:memory:"]
LOOK_EVERY = 0.5  # seconds from one look at a page's memory to the next
DECLARATION = re.compile(r"(\d+(?:\.\d+)?) GB")
TIME_TOLD = re.compile(r"\*\*Time:\*\* .* (\d+) seconds? to run\.")
USUAL_MEMORY = 1_500_000_000  # what a page may take that declares nothing

Result = TypeVar("Result")


class Sized(Protocol):
    """Something that takes memory while it runs."""

    @property
    def memory(self) -> float: ...


Thing = TypeVar("Thing", bound=Sized)


@dataclass(frozen=True)
class Failure:
    """Why a page could not be executed: the page, the line of the cell in its source, and the reason."""

    page: Path
    line: int
    cell: str
    reason: str

    def __str__(self) -> str:
        source = "\n".join(f"    {line}" for line in self.cell.splitlines()[:12])
        return f"{self.page.relative_to(ROOT)}, cell at line {self.line}:\n{source}\n  {self.reason}"


def pages_in_contents() -> list[Path]:
    """Return the source files that the table of contents names, in its order."""
    contents = yaml.safe_load(ROOT.joinpath("_toc.yml").read_text(encoding="utf-8"))

    def names(node: dict) -> Iterable[str]:
        yield from (node[key] for key in ("root", "file") if key in node)
        for child in [*node.get("parts", []), *node.get("chapters", []), *node.get("sections", [])]:
            yield from names(child)

    return [ROOT / f"{name}.md" for name in names(contents)]


def read_page(path: Path) -> NotebookNode:
    """Read a page as the notebook that the site's build will look up in the cache."""
    text = with_digest(path.read_text(encoding="utf-8"))
    return read_myst_markdown_notebook(text, config=MdParserConfig(), add_source_map=True)


def sound_cache(say: Callable[[str], None]) -> JupyterCacheBase:
    """Return the cache of outputs; one whose register cannot be read starts anew."""
    try:
        cache = get_cache(str(CACHE))
        cache.list_cache_records()
    except (SQLAlchemyError, RuntimeError) as error:
        say(f"The cache of outputs cannot be read ({type(error).__name__}), so every page is executed anew.")
        shutil.rmtree(CACHE)
        cache = get_cache(str(CACHE))
    return cache


def cached(cache: JupyterCacheBase, notebook: NotebookNode) -> bool:
    """Tell whether a page's outputs are in the cache; half of them, left by a killed build, is thrown out."""
    try:
        record = cache.match_cache_notebook(notebook)
    except KeyError:
        return False
    try:
        cache.get_cache_bundle(record.pk)
    except (KeyError, ValueError):
        drop(cache, record)
        return False
    return True


def keep(cache: JupyterCacheBase, bundle: CacheBundleIn) -> None:
    """Write a page's outputs into the cache; a register that cannot be written, on a full disk, is named."""
    try:
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    except (SQLAlchemyError, RuntimeError) as error:
        refused = error.__cause__ if isinstance(error.__cause__, SQLAlchemyError) else error
        raise OSError(errno.EIO, str(getattr(refused, "orig", refused)), str(CACHE / "global.db")) from error


class PageError(ValueError):
    """A page says something that cannot be understood."""


@dataclass(frozen=True)
class Task:
    """A page to execute, and the most memory that it takes, in bytes."""

    page: Path
    notebook: NotebookNode
    memory: int


def declared_memory(page: Path, notebook: NotebookNode) -> int:
    """Return the bytes that a page declares in its front matter (`peak_memory: 3 GB`), or the usual ones."""
    told = notebook.metadata.get("peak_memory")
    if told is None:
        return USUAL_MEMORY
    match = DECLARATION.fullmatch(str(told))
    if not match:
        msg = f"{page.relative_to(ROOT)}: peak_memory is {told!r}; write it like `peak_memory: 3 GB`."
        raise PageError(msg)
    return int(float(match[1]) * 1e9)


def told_seconds(text: str) -> float:
    """Return how long a page says that it takes to run; infinity if it does not say."""
    match = TIME_TOLD.search(text)
    return float(match[1]) if match else float("inf")


def uncached_pages(cache: JupyterCacheBase) -> list[Task]:
    """Return the pages with code whose outputs the cache lacks, the longest first: by their last execution, if any."""
    seconds = {r.uri: r.data.get("execution_seconds", 0.0) for r in cache.list_cache_records()}
    missing = []
    for path in pages_in_contents():
        text = path.read_text(encoding="utf-8")
        if "```{code-cell}" not in text:
            continue
        seconds.setdefault(str(path), told_seconds(text))
        notebook = read_page(path)
        memory = declared_memory(path, notebook)
        if not cached(cache, notebook):
            missing.append(Task(path, notebook, memory))
    return sorted(missing, key=lambda task: -seconds[str(task.page)])


def failure_of(page: Path, notebook: NotebookNode, error: Exception) -> Failure:
    code = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    begun = [i for i in code if notebook.cells[i].get("execution_count") is not None]
    failed = next(
        (i for i in code if any(o.output_type == "error" for o in notebook.cells[i].get("outputs", []))), None
    )
    index = failed if failed is not None else (begun[-1] if begun else code[0])
    match error:
        case CellExecutionError():
            reason = f"{error.ename}: {TERMINAL_COLOURS.sub('', error.evalue)}".removesuffix(": ")
        case CellTimeoutError():
            reason = f"It ran longer than {TIMEOUT} s and was stopped."
        case DeadKernelError():
            reason = f"Its kernel died ({type(error).__name__}); a likely cause is too little memory."
        case _:
            reason = f"It could not be executed ({type(error).__name__}: {error})."
    line = notebook.metadata["source_map"][index]
    return Failure(page, line, notebook.cells[index].source, reason)


async def started_kernel(folder: Path, chances: int = STARTS) -> AsyncKernelManager:
    """Start a kernel in a folder; one that does not come up, as when another program took its port, is started again.

    However many pages are executed at a time, each computes on one thread: sums over several round differently.
    """
    try:
        manager, client = await start_new_async_kernel(
            kernel_name="python3",
            cwd=str(folder),
            env=os.environ | dict.fromkeys(THREAD_LIMITS, "1"),
            extra_arguments=QUIET,
        )
    except RuntimeError:
        if chances == 1:
            raise
        return await started_kernel(folder, chances - 1)
    client.stop_channels()
    return manager


def note_begin(cell: NotebookNode, cell_index: int) -> None:
    """Mark a cell that is handed to its kernel, which may die before it says so itself."""
    cell.execution_count = 0


async def execute_page(path: Path, notebook: NotebookNode) -> tuple[float, int]:
    """Execute a page's notebook in place, in the page's folder, and return the seconds and the bytes that it took."""
    start = time.perf_counter()
    manager = await started_kernel(path.parent)
    client = NotebookClient(
        notebook,
        km=manager,
        timeout=TIMEOUT,
        record_timing=False,  # it would be written into the cells, which the cache compares
        on_cell_execute=note_begin,
        shutdown_kernel="immediate",  # all outputs are here; one that is asked to end takes a second or two
    )
    execution = asyncio.create_task(client.async_execute(cleanup_kc=True))
    kernel, peak = manager.provisioner.pid, 0
    while not execution.done():
        await asyncio.wait([execution], timeout=LOOK_EVERY)
        peak = max(peak, memory_of(kernel))
    await execution
    return time.perf_counter() - start, peak


async def side_by_side(
    things: Sequence[Thing], jobs: int, memory: float, run: Callable[[Thing], Awaitable[Result]]
) -> list[Result]:
    """Run things in their order, at most `jobs` at a time and no more than fit into the memory together.

    What does not fit waits and lets smaller things pass; it runs when enough has ended, if need be alone.
    """
    waiting: list[Thing] = list(things)
    running: dict[asyncio.Task[Result], Thing] = {}
    results: list[Result] = []
    while waiting or running:
        for thing in list(waiting):
            fits = thing.memory + sum(other.memory for other in running.values()) <= memory
            if len(running) < jobs and (fits or not running):
                waiting.remove(thing)
                running[asyncio.ensure_future(run(thing))] = thing
        ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            del running[task]
            results.append(task.result())
    return results


async def execute_pages(jobs: int, say: Callable[[str], None]) -> list[Failure]:
    """Execute every page whose outputs are not cached, `jobs` at a time, and return what failed."""
    cache = sound_cache(say)
    forget_unrecorded(cache)
    missing = uncached_pages(cache)
    left, times = len(missing), []

    async def one(task: Task) -> Failure | None:
        nonlocal left
        name = task.page.relative_to(ROOT)
        try:
            seconds, peak = await execute_page(task.page, task.notebook)
        except Exception as error:  # whatever it is, the other pages go on
            left -= 1
            say(f"  failed   {name} ({left} left)")
            return failure_of(task.page, task.notebook, error)
        data = {"execution_seconds": seconds, "peak_memory": peak, RECORD: record_of(task.notebook)}
        keep(cache, CacheBundleIn(task.notebook, str(task.page), data=data))
        left -= 1
        times.append(seconds)
        more = f"; more than the {task.memory / 1e9:.1f} GB of its peak_memory" if peak > task.memory else ""
        say(f"  {seconds:6.1f} s {name} ({left} left, {peak / 1e9:.1f} GB{more})")
        return None

    start = time.perf_counter()
    failures = [failure for failure in await side_by_side(missing, jobs, available_memory(), one) if failure]
    if times:
        best = max(sum(times) / jobs, max(times))
        say(f"{sum(times):.1f} s of pages in {time.perf_counter() - start:.1f} s; {jobs} at a time need {best:.1f} s.")
    return failures

"""Run notebooks with the Python of another environment, and compare what they print with what the book prints."""

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import nbformat
from jupyter_cache import get_cache
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "_build" / "launch"  # where environments and a second site are made
UV = Path(sys.executable).with_name("uv")
sys.path.insert(0, str(ROOT / "book" / "_ext"))
sys.path.insert(0, str(ROOT / "tests" / "book"))

from tested_pages import SOURCES  # noqa: E402

from execution_cache import CACHE  # noqa: E402
from notebook_code import MARK  # noqa: E402
from page_execution import THREAD_LIMITS, read_page  # noqa: E402

WITH_CODE = [path for path in SOURCES if "```{code-cell}" in path.read_text(encoding="utf-8")]
NAMES = [path.relative_to(ROOT / "book").with_suffix("").as_posix() for path in WITH_CODE]
ONE_THREAD = dict.fromkeys(THREAD_LIMITS, "1")  # notebooks run side by side
NUMBER = re.compile(r"(?<![\w.])[-−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?", re.I)
IN_MEMORY = re.compile(r"0x[0-9a-f]+")
SCRIPT = "shap.initjs()\n"  # added to cells with a force plot
TIMEOUT = 900  # seconds for one cell
RELATIVE, ABSOLUTE = 0.05, 0.005  # how far a printed number may be from the book's


@dataclass(frozen=True)
class Published:
    """The site, a checkout of the branch `notebooks`, and the variables that make git find the repository here."""

    site: Path
    branch: Path
    variables: dict[str, str]


@dataclass
class Environment:
    """A Python installation that has nothing of the book, and the variables its kernels see."""

    python: Path
    variables: dict[str, str] = field(default_factory=dict)

    def versions(self) -> dict[str, str]:
        listed = subprocess.check_output([UV, "pip", "list", "--format=json", "--python", self.python], text=True)
        return {one["name"]: one["version"] for one in json.loads(listed)}

    def run(self, notebook: NotebookNode, folder: Path) -> tuple[NotebookNode, float]:
        """Execute a copy of a notebook in a folder and return it with the seconds it took; its errors are raised."""
        kernels = self.python.parents[1] / "kernels" / "bare"
        kernels.mkdir(parents=True, exist_ok=True)
        argv = [str(self.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "bare", "language": "python"}
        (kernels / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
        executed = nbformat.from_dict(notebook)
        resources = {"metadata": {"path": str(folder)}}
        client = NotebookClient(executed, timeout=TIMEOUT, kernel_name="bare", resources=resources)
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        path = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        start = time.perf_counter()
        with patch.dict(os.environ, JUPYTER_PATH=str(kernels.parents[1])):
            client.execute(env=inherited | ONE_THREAD | {"PATH": path} | self.variables)
        return executed, time.perf_counter() - start


def bare_environment(folder: Path, python: str, *packages: str) -> Environment:
    """Make an environment anew, with torch for CPUs where TORCH_BACKEND asks for it."""
    subprocess.run([UV, "venv", "--quiet", "--clear", "--python", python, folder], check=True)
    environment = Environment(folder / "bin" / "python")
    backend = ["--torch-backend", os.environ["TORCH_BACKEND"]] if os.environ.get("TORCH_BACKEND") else []
    install = [UV, "pip", "install", "--quiet", "--python", environment.python]
    subprocess.run([*install, *backend, *packages], check=True)
    return environment


def made_once(folder: Path, run: str, make: Callable[[Path], None]) -> None:
    """Have a folder made anew by the first worker of a run that needs it; the others wait, and share it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    done = folder / run
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()


def outputs(cell: NotebookNode) -> list[NotebookNode]:
    """A cell's outputs, without warnings and without the script that a force plot brings to Colab."""
    shown = [output for output in cell.outputs if output.get("name") != "stderr"]
    return shown[1:] if cell.source.startswith(SCRIPT) else shown


def printed(cell: NotebookNode) -> str:
    """The text of a cell's outputs, without addresses in memory; pandas 2 calls the type of text `object`, 3 `str`."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs(cell)]
    return IN_MEMORY.sub("", "\n".join(texts)).replace("dtype: object", "dtype: str")


def drawn(cell: NotebookNode) -> list[str]:
    """The kinds of pictures and tables that a cell shows, in their order."""
    kinds = [set(output.get("data", {})) - {"text/plain"} for output in outputs(cell)]
    return ["picture" if kind & {"image/svg+xml", "image/png"} else "HTML" for kind in kinds if kind]


def numbers(text: str) -> list[float]:
    return [float(one.replace("−", "-").replace(",", "")) for one in NUMBER.findall(text)]


def words(text: str) -> list[str]:
    return NUMBER.sub(" # ", text).split()


def executed_page(source: Path) -> NotebookNode:
    """A page with the outputs that the book shows."""
    cache = get_cache(str(CACHE))
    return cache.get_cache_bundle(cache.match_cache_notebook(read_page(source)).pk).nb


def difference(book: NotebookNode, run: NotebookNode) -> str | None:
    """How the outputs of a cell differ from those of the book's cell, if they do."""
    if drawn(book) != drawn(run):
        return f"the book draws {drawn(book)}, the notebook {drawn(run)}"
    if words(printed(book)) != words(printed(run)):
        return f"the book prints {printed(book)!r}, the notebook {printed(run)!r}"
    pairs = zip(numbers(printed(book)), numbers(printed(run)), strict=True)
    far = [f"{b:g} for {a:g}" for a, b in pairs if abs(a - b) > ABSOLUTE + RELATIVE * abs(a)]
    return f"the notebook prints {', '.join(far)}" if far else None


def differences(book: NotebookNode, run: NotebookNode) -> list[str]:
    """Where a notebook shows what the book does not, cell by cell of the same source."""
    shown: dict[str, list[NotebookNode]] = {}
    for cell in book.cells:
        if cell.cell_type == "code" and "skip-execution" not in cell.metadata.get("tags", []):
            shown.setdefault(cell.source, []).append(cell)
    problems = []
    for cell in run.cells:
        source = cell.source.removeprefix(SCRIPT)
        if cell.cell_type != "code" or cell.id == "install" or source.startswith(MARK):
            continue
        if not shown.get(source):
            problems.append(f"{cell.id}: the book has no such cell")
        elif problem := difference(shown[source].pop(0), cell):
            problems.append(f"{cell.id}: {problem}")
    return problems

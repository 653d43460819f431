"""A real JupyterLab runs a notebook from top to bottom, and opens the book's pages as notebooks."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jupytext
import pytest
import requests
from nbclient import NotebookClient
from nbformat import NotebookNode
from notebook_runs import FOLDER, NAMES, ONE_THREAD, ROOT, TIMEOUT, WITH_CODE, Published, executed_page
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.timeout(900)
in_lab = pytest.mark.xdist_group("jupyterlab")
PAGE = "redshifts/shap-explanations"
SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none"}',  # else cells out of view are taken off the page
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, and the token that opens it."""

    url: str
    token: str


@pytest.fixture(scope="module")
def lab(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab in a checkout of the branch, as Binder starts it."""
    settings = tmp_path_factory.mktemp("settings")
    for name, setting in SETTINGS.items():
        path = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True)
        path.write_text(setting, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
    options = [
        f"--ServerApp.port={port}",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={published.branch}",
    ]
    own = {"JUPYTERLAB_SETTINGS_DIR": str(settings), "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces")}
    known = os.environ | own | {"PYTHONPATH": str(ROOT / "lib")}
    log = (settings / "log.txt").open("w")
    server = subprocess.Popen([*command, *options], env=known, stdout=log, stderr=log)
    started = Lab(f"http://127.0.0.1:{port}", token)
    try:
        wait_for(started, server, settings / "log.txt")
        yield started
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def wait_for(lab: Lab, server: subprocess.Popen, log: Path) -> None:
    for _ in range(240):
        try:
            if requests.get(f"{lab.url}/api", timeout=5).ok:
                return
        except requests.ConnectionError:
            assert server.poll() is None, log.read_text()
        time.sleep(0.5)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


@pytest.fixture
def page(lab: Lab, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@in_lab
def test_a_notebook_runs_from_top_to_bottom(lab: Lab, page: Page) -> None:
    page.goto(f"{lab.url}/lab/tree/notebooks/solutions/{PAGE}.ipynb?token={lab.token}")
    notebook = page.locator(".jp-NotebookPanel")
    expect(notebook.get_by_role("heading", name="SHAP for redshifts")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=120_000)  # else no code is run
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    solved = notebook.locator(".jp-OutputArea-output", has_text="✓ Solved.")
    expect(solved).to_have_count(3, timeout=600_000)
    expect(notebook.locator(".jp-CodeCell .jp-InputPrompt", has_text="[*]")).to_have_count(0, timeout=120_000)
    expect(notebook.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']")).to_have_count(0)
    expect(notebook.locator(".jp-OutputArea-output :is(img, svg)").first).to_be_visible()
    plot = notebook.locator(".jp-RenderedHTMLCommon svg:has(path)").first
    plot.scroll_into_view_if_needed()
    expect(plot).to_be_visible()
    expect(notebook.get_by_text("Javascript library not loaded")).to_have_count(0)
    page.screenshot(path=FOLDER / "jupyterlab.png")


@in_lab
def test_a_page_of_the_book_opens_as_a_notebook(lab: Lab) -> None:
    """“Open With → Notebook” asks the server for this."""
    asked = f"{lab.url}/api/contents/book/{PAGE}.md"
    answer = requests.get(asked, {"type": "notebook", "token": lab.token}, timeout=60)
    assert answer.ok, answer.text
    cells = answer.json()["content"]["cells"]
    assert {"import xgboost"} < {
        line for cell in cells if cell["cell_type"] == "code" for line in cell["source"].splitlines()
    }


def code(notebook: NotebookNode) -> list[tuple[str, list[str]]]:
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return [(cell.source, cell.metadata.get("tags", [])) for cell in cells]


@pytest.mark.parametrize("source", WITH_CODE, ids=NAMES)
def test_a_page_opened_as_a_notebook_has_the_cells_that_the_build_executed(source: Path) -> None:
    assert code(jupytext.read(source)) == code(executed_page(source))


def test_a_page_runs_as_a_notebook() -> None:
    """Starters and checks included, which the build skips."""
    source = next(path for path in WITH_CODE if "{exercise-start}" in path.read_text(encoding="utf-8"))
    notebook = jupytext.read(source)
    resources = {"metadata": {"path": str(source.parent)}}
    client = NotebookClient(
        notebook, timeout=TIMEOUT, kernel_name="python3", resources=resources, skip_cells_with_tag="nothing"
    )
    client.execute(env=os.environ | ONE_THREAD)
    checks = [cell for cell in notebook.cells if "check" in cell.metadata.get("tags", [])]
    assert checks
    for cell in checks:
        (output,) = cell.outputs
        assert output["data"]["text/plain"].startswith("✗ Not yet."), cell.source

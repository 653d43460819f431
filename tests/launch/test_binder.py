"""Binder's image has the library with the versions of the lock, and opens the page asked for."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from notebook_runs import FOLDER, Environment, Published, bare_environment, made_once

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture(scope="module")
def image(published: Published, testrun_uid: str) -> Environment:
    """What Binder makes of the branch: an environment with a kernel, in which its `postBuild` has run."""

    def make(folder: Path) -> None:
        locked = re.search(r"^ipykernel==[^ ;]+", (published.branch / "requirements.txt").read_text(), re.M).group()
        bare_environment(folder, sys.executable, "pip", locked)
        script = (published.branch / "binder" / "postBuild").read_text(encoding="utf-8")
        if os.environ.get("TORCH_BACKEND") != "cpu":  # this machine takes torch from its usual index
            script = script.replace(" --torch-backend cpu", "")
        path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        variables = os.environ | {"PATH": path, "UV_NO_CACHE": "0"}
        local = published.branch / "binder" / "postBuild.local"
        local.write_text(script, encoding="utf-8")
        subprocess.run(["sh", str(local)], env=variables, check=True, cwd=published.branch)
        local.unlink()

    folder = FOLDER / "binder"
    made_once(folder, testrun_uid, make)
    return Environment(folder / "bin" / "python")


def test_versions_are_those_of_the_lock(image: Environment, published: Published) -> None:
    lock = (published.branch / "requirements.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^([\w.-]+)==([^ ;+]+)", lock, re.M))
    found = {name: version.partition("+")[0] for name, version in image.versions().items()}
    assert {"torch", "xgboost", "shap", "jupytext"} < found.keys()
    assert {name: version for name, version in found.items() if pins.get(name) != version}.keys() <= {"pip", "shapbook"}
    assert "nvidia-nccl-cu12" not in found


def test_a_notebook_runs_there(image: Environment, published: Published, tmp_path: Path) -> None:
    notebook = nbformat.read(published.branch / "notebooks" / "solutions" / "intro.ipynb", as_version=4)
    run, _ = image.run(notebook, tmp_path)
    drawn = {kind for cell in run.cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
    assert drawn & {"image/svg+xml", "image/png"}


def test_repo2docker_finds_python_and_the_script(published: Published) -> None:
    """Without an engine the recipe is resolved, but no image is made."""
    command = [Path(sys.executable).with_name("jupyter-repo2docker"), "--no-build", "--debug", published.branch]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Building conda environment for python=3.11" in done.stdout + done.stderr
    assert "RUN ./binder/postBuild" in done.stdout + done.stderr

"""The branch that Colab and Binder open holds the built commit and its notebooks; publishing changes nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tested_pages import ROOT


def git(folder: Path, *arguments: str) -> str:
    return subprocess.check_output(["git", "-C", str(folder), *arguments], text=True, stderr=subprocess.STDOUT).strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with one commit, built notebooks, and a remote to push to."""
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(tmp_path, "clone", "--quiet", "remote.git", "clone")
    clone = tmp_path / "clone"
    (clone / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "publish-notebooks", clone / ".ci")
    (clone / ".gitignore").write_text("_build\n")
    git(clone, "add", ".")
    git(clone, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "--quiet", "-m", "Start")
    write_notebooks(clone, "intro.ipynb", "solutions/intro.ipynb")
    return clone


def write_notebooks(clone: Path, *names: str) -> None:
    """Put notebooks into the site, which is a link to a folder, as a build leaves it."""
    site = clone / "_build" / "html"
    folder = clone / "_build" / "rooms" / "a" / "notebooks"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if not site.exists():
        site.symlink_to("rooms/a", target_is_directory=True)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")


def publish(clone: Path) -> subprocess.CompletedProcess[str]:
    command = [str(clone / ".ci" / "publish-notebooks")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_branch_is_the_commit_and_the_notebooks(clone: Path) -> None:
    (clone / "draft.txt").write_text("not committed, so not published")
    result = publish(clone)
    assert result.returncode == 0, result.stderr
    remote = clone.parent / "remote.git"
    assert git(remote, "ls-tree", "-r", "--name-only", "notebooks").splitlines() == [
        ".ci/publish-notebooks",
        ".gitignore",
        "notebooks/intro.ipynb",
        "notebooks/solutions/intro.ipynb",
    ]
    assert git(remote, "rev-parse", "notebooks^") == git(clone, "rev-parse", "HEAD")


def test_publishing_again_leaves_no_old_notebook_and_the_checkout_alone(clone: Path) -> None:
    publish(clone)
    write_notebooks(clone, "other.ipynb")
    before = git(clone, "status", "--porcelain", "--branch")
    assert publish(clone).returncode == 0
    assert git(clone, "status", "--porcelain", "--branch") == before
    published = git(clone.parent / "remote.git", "ls-tree", "-r", "--name-only", "notebooks", "notebooks/")
    assert published == "notebooks/other.ipynb"


def test_nothing_is_published_without_a_build(clone: Path) -> None:
    shutil.rmtree(clone / "_build")
    result = publish(clone)
    assert result.returncode == 1
    assert result.stderr == "publish-notebooks: no _build/html/notebooks; run make notebooks first\n"
    assert git(clone.parent / "remote.git", "branch", "--list") == ""

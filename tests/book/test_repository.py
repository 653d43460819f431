"""The links of a fork lead to the fork: its address is found out, and never written down."""

import subprocess
import sys
from pathlib import Path

import pytest
from tested_pages import ROOT

sys.path.insert(0, str(ROOT / "book" / "_ext"))

from repository import Repository, find_repository

ADA = Repository("ada", "shap-book", "0" * 40)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A git repository with one commit and no remote."""
    for command in (
        ["init", "--quiet"],
        [
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "Start",
        ],
    ):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    return tmp_path


def head(clone: Path) -> str:
    return subprocess.check_output(["git", "-C", str(clone), "rev-parse", "HEAD"], text=True).strip()


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/ada/shap-book",
        "https://github.com/ada/shap-book.git",
        "https://token@github.com/ada/shap-book.git/",
        "git@github.com:ada/shap-book.git",
        "ssh://git@github.com/ada/shap-book.git",
    ],
)
def test_the_remote_names_the_repository(clone: Path, remote: str) -> None:
    subprocess.run(["git", "-C", str(clone), "remote", "add", "origin", remote], check=True)
    assert find_repository({}, clone) == Repository("ada", "shap-book", head(clone))


@pytest.mark.parametrize("remote", ["https://gitlab.com/ada/shap-book", "https://notgithub.com/ada/book", "/srv/book"])
def test_other_hosts_are_not_known(clone: Path, remote: str) -> None:
    subprocess.run(["git", "-C", str(clone), "remote", "add", "origin", remote], check=True)
    assert find_repository({}, clone) is None


def test_the_environment_comes_before_the_remote(clone: Path) -> None:
    subprocess.run(["git", "-C", str(clone), "remote", "add", "origin", "https://github.com/bob/book"], check=True)
    assert find_repository({"GITHUB_REPOSITORY": "ada/shap-book"}, clone) == Repository("ada", "shap-book", head(clone))


def test_without_git_the_commit_comes_from_the_environment(tmp_path: Path) -> None:
    named = {"GITHUB_REPOSITORY": "ada/shap-book"}
    assert find_repository(named, tmp_path) is None, "nothing can be installed at an unknown commit"
    assert find_repository(named | {"GITHUB_SHA": "0" * 40}, tmp_path) == ADA


@pytest.mark.parametrize("name", ["shap-book", "https://github.com/ada/shap-book", "ada/shap book"])
def test_a_malformed_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected owner/name, for instance GITHUB_REPOSITORY=ada/shap-book"):
        find_repository({"GITHUB_REPOSITORY": name})


def test_addresses_follow_from_owner_and_name() -> None:
    assert ADA.site == "https://ada.github.io/shap-book"
    assert Repository("Ada", "Ada.github.io", "").site == "https://ada.github.io"
    assert ADA.colab("notebooks/a b.ipynb") == (
        "https://colab.research.google.com/github/ada/shap-book/blob/notebooks/notebooks/a%20b.ipynb"
    )
    assert ADA.binder("notebooks/a.ipynb") == (
        "https://mybinder.org/v2/gh/ada/shap-book/notebooks?urlpath=lab%2Ftree%2Fnotebooks%2Fa.ipynb"
    )

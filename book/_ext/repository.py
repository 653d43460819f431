"""Where the book is published, found out when it is built, so that a fork's links lead to the fork."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).parents[2]
BRANCH = "notebooks"  # where `.github/workflows/site.yml` publishes the notebooks
FOLDER = "notebooks"  # of the site and of that branch
GITHUB = re.compile(r"(?:^|[/@.])github\.com[:/](?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)(?:\.git)?/?$")
UNKNOWN = (
    "No repository on GitHub is known (neither GITHUB_REPOSITORY nor the git remote `origin` names one): "
    "the pages have no links to Colab and Binder."
)


@dataclass(frozen=True)
class Repository:
    """A repository on GitHub at one commit, and the addresses that follow from it."""

    owner: str
    name: str
    commit: str

    @property
    def address(self) -> str:
        return f"https://github.com/{self.owner}/{self.name}"

    @property
    def site(self) -> str:
        """Where GitHub Pages publishes the site, without a slash at the end."""
        host = f"{self.owner.lower()}.github.io"
        return f"https://{host}" if self.name.lower() == host else f"https://{host}/{self.name}"

    def colab(self, notebook: str) -> str:
        """The address that opens a notebook in Colab; `notebook` is its path in the published branch."""
        return f"https://colab.research.google.com/github/{self.owner}/{self.name}/blob/{BRANCH}/{quote(notebook)}"

    def binder(self, notebook: str) -> str:
        """The address that opens a notebook in Binder's JupyterLab."""
        opened = urlencode({"urlpath": f"lab/tree/{quote(notebook)}"})
        return f"https://mybinder.org/v2/gh/{self.owner}/{self.name}/{BRANCH}?{opened}"


def git(folder: Path, *arguments: str) -> str:
    """What git answers, or nothing where there is no repository."""
    result = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else ""


def find_repository(environment: Mapping[str, str] = os.environ, folder: Path = ROOT) -> Repository | None:
    """Return the repository named by GITHUB_REPOSITORY, else by the git remote `origin`, else None.

    The commit is the one checked out in `folder`, else that of GITHUB_SHA; without one nothing can be installed
    at the built commit, so no repository is known.

    Raises:
        ValueError: If GITHUB_REPOSITORY is not of the form owner/name.
    """
    commit = git(folder, "rev-parse", "HEAD") or environment.get("GITHUB_SHA", "")
    named = environment.get("GITHUB_REPOSITORY", "")
    if named and not re.fullmatch(r"[\w.-]+/[\w.-]+", named):
        msg = f"GITHUB_REPOSITORY is {named!r}: expected owner/name, for instance GITHUB_REPOSITORY=ada/shap-book."
        raise ValueError(msg)
    match = GITHUB.search(f"github.com/{named}" if named else git(folder, "remote", "get-url", "origin"))
    return Repository(match["owner"], match["name"], commit) if match and commit else None


@cache
def this_repository() -> Repository | None:
    """The repository of this clone, looked up once a build."""
    return find_repository()

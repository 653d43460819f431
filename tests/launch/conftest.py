"""The book as it is published: built for a made-up repository, whose stand-in on this machine has this very tree."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from notebook_runs import FOLDER, ROOT, UV, Environment, Published, bare_environment, made_once
from playwright.sync_api import Browser

sys.path.insert(0, str(ROOT / "tests" / "browser"))

from started_browser import started_browser

ADDRESS = "https://github.com/ada/shap-book"
PUBLISHED = FOLDER / "published"
AUTHOR = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
FIT = ("3 12", "3 11")  # Colab's Python, and the other one for which its packages are published


def git(*arguments: str | Path, folder: Path = ROOT) -> str:
    return subprocess.check_output(["git", *AUTHOR, "-C", folder, *arguments], text=True).strip()


def publish(folder: Path) -> None:
    """Build and publish this tree, changes of tracked files included, as the workflow does."""
    remote, clone = folder / "remote.git", folder / "clone"
    git("init", "--quiet", "--bare", "--initial-branch", "main", remote)
    git("config", "receive.shallowUpdate", "true", folder=remote)
    git("config", "uploadpack.allowFilter", "true", folder=remote)  # as GitHub; pip clones without files
    git("push", "--quiet", remote, f"{git('stash', 'create') or 'HEAD'}:refs/heads/main")
    git("clone", "--quiet", "--branch", "main", remote, clone)
    named = os.environ | {"GITHUB_REPOSITORY": "ada/shap-book", "GIT_DIR": str(clone / ".git")}
    command = [Path(sys.executable).with_name("jupyter-book"), "build", ROOT, "--path-output", folder]
    done = subprocess.run([*command, "-W", "-n", "--keep-going", "-q"], env=named, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.copytree(folder / "_build" / "html", clone / "_build" / "html")
    subprocess.run([clone / ".ci" / "publish-notebooks"], check=True, capture_output=True)
    git("clone", "--quiet", "--branch", "notebooks", remote, folder / "branch")


@pytest.fixture(scope="session")
def published(testrun_uid: str) -> Published:
    """What this run has published."""
    made_once(PUBLISHED, testrun_uid, publish)
    here = f"url.{(PUBLISHED / 'remote.git').as_uri()}.insteadOf"
    variables = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": here, "GIT_CONFIG_VALUE_0": ADDRESS}
    return Published(PUBLISHED / "_build" / "html", PUBLISHED / "branch", variables)


def colab_python() -> str:
    """A Python that has Colab's packages: the one named by COLAB_PYTHON, else Colab's, else the one of the book."""
    named = os.environ.get("COLAB_PYTHON")
    candidates = [named] if named else [shutil.which("python3.12"), sys.executable, shutil.which("python3.11")]
    for python in filter(None, candidates):
        asked = [python, "-c", "import sys; print(*sys.version_info[:2])"]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip() in FIT:
            return python
    reason = f"none of {candidates} is Python 3.12 or 3.11, which Colab's packages need: name one in COLAB_PYTHON"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def colab_packages(published: Published, worker_id: str) -> Environment:
    """An environment like Colab's: its packages, `google.colab`, and no sign of the book."""
    requirements = Path(__file__).with_name("colab.txt")
    environment = bare_environment(FOLDER / f"colab-{worker_id}", colab_python(), "--requirements", str(requirements))
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(subprocess.check_output([environment.python, "-c", purelib], text=True).strip())
    (packages / "google" / "colab").mkdir(parents=True)
    (packages / "google" / "colab" / "__init__.py").touch()
    environment.variables |= published.variables
    if os.environ.get("SHAPBOOK_DATA"):  # galaxy images that this machine need not fetch
        environment.variables["SHAPBOOK_DATA"] = str(Path(os.environ["SHAPBOOK_DATA"]).resolve())
    return environment


@pytest.fixture
def colab(colab_packages: Environment) -> Iterator[Environment]:
    """That environment as each notebook finds it: what the one before installed is gone."""
    brought = colab_packages.versions().keys()
    yield colab_packages
    if installed := colab_packages.versions().keys() - brought:
        command = [UV, "pip", "uninstall", "--quiet", "--python", colab_packages.python, *installed]
        subprocess.run(command, check=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started_browser() as browser:
        yield browser


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the seconds that each notebook took in the bare environment, and its first cell."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    times = sorted(value for report in reports for name, value in report.user_properties if name == "notebook")
    if times:
        terminalreporter.section("seconds of each notebook in the bare environment, and of its first cell")
    for name, seconds, first in times:
        terminalreporter.write_line(f"{seconds:7.1f} {first:6.1f}  {name}")

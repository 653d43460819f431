"""The environment's script refuses a machine that lacks something, in one sentence, and changes nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tested_pages import ROOT

TOOLS = ("sh", "sed", "awk", "dirname", "cat")


def run_setup(folder: Path, programs: dict[str, str | None]) -> subprocess.CompletedProcess[str]:
    """Run setup.sh in a folder where only a few programs are found: name → script, or None for a missing one."""
    shutil.copyfile(ROOT / "setup.sh", folder / "setup.sh")
    tools = folder / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name))
    for name, script in programs.items():
        if script is not None:
            (tools / name).write_text(f"#!{shutil.which('sh')}\n{script}\n", encoding="utf-8")
            (tools / name).chmod(0o755)
    environment = {"PATH": str(tools), "PYTHON": "python3"}
    command = [shutil.which("sh"), str(folder / "setup.sh")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


OLD = 'case "$1" in -V) echo Python 3.9.2 ;; *) exit 1 ;; esac'
NO_VENV = 'case "$2" in *ensurepip*) exit 1 ;; *) exit 0 ;; esac'


@pytest.mark.parametrize(
    ("programs", "message"),
    [
        ({"git": None, "python3": "exit 0"}, "git is missing"),
        ({"git": "exit 0", "python3": None}, "python3 is missing; install Python 3.11 or newer"),
        ({"git": "exit 0", "python3": OLD}, "python3 is Python 3.9.2; this book needs Python 3.11 or newer"),
        ({"git": "exit 0", "python3": NO_VENV}, "python3 lacks its venv module"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, programs: dict[str, str | None], message: str) -> None:
    result = run_setup(tmp_path, programs)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"setup: {message}")
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / ".venv").exists()


def test_lock_has_hashes_and_names_no_host() -> None:
    lock = ROOT.joinpath("requirements.txt").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index" not in lock
    blocks = [block for block in lock.replace("\\\n", " ").splitlines() if "==" in block]
    assert len(blocks) > 100
    assert all("--hash=sha256:" in block for block in blocks)


def test_lock_leaves_out_what_slows_every_page() -> None:
    """JSON Schema makes a grammar of URIs at each import, if the package for it is there."""
    lock = ROOT.joinpath("requirements.txt").read_text(encoding="utf-8")
    assert "\njsonschema==" in lock
    assert "\nrfc3987-syntax==" not in lock


def test_lock_satisfies_the_project(tmp_path: Path) -> None:
    """Installing the project from the lock alone would change nothing."""
    uv = ROOT / ".venv" / "bin" / "uv"
    if not uv.exists():
        pytest.skip("the tests run outside the project's own environment")
    command = [str(uv), "pip", "check", "--python", str(ROOT / ".venv" / "bin" / "python")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert result.returncode == 0, result.stderr


def test_no_committed_file_names_a_package_registry_host() -> None:
    hosts = [b"pypi" + b".org", b"pythonhosted" + b".org", b"registry.npmjs" + b".org", b"download.pytorch" + b".org"]
    tracked = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")[:-1]
    named = [name for name in tracked if any(host in (ROOT / name).read_bytes() for host in hosts)]
    assert named == []

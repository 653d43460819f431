"""Workflows run only actions pinned by commit, each job with the least it needs; code of others sees no write token."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tested_pages import ROOT

WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
PINNED = re.compile(r"\s*(?:- )?uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
LEAST = [{}, {"contents": "read"}]
NAMES = [path.stem for path in WORKFLOWS]


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]


def runs(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


def test_there_are_the_workflows_of_pushes_and_of_each_week() -> None:
    assert {"site", "newest"} <= set(NAMES)


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_every_action_is_pinned_by_its_commit_and_tells_its_version(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert lines
    assert [line for line in lines if not PINNED.fullmatch(line)] == []
    assert len(lines) == sum("uses" in step for job in jobs(path).values() for step in job["steps"])


def test_an_action_has_one_version_everywhere() -> None:
    found = {match for path in WORKFLOWS for match in re.findall(r"uses: (.*)@(\w+) #", path.read_text("utf-8"))}
    assert len({name for name, _ in found}) == len(found)


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_nothing_is_permitted_but_what_a_job_names(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {}
    for name, job in jobs(path).items():
        assert "permissions" in job, name
        assert "write-all" not in str(job["permissions"]), name


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_jobs_that_run_packages_may_write_nothing_and_keep_no_token(path: Path) -> None:
    for name, job in jobs(path).items():
        if not re.search(r"^make ", runs(job), re.MULTILINE):
            continue
        assert job["permissions"] in LEAST, name
        checkouts = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
        assert [step["with"]["persist-credentials"] for step in checkouts] == [False], name


@pytest.mark.parametrize("path", WORKFLOWS, ids=NAMES)
def test_no_foreign_text_becomes_a_command(path: Path) -> None:
    """A title or a branch name that is pasted into a script could end it; in variables of the environment it cannot."""
    assert "pull_request_target" not in path.read_text(encoding="utf-8")
    assert [name for name, job in jobs(path).items() if "${{" in runs(job)] == []


def test_each_week_everything_is_executed_with_the_newest_packages_and_a_failure_is_reported() -> None:
    workflow = yaml.safe_load(ROOT.joinpath(".github/workflows/newest.yml").read_text(encoding="utf-8"))
    assert workflow[True]["schedule"]  # YAML 1.1 reads the key `on` as true
    commands = [line for line in runs(workflow["jobs"]["build"]).splitlines() if line.startswith("make ")]
    assert commands == ["make lock", "make data", "make test"]
    report = workflow["jobs"]["report"]
    assert (report["needs"], report["permissions"]) == ("build", {"issues": "write"})
    assert report["if"] == "failure()"
    assert "gh issue create" in runs(report)

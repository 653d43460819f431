"""The record of Lighthouse's points covers every page on both devices, and no page has fewer than it must."""

import json
import sys

import pytest
from tested_pages import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import lighthouse

POINTS = json.loads(lighthouse.RECORD.read_text(encoding="utf-8"))["points"]
CATEGORIES = {"performance", "accessibility", "best-practices", "seo"}
RENEW = "python benchmarks/lighthouse.py --record, on a quiet machine, measures it anew"


def test_each_page_was_measured() -> None:
    assert set(POINTS) == set(lighthouse.all_pages()), RENEW


@pytest.mark.parametrize("page", POINTS)
@pytest.mark.parametrize("device", lighthouse.DEVICES)
def test_each_page_has_its_points(page: str, device: str) -> None:
    found = POINTS[page][device]
    assert set(found) >= CATEGORIES, f"{page} on the {device} lacks a category; {RENEW}"
    assert not lighthouse.too_low(device, found), f"{page} on the {device}; {RENEW}"


@pytest.mark.parametrize(
    ("device", "found", "told"),
    [
        ("desktop", {"performance": 98, "seo": 100}, []),
        ("desktop", {"performance": 97, "seo": 100}, ["performance 97 < 98"]),
        ("phone", {"performance": 90, "seo": 100}, []),
        ("phone", {"performance": 89, "seo": 99}, ["performance 89 < 90", "seo 99 < 100"]),
    ],
)
def test_what_is_too_low_is_told(device: str, found: dict[str, int], told: list[str]) -> None:
    assert lighthouse.too_low(device, found) == told


def test_the_dearest_fault_is_named_first() -> None:
    audits = {
        "slow": {"score": 0.5, "displayValue": "3 s"},
        "pale": {"score": 0.9},
        "good": {"score": 1},
        "told": {"score": 0},
    }
    parts = [{"id": "pale", "weight": 1}, {"id": "slow", "weight": 3}, {"id": "good", "weight": 3}]
    report = {"audits": audits, "categories": {"one": {"auditRefs": [*parts, {"id": "told", "weight": 0}]}}}
    assert lighthouse.faults(report) == ["slow 3 s", "pale"]

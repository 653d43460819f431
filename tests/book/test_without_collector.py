"""While the site is built, Python looks for no garbage."""

import gc

import without_collector


def rounds(number_of_objects: int) -> int:
    """How often the collector runs while so many lists come to be."""
    before = sum(generation["collections"] for generation in gc.get_stats())
    kept = [[] for _ in range(number_of_objects)]
    after = sum(generation["collections"] for generation in gc.get_stats())
    assert len(kept) == number_of_objects
    return after - before


def test_the_collector_rests() -> None:
    gc.enable()
    assert rounds(300_000) > 0
    without_collector.setup(None)
    try:
        assert rounds(300_000) == 0
    finally:
        gc.enable()

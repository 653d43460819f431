"""While the site is built, Python looks for garbage seldom."""

import gc

import rare_collection


def rounds(number_of_objects: int) -> int:
    """How often the collector runs while so many lists come to be."""
    before = sum(generation["collections"] for generation in gc.get_stats())
    kept = [[] for _ in range(number_of_objects)]
    after = sum(generation["collections"] for generation in gc.get_stats())
    assert len(kept) == number_of_objects
    return after - before


def test_the_collector_looks_at_many_objects_at_once() -> None:
    usual = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    try:
        often = rounds(300_000)
        rare_collection.setup(None)
        assert rounds(300_000) < often / 50
    finally:
        gc.set_threshold(*usual)

"""Checks of the page *Data and model*: solutions pass, starters fail, mistakes get their own words."""

from collections.abc import Callable

import numpy as np
import pytest

from shapbook.checks.data_and_model import mask_non_detections, redshift_metrics

Metrics = Callable[[np.ndarray, np.ndarray], object]
Colours = Callable[[np.ndarray], object]


def solved_metrics(z: np.ndarray, p: np.ndarray) -> tuple[float, float, float]:
    e = (p - z) / (1 + z)
    bias = np.median(e)
    return bias, 1.4826 * np.median(np.abs(e - bias)), np.mean(np.abs(e) > 0.15)


def starter(*arguments: np.ndarray) -> None:
    raise NotImplementedError


def from_errors(
    error: Metrics = lambda z, p: (p - z) / (1 + z),
    bias: Callable = np.median,
    spread: Callable = lambda e: 1.4826 * np.median(np.abs(e - np.median(e))),
    outliers: Callable = lambda e: np.mean(np.abs(e) > 0.15),
) -> Metrics:
    """The solution with one of its steps replaced by a mistake."""

    def function(z: np.ndarray, p: np.ndarray) -> list[float]:
        e = error(z, p)
        return [bias(e), spread(e), outliers(e)]

    return function


def test_the_solution_passes() -> None:
    verdict = redshift_metrics(solved_metrics)
    assert verdict.passed
    assert "planted outliers" in repr(verdict)


def test_other_right_ways_pass() -> None:
    def with_arrays(z: np.ndarray, p: np.ndarray) -> np.ndarray:
        e = p / (1 + z) - z / (1 + z)
        middle = np.quantile(e, 0.5)
        spread = np.quantile(abs(e - middle), 0.5) / 0.67449
        return np.array([middle, spread, (abs(e) > 0.15).sum() / len(e)])

    assert redshift_metrics(with_arrays).passed
    papers = from_errors(spread=lambda e: 1.48 * np.median(np.abs(e - np.median(e))))
    assert redshift_metrics(papers).passed
    coarse = from_errors(spread=lambda e: 1.5 * np.median(np.abs(e - np.median(e))))
    assert not redshift_metrics(coarse).passed


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (starter, "starter is untouched"),
        (3, "Pass the function itself"),
        (lambda z, p: None, "returned nothing"),
        (lambda z, p: (1, 2), "must have shape"),
        (lambda z, p: (np.nan, 1, 1), "must be finite"),
        (lambda z, p: 1 / 0, "ZeroDivisionError"),
        (from_errors(lambda z, p: p - z), "not scaled"),
        (from_errors(lambda z, p: (p - z) / (1 + p)), "scale with the true redshift"),
        (from_errors(lambda z, p: (p - z) / z), "You divide by z"),
        (from_errors(lambda z, p: (z - p) / (1 + z)), "wrong sign"),
        (from_errors(bias=np.mean), "Your bias is the mean"),
        (from_errors(bias=lambda e: np.median(abs(e))), "drops the sign"),
        (from_errors(spread=lambda e: np.median(abs(e - np.median(e)))), "lacks its factor"),
        (from_errors(spread=lambda e: 1.4826 * np.median(abs(e))), "holds the bias"),
        (from_errors(spread=np.std), "standard deviation"),
        (from_errors(spread=lambda e: 1.4826 * np.mean(abs(e - np.median(e)))), "averages the deviations"),
        (from_errors(outliers=lambda e: 100 * np.mean(abs(e) > 0.15)), "per cent"),
        (from_errors(outliers=lambda e: np.mean(e > 0.15)), "Only errors above"),
        (from_errors(outliers=lambda e: np.sum(abs(e) > 0.15)), "divide by the number"),
        (from_errors(outliers=lambda e: np.mean(abs(e) < 0.15)), "no outliers"),
        (from_errors(outliers=lambda e: np.mean(abs(e - np.median(e)) > 0.15)), "measured from the median"),
        (from_errors(spread=lambda e: np.mean(abs(e - np.median(e)))), "take their median, times 1.4826"),
        (from_errors(spread=lambda e: 1.4826 * np.median(abs(e - np.mean(e)))), "are from the mean"),
        (from_errors(spread=lambda e: np.ptp(np.quantile(e, [0.25, 0.75])) / 1.349), "of the quartiles"),
        (from_errors(spread=lambda e: 1.4826 * np.median(e - np.median(e))), "take their size"),
        (lambda z, p: (*solved_metrics(z, p)[:2], np.mean(abs(p - z) > 0.15)), "divide by 1 + z first"),
        (lambda z, p: solved_metrics(z, p)[::-1], "in another order"),
        (from_errors(bias=lambda e: 7.0), "The bias is 7; expected another value"),
    ],
)
def test_mistakes_in_the_metrics_are_named(function: Metrics, words: str) -> None:
    verdict = redshift_metrics(function)
    assert not verdict.passed
    assert words in repr(verdict)


def test_what_is_right_is_said_and_what_is_wrong_is_not_given_away() -> None:
    verdict = redshift_metrics(from_errors(spread=np.std))
    assert "Right already: bias, outlier fraction." in verdict.findings
    assert len(verdict.findings) == 2


def solved_colours(mags: np.ndarray) -> np.ndarray:
    seen = np.where(mags == 99, np.nan, mags)
    return seen[:, :-1] - seen[:, 1:]


def differences(mags: np.ndarray) -> np.ndarray:
    return mags[:, :-1] - mags[:, 1:]


def spoil(mags: np.ndarray) -> np.ndarray:
    mags[mags == 99] = np.nan
    return differences(mags)


def only_u(mags: np.ndarray) -> np.ndarray:
    colours = differences(mags)
    colours[mags[:, 0] == 99, 0] = np.nan
    return colours


def only_one_side(mags: np.ndarray) -> np.ndarray:
    return np.where(mags[:, :-1] == 99, np.nan, differences(mags))


def fill(value: float) -> Colours:
    return lambda mags: np.nan_to_num(solved_colours(mags), nan=value)


def drop_galaxies(mags: np.ndarray) -> np.ndarray:
    return np.where((mags == 99).any(axis=1)[:, None], np.nan, differences(mags))


def by_size(mags: np.ndarray) -> np.ndarray:
    colours = differences(mags)
    return np.where(np.abs(colours) > 50, np.nan, colours)


def test_masking_passes() -> None:
    verdict = mask_non_detections(solved_colours)
    assert verdict.passed
    assert "ug 12, gr 4, zy 1 of 40" in repr(verdict)


def test_a_mask_by_a_generous_limit_passes() -> None:
    def far(mags: np.ndarray) -> np.ndarray:
        seen = mags < 90
        return np.where(seen[:, :-1] & seen[:, 1:], differences(mags), np.nan)

    assert mask_non_detections(far).passed


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (starter, "starter is untouched"),
        (lambda mags: "colours", "must be numbers"),
        (lambda mags: mags, r"colours must have shape (40, 5); yours: (40, 6)"),
        (lambda mags: differences(np.ma.masked_equal(mags, 99)), "a masked array"),
        (spoil, "changes the magnitudes it is given"),
        (differences, "No colour is blanked"),
        (only_u, "left in ug, gr, zy"),
        (only_one_side, "on both of its sides"),
        (fill(0.0), "a number that looks real"),
        (fill(-1.0), "a number that looks real"),
        (lambda mags: -solved_colours(mags), "The sign is turned"),
        (lambda mags: 2 * solved_colours(mags), "Colours of detected bands are off"),
        (drop_galaxies, "You drop whole galaxies"),
        (lambda mags: solved_colours(np.where(mags > 30, 99.0, mags)), "a real magnitude can pass 30"),
        (by_size, "99 − 99 = 0 looks like a colour"),
    ],
)
def test_mistakes_in_the_mask_are_named(function: Colours, words: str) -> None:
    verdict = mask_non_detections(function)
    assert not verdict.passed
    assert words in repr(verdict)

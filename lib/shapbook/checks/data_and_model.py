"""Checks of the exercises of the page *Data and model*."""

from collections.abc import Callable
from typing import Any

import numpy as np

from shapbook.checks.verdicts import Verdict, array_fault, attempt, failed, known_slip, passed
from shapbook.photometry import BANDS, COLOURS, NON_DETECTION
from shapbook.redshift_metrics import median_bias, outlier_fraction, scaled_errors, sigma_nmad

__all__ = ["mask_non_detections", "redshift_metrics"]

TOLERANCE = 0.003  # accepts 1.48, as many papers write it, for 1.4826


def redshift_metrics(function: Callable[[np.ndarray, np.ndarray], Any]) -> Verdict:
    """Check a learner's function (z_true, z_pred) that returns bias, σ_NMAD and outlier fraction.

    The trial redshifts have a known bias and spread, and outliers planted on one side.
    """
    rng = np.random.default_rng(20230807)
    z_true = rng.uniform(0.1, 3.0, 4000)
    errors = rng.normal(0.08, 0.04, z_true.size)
    errors[:600] -= 0.8
    z_pred = z_true + errors * (1 + z_true)
    value, fault = attempt(function, z_true.copy(), z_pred.copy())
    fault = fault or array_fault(value, (3,), "Bias, σ_NMAD and outlier fraction")
    if fault:
        return fault
    got = np.asarray(value, dtype=float)
    names = ("bias", "spread σ_NMAD", "outlier fraction")
    wanted = numbers(scaled_errors(z_true, z_pred))
    right = np.isclose(got, wanted, rtol=TOLERANCE)
    if right.all():
        return passed(
            "Bias, σ_NMAD and outlier fraction are right on 4,000 trial galaxies with planted outliers.",
            f"The median is {got[0]:.3f} where the mean of the same errors is {errors.mean():.3f}: "
            "15 % of outliers pull the mean, not the median.",
        )
    whole = {
        "The errors are not scaled: divide ẑ − z by 1 + z.": numbers(z_pred - z_true),
        "You divide by 1 + ẑ: scale with the true redshift, 1 + z.": numbers((z_pred - z_true) / (1 + z_pred)),
        "You divide by z: scale with 1 + z.": numbers((z_pred - z_true) / z_true),
    }
    if words := known_slip(got, whole, rtol=TOLERANCE):
        return failed(words)
    if np.allclose(np.sort(got), np.sort(wanted), rtol=TOLERANCE):
        return failed("All three numbers are right, in another order: return bias, spread, outlier fraction.")
    faults = zip(got, parts(errors, z_true), names, right, strict=True)
    findings = [advice(value, slips, name) for value, slips, name, good in faults if not good]
    kept = ", ".join(name for name, good in zip(names, right, strict=True) if good)
    return failed(*findings, *([f"Right already: {kept}."] if kept else []))


def numbers(errors: np.ndarray) -> np.ndarray:
    return np.array([median_bias(errors), sigma_nmad(errors), outlier_fraction(errors)])


def parts(errors: np.ndarray, z_true: np.ndarray) -> list[dict[str, float]]:
    """What typical mistakes give for each of the three numbers, by the advice for each mistake."""
    centred = np.abs(errors - np.median(errors))
    off_mean = np.abs(errors - np.mean(errors))
    quartiles = np.quantile(errors, [0.25, 0.75])
    fraction = outlier_fraction(errors)
    biases = {
        "The bias has the wrong sign: take predicted minus true, ẑ − z.": -np.median(errors),
        "Your bias is the mean, which the outliers pull: take the median.": np.mean(errors),
        "Your bias drops the sign of the errors: take the median of e, not of |e|.": np.median(np.abs(errors)),
    }
    spreads = {
        "The spread lacks its factor: multiply the median deviation by 1.4826.": np.median(centred),
        "The spread holds the bias: subtract the median of e inside |…|.": 1.4826 * np.median(np.abs(errors)),
        "Your spread is the standard deviation, which the outliers blow up: use medians.": np.std(errors),
        "Your spread averages the deviations: take their median.": 1.4826 * np.mean(centred),
        "Your spread averages the deviations: take their median, times 1.4826.": np.mean(centred),
        "The deviations in your spread are from the mean: take them from the median.": 1.4826 * np.median(off_mean),
        "Your spread is that of the quartiles, σ_IQR: the page asks for the median deviation.": np.ptp(quartiles)
        / 1.349,
    }
    fractions = {
        "The outlier fraction is in per cent: return a fraction between 0 and 1.": 100 * fraction,
        "Only errors above +0.15 are counted: compare |e| with 0.15.": np.mean(errors > 0.15),
        "You count the outliers: divide by the number of galaxies.": fraction * errors.size,
        "You count the galaxies that are no outliers: compare with > instead of <.": 1 - fraction,
        "The outliers are measured from the median: compare |e| itself with 0.15.": np.mean(centred > 0.15),
        "The outliers are counted by |Δz|: divide by 1 + z first.": np.mean(np.abs(errors * (1 + z_true)) > 0.15),
    }
    return [biases, spreads, fractions]


def advice(value: float, slips: dict[str, float], name: str) -> str:
    if name.startswith("spread") and abs(value) < 1e-6:
        return "The spread is 0, as deviations of both signs have the median 0: take their size, |e − median e|."
    known = (words for words, slip in slips.items() if np.isclose(value, slip, rtol=TOLERANCE))
    return next(known, f"The {name} is {value:.4g}; expected another value.")


def mask_non_detections(function: Callable[[np.ndarray], Any]) -> Verdict:
    """Check a learner's function of magnitudes (n, 6) that returns colours (n, 5), NaN where unknown."""
    rng = np.random.default_rng(99)
    mags = np.round(rng.uniform(18.0, 27.0, (40, 1)) + rng.normal(0, 0.6, (40, len(BANDS))), 3)
    mags[:8, 0] = NON_DETECTION
    mags[8:11, 1] = NON_DETECTION
    mags[11, :2] = NON_DETECTION
    mags[12, 5] = NON_DETECTION
    mags[13, 0] = 31.0  # very faint, yet detected
    given = mags.copy()
    value, fault = attempt(function, given)
    if fault:
        return fault
    if not np.array_equal(given, mags):
        return failed("Your function changes the magnitudes it is given: work on a copy, or use np.where.")
    if isinstance(value, np.ma.MaskedArray):
        return failed("You return a masked array, whose mask is easily lost: put NaN in, `.filled(np.nan)`.")
    try:
        got = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return failed(f"Colours must be numbers in an array of shape (40, 5); yours is {type(value).__name__}.")
    shape = (len(mags), len(COLOURS))
    if got.shape != shape:
        return failed(f"For magnitudes of shape {mags.shape}, colours must have shape {shape}; yours: {got.shape}.")
    seen = mags != NON_DETECTION
    known = seen[:, :-1] & seen[:, 1:]
    wanted = np.where(known, mags[:, :-1] - mags[:, 1:], np.nan)
    if np.allclose(got, wanted, equal_nan=True):
        lost = ", ".join(f"{name} {count}" for name, count in zip(COLOURS, (~known).sum(axis=0), strict=True) if count)
        return passed(f"Every unknown colour is NaN ({lost} of {len(mags)} trial galaxies), every other one is kept.")
    return failed(*mask_faults(got, wanted, known, seen))


def mask_faults(got: np.ndarray, wanted: np.ndarray, known: np.ndarray, seen: np.ndarray) -> list[str]:
    if np.allclose(got[known], -wanted[known]):
        return ["The sign is turned: a colour is the bluer band minus the redder one, u − g."]
    missed = known & np.isnan(got)
    if np.isnan(got[~seen.all(axis=1)]).all():
        return ["You drop whole galaxies: blank only the colours that use the missing band, and keep the others."]
    if missed.any():
        return ["You blank a detected galaxy: test for the code 99 itself, as a real magnitude can pass 30."]
    if not np.isclose(got[known], wanted[known]).all():
        return ["Colours of detected bands are off: subtract neighbouring columns, mags[:, :-1] − mags[:, 1:]."]
    kept = ~known & ~np.isnan(got)
    both = ~seen[:, :-1] & ~seen[:, 1:]
    if (kept & (np.abs(got) < 60) & ~both).any():
        return ["An unknown colour is a number that looks real: use np.nan, which nobody mistakes for one."]
    if (kept & both).any() and not (kept & ~both).any():
        return ["When both bands are missing, 99 − 99 = 0 looks like a colour: test magnitudes, not colours."]
    if kept.all(where=~known):
        return ["No colour is blanked: find the magnitudes that are 99 first."]
    first = ", ".join(name for name, column in zip(COLOURS, kept.T, strict=True) if column.any())
    return [f"Some unknown colours are left in {first}: a missing band spoils the colours on both of its sides."]

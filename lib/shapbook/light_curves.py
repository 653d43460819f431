r"""Simulated light curves of supernovae, as a survey like LSST might record them in two bands.

What is real: the form of a light curve, $F(t) = A\,(1 - \beta t)/(1 + e^{-t/\tau_\mathrm{rise}})$ up to the end
$\gamma$ of a plateau and an exponential fall after it; the order of magnitude of the time scales; the depth of a
visit and its noise; how often a field is visited in a good season; and that a light curve starts where an alert does.

What is simplified: the numbers in `SHAPES` are round ones chosen by hand, one set for each type and band, and not
fits to supernovae; redshift stretches time, but does not move the spectrum through the bands; visits are independent
of each other, without weather or moon; all types are equally bright; and there is no host galaxy. A classifier that
does well here has not been tested on the sky.

References:
    Supernova Photometric Classification Pipelines (Villar et al., 2019), https://arxiv.org/abs/1905.07422
    LSST: From Science Drivers to Reference Design (Ivezić et al., 2019), https://arxiv.org/abs/0805.2366
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["BANDS", "SHAPES", "LightCurves", "Shape", "flux_error", "network_input", "shape_flux", "simulate"]

BANDS = ("g", "r")
STEP = 3.0  # days
STEPS_BEFORE, STEPS_AFTER = 4, 28  # the alert, the first detection, is at step 4 of 32
DEPTH = np.array([25.0, 24.7])  # magnitude of a source that one visit sees at a signal-to-noise ratio of 5
GAP = np.array([11.0, 5.0])  # mean days between visits: 80 and 184 in ten seasons of half a year, twice as dense
ZERO_POINT = 27.5  # magnitude of unit flux
GAMMA = 0.039  # how noise depends on flux, Ivezić et al., table 2
DETECTION = 5.0  # signal-to-noise ratio
SIMULATED_STEPS = 60
BATCH = 1000


@dataclass(frozen=True)
class Shape:
    """The form of one light curve, in the supernova's own days.

    Attributes:
        amplitude: Flux at the start of the plateau, in units of the r band's.
        rise: Time scale of the rise.
        slope: Share of the amplitude that is lost per day on the plateau.
        plateau: Length of the plateau; 0 for none.
        fall: Time scale of the exponential fall.
    """

    amplitude: float
    rise: float
    slope: float
    plateau: float
    fall: float


# for each type its forms in g and r: Ia fades fast in g; Ibc is redder and fades faster; II-P stays on a plateau
SHAPES: Mapping[str, tuple[Shape, Shape]] = {
    "Ia": (Shape(1.05, 3.5, 0.015, 12, 17), Shape(1.0, 4.0, 0.008, 18, 26)),
    "Ibc": (Shape(0.65, 3.5, 0.020, 9, 15), Shape(1.0, 4.0, 0.012, 12, 22)),
    "II-P": (Shape(1.10, 1.8, 0.007, 85, 12), Shape(1.0, 2.2, 0.0015, 95, 12)),
}


@dataclass(frozen=True, eq=False)
class LightCurves:
    """Light curves on one grid of times, most of whose entries were not observed.

    Attributes:
        days: Days since the alert, of shape (n_steps,).
        flux: Fluxes of shape (n_curves, n_steps, 2), bands g and r; unit flux is 27.5 mag. A number stands also
            where nothing was observed.
        error: Their standard errors, of the same shape.
        observed: Whether the survey visited, booleans of the same shape.
        types: Type of each supernova, of shape (n_curves,).
    """

    days: np.ndarray
    flux: np.ndarray
    error: np.ndarray
    observed: np.ndarray
    types: np.ndarray

    def __len__(self) -> int:
        return len(self.types)

    def take(self, rows: ArrayLike) -> "LightCurves":
        """Return some of the light curves, by numbers or by booleans of shape (n_curves,)."""
        picked = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "days"}
        return LightCurves(self.days, **picked)


def shape_flux(days: ArrayLike, shape: Shape) -> np.ndarray:
    """Return the flux of one form at days since the start of its plateau, when half of the amplitude is reached.

    Example:
        >>> shape_flux([-30, 0, 10, 200], Shape(amplitude=1, rise=2, slope=0, plateau=50, fall=10)).round(2)
        array([0.  , 0.5 , 0.99, 0.  ])
    """
    days = np.asarray(days, dtype=float)
    plateau = 1 - shape.slope * np.minimum(days, shape.plateau)
    fall = np.exp(-np.maximum(days - shape.plateau, 0) / shape.fall)
    return shape.amplitude * plateau * fall / (1 + np.exp(-np.clip(days / shape.rise, -50, 50)))


def flux_error(flux: ArrayLike) -> np.ndarray:
    r"""Return the standard error of a visit's flux, $\sigma^2 = (0.04 - \gamma) F F_5 + \gamma F_5^2$.

    It is equation 5 of Ivezić et al. (2019), there for the error in magnitudes, with $F_5$ the flux at a
    signal-to-noise ratio of 5. A negative flux has the error of the sky alone.

    Arguments:
        flux: Fluxes of shape (…, 2), bands g and r.

    Example:
        >>> f5 = 10 ** (0.4 * (ZERO_POINT - DEPTH))
        >>> (f5 / flux_error(f5)).round(2)
        array([5., 5.])
    """
    limit = 10 ** (0.4 * (ZERO_POINT - DEPTH))
    return np.sqrt((0.04 - GAMMA) * np.maximum(flux, 0) * limit + GAMMA * limit**2)


def simulate(counts: Mapping[str, int], rng: np.random.Generator | int) -> LightCurves:
    """Draw light curves from 12 days before to 81 days after the alert, in steps of 3 days.

    Each supernova has its own brightness at the start of its plateau (19.5 to 23 mag in r), redshift (0.03 to
    0.25, which stretches time), dust (which dims g against r), and a stretch of its time scales. It is kept if it
    is detected within a month or so of its explosion.

    Arguments:
        counts: Number of supernovae of each type of `SHAPES`.
        rng: Random generator, or a seed for one.

    Returns:
        The light curves, type after type.

    Raises:
        ValueError: If a type is unknown or a number is not positive.

    Example:
        >>> curves = simulate({"Ia": 3, "II-P": 2}, rng=1)
        >>> curves.flux.shape, curves.types.tolist()
        ((5, 32, 2), ['Ia', 'Ia', 'Ia', 'II-P', 'II-P'])
    """
    unknown = [name for name in counts if name not in SHAPES]
    if unknown or not counts or min(counts.values()) < 1:
        msg = f"Expected a positive number for some of the types {', '.join(SHAPES)}; got {dict(counts)}."
        raise ValueError(msg)
    rng = np.random.default_rng(rng)
    flux, error, observed = [], [], []
    for name, count in counts.items():
        found = 0
        while found < count:
            some = from_alert(*visits(true_flux(SHAPES[name], BATCH, rng), rng), count - found)
            found += len(some[0])
            for kept, drawn in zip((flux, error, observed), some, strict=True):
                kept.append(drawn)
    days = STEP * np.arange(-STEPS_BEFORE, STEPS_AFTER)
    types = np.repeat(list(counts), list(counts.values()))
    return LightCurves(days, *(np.concatenate(parts) for parts in (flux, error, observed)), types)


def true_flux(shapes: tuple[Shape, Shape], n: int, rng: np.random.Generator) -> np.ndarray:
    """Fluxes without noise, of shape (n, SIMULATED_STEPS, 2)."""
    start, redshift = rng.uniform(12 * STEP, 14 * STEP, n), rng.uniform(0.03, 0.25, n)
    stretch = np.exp(rng.normal(0, 0.1, (n, 1)) + rng.normal(0, 0.05, (n, 2)))
    dimming = np.column_stack([rng.exponential(0.12, n) + rng.normal(0, 0.08, n), np.zeros(n)])  # mag
    scale = 10 ** (0.4 * (ZERO_POINT - rng.uniform(19.5, 23, n)[:, None] - dimming))
    days = STEP * np.arange(SIMULATED_STEPS) - start[:, None]
    bands = [shape_flux(days / ((1 + redshift) * stretch[:, band])[:, None], shapes[band]) for band in (0, 1)]
    return scale[:, None, :] * np.stack(bands, axis=2)


def visits(flux: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Noisy fluxes, their errors, and whether they were observed."""
    error = flux_error(flux)
    return rng.normal(flux, error), error, rng.random(flux.shape) < STEP / GAP


def from_alert(flux: np.ndarray, error: np.ndarray, observed: np.ndarray, most: int) -> tuple[np.ndarray, ...]:
    """Cut the curves around their first detection, and keep `most` of those detected in time."""
    detected = (observed & (flux > DETECTION * error)).any(axis=2)
    alert = detected.argmax(axis=1)
    rows = np.flatnonzero(detected.any(axis=1) & (alert >= STEPS_BEFORE) & (alert <= SIMULATED_STEPS - STEPS_AFTER))[
        :most
    ]
    steps = alert[rows, None] + np.arange(-STEPS_BEFORE, STEPS_AFTER)
    return tuple(numbers[rows[:, None], steps] for numbers in (flux, error, observed))


def network_input(curves: LightCurves) -> np.ndarray:
    r"""Return what a network is told at each step: two scaled fluxes, and whether each was observed.

    Fluxes are scaled by $\operatorname{arsinh}(F/\sigma)/4$ with $\sigma$ the noise of an empty sky: linear for
    faint sources, logarithmic for bright ones. The scale is the same for all curves, so that no step tells about
    another one. What was not observed is 0, with a 0 for its flag.

    Returns:
        Array of shape (n_curves, n_steps, 4), float32: flux in g and r, observed in g and r.
    """
    scaled = np.arcsinh(curves.flux / flux_error(np.zeros(2))) / 4
    return np.concatenate([np.where(curves.observed, scaled, 0), curves.observed], axis=2, dtype=np.float32)

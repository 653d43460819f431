"""The HTML of interactive figures: data for a page's script, and a table for readers without it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from shapbook.figures import BAND_COLOURS
from shapbook.photometry import BANDS, COLOURS
from shapbook.spectra import AB_ZERO_POINT, BREAK, SPEED_OF_LIGHT, ab_magnitudes, band_of, redshifted

__all__ = ["SpectrumExplorer", "data_script", "spectrum_explorer", "table_html"]

TEMPLATE_NAMES = {
    "El": "elliptical (El)",
    "Sbc": "spiral (Sbc)",
    "Scd": "late spiral (Scd)",
    "Im": "irregular (Im)",
    "SB3": "starburst (SB3)",
    "SB2": "young starburst (SB2)",
}
WINDOW = (3000.0, 11500.0)  # Å, observed
BIN = 0.007  # of ln λ: 28 Å at 4000 Å
PASSBAND_STEP = 20  # Å
TABLE_REDSHIFTS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)


def data_script(data: Mapping[str, Any]) -> str:
    """Return the script element that carries the data of an interactive figure, whatever text they hold.

    Raises:
        ValueError: If a number is NaN or infinite, which JSON cannot say.

    Example:
        >>> data_script({"name": "</script>"})
        '<script type="application/json">{"name":"\\\\u003c/script\\\\u003e"}</script>'
    """
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    for sign in "<>&":  # a script element ends at the first `</script`, wherever it stands
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json">{text}</script>'


@dataclass(frozen=True)
class SpectrumExplorer:
    """An interactive figure, which a notebook shows as HTML: a slider moves spectra through the passbands.

    `data` is what the page's script draws: the passbands, and for each template its spectrum f_ν at rest and
    its six magnitudes at every redshift, in units that agree (f_ν = 1 is magnitude 0).
    """

    data: dict[str, Any]
    table: pd.DataFrame
    table_of: str

    def _repr_html_(self) -> str:
        return (
            f'<div class="shapbook-explorer" data-explorer="spectrum">{data_script(self.data)}'
            '<details class="shapbook-explorer-table" open>'
            f"<summary>Colours of the template “{escape(self.table_of)}” as a table</summary>"
            f"{table_html(self.table)}</details></div>"
        )


def spectrum_explorer(
    templates: pd.DataFrame,
    passbands: pd.DataFrame,
    redshifts: np.ndarray | None = None,
    start: str | None = None,
) -> SpectrumExplorer:
    """Return the interactive figure “a galaxy through the bands”.

    Arguments:
        templates: Columns `template`, `wavelength` (Å, at rest, increasing) and `f_lambda` (per Å), as
            {func}`shapbook.datasets.load_templates` gives them.
        passbands: The six LSST passbands, as {func}`shapbook.datasets.load_passbands` gives them.
        redshifts: Those of the slider, of shape (n_redshifts,), evenly spaced; 0 to 3 by 0.02 if None.
        start: The template shown first, which the table is of; the first one if None.

    Raises:
        ValueError: If redshifts are unevenly spaced, `start` is no template, or a spectrum ends in a band.

    Example:
        >>> from shapbook import datasets
        >>> figure = spectrum_explorer(datasets.load_templates(), datasets.load_passbands(), np.arange(4))
        >>> figure._repr_html_()[:59]
        '<div class="shapbook-explorer" data-explorer="spectrum"><sc'
    """
    z = np.linspace(0, 3, 151) if redshifts is None else np.asarray(redshifts, dtype=float)
    if z.ndim != 1 or z.size < 2 or not np.allclose(np.diff(z), z[1] - z[0]) or z[1] <= z[0]:
        msg = f"Redshifts of shape {z.shape} make no slider: expected two or more, increasing in equal steps."
        raise ValueError(msg)
    names = list(dict.fromkeys(templates["template"]))
    start = names[0] if start is None else start
    if start not in names:
        msg = f"Unknown template {start!r} to start with: expected one of {', '.join(names)}."
        raise ValueError(msg)
    edges = np.exp(np.arange(np.log(WINDOW[0] / (1 + z[-1])), np.log(WINDOW[1] / (1 + z[0])) + BIN, BIN))
    shown = []
    for name in names:
        spectrum = templates[templates["template"] == name]
        wavelength, f_lambda = spectrum["wavelength"].to_numpy(), spectrum["f_lambda"].to_numpy()
        f_nu = binned_f_nu(wavelength, f_lambda, edges)
        unit = f_nu.max()
        mags = np.array([ab_magnitudes(*redshifted(wavelength, f_lambda, at), passbands) for at in z])
        mags += 2.5 * np.log10((1 + z[:, None]) * unit / (SPEED_OF_LIGHT * AB_ZERO_POINT))  # the unit of f_ν drawn
        shown.append(
            {
                "name": name,
                "label": TEMPLATE_NAMES.get(name, name),
                "fNu": [float(f"{value:.3g}") for value in f_nu / unit],
                "mags": [[None if np.isinf(m) else round(float(m), 3) for m in row] for row in mags],
            }
        )
    data = {
        "break": BREAK,
        "window": WINDOW,
        "redshift": {"first": float(z[0]), "step": round(float(z[1] - z[0]), 6), "count": len(z)},
        "colours": COLOURS,
        "bands": [band_data(band, passbands) for band in BANDS],
        "wavelength": [round(float(value), 1) for value in np.sqrt(edges[1:] * edges[:-1])],
        "start": names.index(start),
        "templates": shown,
    }
    spectrum = templates[templates["template"] == start]
    return SpectrumExplorer(data, colour_table(spectrum, passbands, z), TEMPLATE_NAMES.get(start, start))


def binned_f_nu(wavelength: np.ndarray, f_lambda: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the mean of f_λ λ² (f_ν up to a constant) in bins of wavelength; 0 outside the spectrum."""
    f_nu = f_lambda * wavelength**2
    total = np.concatenate([[0], np.cumsum((f_nu[1:] + f_nu[:-1]) / 2 * np.diff(wavelength))])
    return np.diff(np.interp(edges, wavelength, total)) / np.diff(edges)


def band_data(band: str, passbands: pd.DataFrame) -> dict[str, Any]:
    wavelength, throughput = passbands["wavelength"].to_numpy(), passbands[band].to_numpy()
    used = np.flatnonzero(throughput)
    rows = slice(max(used[0] - 1, 0), used[-1] + 1 + PASSBAND_STEP, PASSBAND_STEP)
    photons = throughput * wavelength
    return {
        "name": band,
        "colour": BAND_COLOURS[band],
        "centre": round(float((photons * wavelength).sum() / photons.sum())),
        "first": float(wavelength[rows][0]),
        "step": PASSBAND_STEP * float(wavelength[1] - wavelength[0]),
        "throughput": [round(float(value), 3) for value in throughput[rows]],
    }


def colour_table(spectrum: pd.DataFrame, passbands: pd.DataFrame, redshifts: np.ndarray) -> pd.DataFrame:
    """Return the band of the break and the colours at the round redshifts of a slider, as text."""
    chosen = [z for z in TABLE_REDSHIFTS if redshifts[0] <= z <= redshifts[-1]]
    wavelength, f_lambda = spectrum["wavelength"].to_numpy(), spectrum["f_lambda"].to_numpy()
    mags = np.array([ab_magnitudes(*redshifted(wavelength, f_lambda, z), passbands) for z in chosen])
    mags = mags.reshape(len(chosen), len(BANDS))
    table = pd.DataFrame(index=pd.Index([f"{z:.1f}" for z in chosen], name="redshift"))
    table["4000 Å break in band"] = [band_of(BREAK * (1 + z), passbands) or "beyond y" for z in chosen]
    with np.errstate(invalid="ignore"):  # between two dark bands a colour is unknown
        colours = mags[:, :-1] - mags[:, 1:]
    for name, column in zip(COLOURS, colours.T, strict=True):
        shown = [f"{colour:.2f}".replace("-", "−") if np.isfinite(colour) else "unknown" for colour in column]
        table[f"{name} (mag)"] = shown
    return table


def table_html(table: pd.DataFrame) -> str:
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in (table.index.name, *table.columns))
    rows = ""
    for label, values in zip(table.index, table.to_numpy(), strict=True):
        cells = "".join(f"<td>{escape(str(value))}</td>" for value in values)
        rows += f'<tr><th scope="row">{escape(str(label))}</th>{cells}</tr>'
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

"""The HTML of the interactive figures: right numbers, safe text, small enough."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from shapbook import datasets, explorers, spectra


@pytest.fixture(scope="module")
def passbands() -> pd.DataFrame:
    return datasets.load_passbands()


@pytest.fixture(scope="module")
def figure(passbands: pd.DataFrame) -> explorers.SpectrumExplorer:
    return explorers.spectrum_explorer(datasets.load_templates(), passbands, start="Im")


def flat_template(name: str = "flat") -> pd.DataFrame:
    wavelength = np.geomspace(500, 20_000, 20_000)
    return pd.DataFrame({"template": name, "wavelength": wavelength, "f_lambda": 1 / wavelength**2})


def test_the_output_is_small_and_its_data_can_be_read(figure: explorers.SpectrumExplorer) -> None:
    html = figure._repr_html_()
    assert len(html.encode()) < 80_000
    root = BeautifulSoup(html, "html.parser").select_one(".shapbook-explorer[data-explorer=spectrum]")
    data = json.loads(root.select_one("script[type='application/json']").string)
    assert [t["name"] for t in data["templates"]] == ["El", "Sbc", "Scd", "Im", "SB2", "SB3"]
    assert data["templates"][data["start"]]["name"] == "Im"
    assert all(len(t["mags"]) == data["redshift"]["count"] for t in data["templates"])
    assert all(len(t["fNu"]) == len(data["wavelength"]) for t in data["templates"])


def test_colours_of_the_figure_are_those_of_the_spectra(
    figure: explorers.SpectrumExplorer, passbands: pd.DataFrame
) -> None:
    templates = datasets.load_templates()
    for shown in figure.data["templates"]:
        spectrum = templates[templates["template"] == shown["name"]]
        track = spectra.colour_track(spectrum["wavelength"], spectrum["f_lambda"], [0.0, 1.5, 3.0], passbands)
        mags = np.array([shown["mags"][i] for i in (0, 75, 150)])
        assert np.allclose(mags[:, :-1] - mags[:, 1:], track, atol=0.0011)


def test_dots_and_spectrum_share_one_scale(passbands: pd.DataFrame) -> None:
    flat = explorers.spectrum_explorer(flat_template(), passbands, np.linspace(0, 3, 4)).data["templates"][0]
    assert np.allclose(flat["fNu"], 1, atol=1e-3)
    assert np.allclose(flat["mags"], 0, atol=1e-3)


def test_passbands_are_those_of_the_survey(figure: explorers.SpectrumExplorer, passbands: pd.DataFrame) -> None:
    for band in figure.data["bands"]:
        at = band["first"] + band["step"] * np.arange(len(band["throughput"]))
        truth = np.interp(at, passbands["wavelength"], passbands[band["name"]])
        assert np.allclose(band["throughput"], truth, atol=6e-4)
        used = passbands["wavelength"][passbands[band["name"]] > 0]
        assert band["first"] <= used.min()
        assert at[-1] >= used.max()
        assert used.min() < band["centre"] < used.max()


def test_the_table_works_without_a_script(figure: explorers.SpectrumExplorer) -> None:
    table = BeautifulSoup(figure._repr_html_(), "html.parser").select_one("details[open] table")
    rows = [[cell.get_text() for cell in row.select("th, td")] for row in table.select("tr")]
    assert rows[0] == [
        "redshift",
        "4000 Å break in band",
        "ug (mag)",
        "gr (mag)",
        "ri (mag)",
        "iz (mag)",
        "zy (mag)",
    ]
    assert [row[0] for row in rows[1:]] == ["0.0", "0.5", "1.0", "1.5", "2.0", "2.5", "3.0"]
    assert [row[1] for row in rows[1:]] == ["g", "r", "i", "y", "beyond y", "beyond y", "beyond y"]
    shown = figure.data["templates"][figure.data["start"]]["mags"][0]
    assert float(rows[1][2]) == pytest.approx(shown[0] - shown[1], abs=0.0061)


def test_text_cannot_break_out_of_the_page(passbands: pd.DataFrame) -> None:
    evil = "</script><img src=x onerror=alert(1)>&"
    html = explorers.spectrum_explorer(flat_template(evil), passbands, np.linspace(0, 3, 4))._repr_html_()
    soup = BeautifulSoup(html, "html.parser")
    assert soup.img is None
    assert evil in soup.summary.get_text()
    assert json.loads(soup.script.string)["templates"][0]["name"] == evil
    assert len(re.findall("</script>", html)) == 1


def test_bands_without_light_are_marked_unknown(passbands: pd.DataFrame) -> None:
    dark = flat_template()
    dark.loc[dark["wavelength"] < 4200, "f_lambda"] = 0
    data = explorers.spectrum_explorer(dark, passbands, np.linspace(0, 1, 2)).data
    assert data["templates"][0]["mags"][0][0] is None
    json.dumps(data, allow_nan=False)
    dark.loc[dark["wavelength"] < 6000, "f_lambda"] = 0
    table = explorers.spectrum_explorer(dark, passbands, np.linspace(0, 1, 2)).table
    assert list(table["ug (mag)"]) == ["unknown"] * 3


@pytest.mark.parametrize("redshifts", [[0.5], [0, 1, 3], [1, 0], [[0, 1]]])
def test_uneven_redshifts_are_refused(redshifts: list[float], passbands: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="make no slider: expected two or more, increasing in equal steps"):
        explorers.spectrum_explorer(flat_template(), passbands, np.array(redshifts))


def test_an_unknown_start_is_refused(passbands: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="Unknown template 'Sa' to start with: expected one of flat"):
        explorers.spectrum_explorer(flat_template(), passbands, start="Sa")

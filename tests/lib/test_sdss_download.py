"""Sheets are fetched once, checked and kept whole; whatever fails is told, and nothing half-written stays."""

import errno
import hashlib
import io
import re
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pooch
import pytest

from shapbook import image_survey, sdss_download
from shapbook.data_files import DataError
from shapbook.sdss_sheets import SHEETS

CONTENTS = {name: name.encode() * 5000 for name in SHEETS}


class Origin(ThreadingHTTPServer):
    """A server on 127.0.0.1 that serves contents, and misbehaves as planned: name → what to do, one a request."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.contents = contents
        self.plan: dict[str, list[str]] = {}
        self.requested: list[str] = []
        self.address = f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Origin

    def do_GET(self) -> None:
        name = self.path.lstrip("/")
        self.server.requested.append(name)
        plan = self.server.plan.get(name, [])
        deed = plan.pop(0) if plan else "good"
        content = self.server.contents[name]
        if deed in ("absent", "busy"):
            self.send_error(404 if deed == "absent" else 503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write({"good": content, "wrong": content[::-1], "truncated": content[:5000]}[deed])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def origin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Origin]:
    """A good server with six small sheets, whose sums are the expected ones; retries do not wait."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}
    monkeypatch.setattr(sdss_download, "SHEETS", sums)
    monkeypatch.setattr(pooch.core.time, "sleep", lambda seconds: None)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Origin(CONTENTS) as server:
        thread = threading.Thread(target=partial(server.serve_forever, poll_interval=0.01), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(folder: Path, origin: str) -> str:
    with pytest.raises(DataError) as caught:
        sdss_download.download_sheets(folder, origin)
    return str(caught.value)


def test_all_sheets_are_fetched_with_progress(origin: Origin, tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    sdss_download.download_sheets(tmp_path / "new" / "sdss", origin.address)
    assert contents(tmp_path / "new" / "sdss") == CONTENTS
    assert origin.requested == list(SHEETS)
    bars = capfd.readouterr().err
    assert all(f"{name}: 100%" in bars for name in SHEETS)


def test_a_second_run_fetches_nothing(origin: Origin, tmp_path: Path) -> None:
    sdss_download.download_sheets(tmp_path, origin.address)
    origin.requested.clear()
    sdss_download.download_sheets(tmp_path, origin.address)
    assert origin.requested == []
    assert contents(tmp_path) == CONTENTS


@pytest.mark.parametrize("fault", ["absent", "busy", "wrong", "truncated"])
def test_a_failed_run_keeps_whole_sheets_only_and_the_next_goes_on(origin: Origin, tmp_path: Path, fault: str) -> None:
    origin.plan["trainI.png"] = [fault] * 4
    refused(tmp_path, origin.address)
    assert contents(tmp_path) == {name: CONTENTS[name] for name in ("trainE.png", "trainS.png")}
    assert origin.requested == ["trainE.png", "trainS.png", *["trainI.png"] * 4]
    origin.requested.clear()
    sdss_download.download_sheets(tmp_path, origin.address)
    assert origin.requested == ["trainI.png", "testE.png", "testS.png", "testI.png"]
    assert contents(tmp_path) == CONTENTS


@pytest.mark.parametrize("faults", [["busy"], ["truncated", "wrong"], ["absent", "busy", "truncated"]])
def test_a_passing_fault_is_tried_again(origin: Origin, tmp_path: Path, faults: list[str]) -> None:
    origin.plan["trainE.png"] = list(faults)
    sdss_download.download_sheets(tmp_path, origin.address)
    assert contents(tmp_path) == CONTENTS
    assert origin.requested.count("trainE.png") == len(faults) + 1


def test_an_altered_sheet_is_replaced_but_not_by_a_wrong_one(origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "testS.png").write_bytes(b"altered")
    origin.plan["testS.png"] = ["wrong"] * 4
    refused(tmp_path, origin.address)
    assert contents(tmp_path)["testS.png"] == b"altered"
    sdss_download.download_sheets(tmp_path, origin.address)
    assert contents(tmp_path) == CONTENTS


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("absent", r"the server answered 404 Not Found\. .* Try again later\."),
        ("busy", r"the server answered 503 Service Unavailable\. .* Try again later\."),
        ("truncated", r"no complete answer came .*5000 bytes read.* Check the network"),
    ],
)
def test_what_the_server_did_is_told(origin: Origin, tmp_path: Path, fault: str, told: str) -> None:
    origin.plan["trainE.png"] = [fault] * 4
    message = refused(tmp_path, origin.address)
    where = f"SDSS sheet trainE.png was not fetched from {origin.address}trainE.png into {tmp_path}: "
    assert re.fullmatch(re.escape(where) + told + ".* not fetched again.", message), message
    assert "Nothing of it was kept." in message


def test_a_wrong_sum_is_told_with_both_sums(origin: Origin, tmp_path: Path) -> None:
    origin.plan["trainE.png"] = ["wrong"] * 4
    message = refused(tmp_path, origin.address)
    got = hashlib.sha256(CONTENTS["trainE.png"][::-1]).hexdigest()
    assert "what arrived is not the expected file" in message
    assert f"expected {sdss_download.SHEETS['trainE.png']} but got {got}" in message
    assert message.endswith("a proxy alters the file or its origin has changed: report it.")
    assert contents(tmp_path) == {}


def test_without_a_network_the_reader_is_told_so(origin: Origin, tmp_path: Path) -> None:
    nobody = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    nobody.server_close()  # its port is free, so that nothing answers there
    message = refused(tmp_path, f"http://127.0.0.1:{nobody.server_port}/")
    assert "no complete answer came (ConnectionError: " in message
    assert "Check the network and its proxy, and try again." in message
    assert contents(tmp_path) == {}


def test_a_full_disk_is_told_and_nothing_stays(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class FileOnFullDisk(io.FileIO):
        def write(self, chunk: bytes) -> int:
            if self.tell() > 4000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(chunk[:5000])

    monkeypatch.setattr(sdss_download, "open", FileOnFullDisk, raising=False)
    message = refused(tmp_path, origin.address)
    assert f"the disk is full (No space left on device). Nothing of it was kept. Free 3 MB for {tmp_path}" in message
    assert contents(tmp_path) == {}
    assert origin.requested == ["trainE.png"]  # trying again is no use


def test_a_folder_that_cannot_be_made_is_told(origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    message = refused(tmp_path / "file" / "sdss", origin.address)
    assert "the folder can't be written" in message
    assert str(tmp_path / "file" / "sdss") in message
    assert "name another folder" in message
    assert origin.requested == []


def test_a_folder_without_permission_is_told(origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**options: object) -> None:  # the tests may run as root, whom no mode of a folder stops
        raise PermissionError(errno.EACCES, "Permission denied", str(options["dir"]))

    monkeypatch.setattr(pooch.utils.tempfile, "NamedTemporaryFile", denied)
    message = refused(tmp_path, origin.address)
    assert "the folder can't be written" in message
    assert "Permission denied" in message
    assert origin.requested == []


def test_the_readme_tells_origin_and_sums() -> None:
    readme = Path(__file__).parents[2].joinpath("data", "sdss", "README.md").read_text(encoding="utf-8")
    host, owner, repository, commit = sdss_download.ORIGIN.removeprefix("https://").strip("/").split("/")
    assert host == "raw.githubusercontent.com"
    assert f"`{owner}/{repository}`" in readme
    assert f"`{commit}`" in readme
    assert [name for name, digest in SHEETS.items() if f"`{name}`" not in readme or f"`{digest}`" not in readme] == []


def test_the_command_tells_success_and_failure(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    fetch = partial(sdss_download.download_sheets, origin=origin.address)
    monkeypatch.setattr(sdss_download, "download_sheets", fetch)
    origin.plan["testE.png"] = ["absent"] * 4
    assert sdss_download.main([str(tmp_path)]) == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("SDSS sheet testE.png was not fetched")
    assert sdss_download.main([str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith(f"All six SDSS sheets are in {tmp_path}")


@pytest.mark.parametrize("found", [True, False])
def test_without_a_folder_sheets_go_where_the_loader_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, found: bool
) -> None:
    fetched = []
    here, installed, clone = tmp_path / "here", tmp_path / "site-packages", tmp_path / "data"
    clone.mkdir()
    monkeypatch.setattr(sdss_download, "data_folders", lambda: [installed, clone])
    monkeypatch.setattr(sdss_download, "present_sheets", lambda: [here / "testE.png"] if found else [])
    monkeypatch.setattr(sdss_download, "download_sheets", fetched.append)
    assert sdss_download.main([]) == 0
    assert fetched == [here if found else clone / "sdss"]
    assert str(fetched[0]) in capsys.readouterr().out


def test_a_chosen_folder_that_does_not_exist_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("SHAPBOOK_DATA", str(tmp_path / "nowhere"))
    assert sdss_download.main([]) == 1
    assert "which is no folder" in capsys.readouterr().err


def test_the_real_sheets_arrive_as_the_loader_wants_them(
    origin: Origin, sdss: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sdss_download, "SHEETS", SHEETS)
    origin.contents = {name: path.read_bytes() for name, path in sdss.items()}
    sdss_download.download_sheets(tmp_path, origin.address)
    monkeypatch.setenv("SHAPBOOK_DATA", str(tmp_path))
    assert len(image_survey.load_images("test", "sdss")) == 675

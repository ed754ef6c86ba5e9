"""Archives that mean harm: what comes of them is plain files at their places, or an error that says why."""

import io
import os
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from helpers.standin import Hub
from xh.data import archive, fetch
from xh.spec import Files

NAME = "set/de.txt"


def bring(
    hub: Hub, tmp_path: Path, *members: tuple[tarfile.TarInfo, bytes], cut: int | None = None, mode: str = "w:bz2"
) -> str:
    """Have an archive of these members brought below ``place``; returns what went wrong."""
    with tarfile.open(hub.files / "hostile.tar", mode) as made:
        for member, content in members:
            member.size = member.size or len(content)
            made.addfile(member, io.BytesIO(content) if content else None)
    content = (hub.files / "hostile.tar").read_bytes()
    (hub.files / "hostile.tar").write_bytes(content[:cut])
    data = Files(("set/{lang}.txt",), {"test": "test"}, url=f"{hub.address}/files/hostile.tar")
    problems = fetch.bring([fetch.SourceSplit(data, "test", "de")], tmp_path / "place")
    assert not (tmp_path / "place/.unpacking").exists()
    return "".join(problems.values())


def file(name: str, content: bytes = b"rows", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(member, field, value)
    return member, content


def there(tmp_path: Path) -> Iterator[str]:
    for folder, _, files in os.walk(tmp_path / "place"):
        yield from (str(Path(folder, name).relative_to(tmp_path / "place")) for name in files)


@pytest.mark.parametrize(
    "member",
    [
        file("../out.txt"),
        file("set/../../out.txt"),
        file("/tmp/xh-out.txt"),
        file("out", b"", type=tarfile.SYMTYPE, linkname="/etc"),
        file("set/fr.txt", b"", type=tarfile.LNKTYPE, linkname="../../../../etc/passwd"),
        file("set/fr.txt", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        file("set/fr.txt", b"", type=tarfile.FIFOTYPE),
        file("set/fr.txt", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
        file("xh-manifest.json"),
        file("models/xlm-roberta-large/config.json"),
        file("set/de.txt/more.txt"),
    ],
    ids=lambda member: f"{member[0].name} {member[0].linkname}",
)
def test_only_wanted_plain_files_come_of_an_archive(hub, tmp_path, member):
    bring(hub, tmp_path, member, file(NAME))
    assert {*there(tmp_path)} <= {NAME, ".unpacking.lock"}
    assert not (tmp_path / "out.txt").exists() and not Path("/tmp/xh-out.txt").exists()


def test_what_is_there_is_not_replaced(hub, tmp_path):
    (tmp_path / "place/set").mkdir(parents=True)
    (tmp_path / "place/set/fr.txt").write_text("mine")
    assert not bring(hub, tmp_path, file(NAME), file("set/fr.txt"))
    assert (tmp_path / "place/set/fr.txt").read_text() == "mine"
    assert (tmp_path / f"place/{NAME}").read_bytes() == b"rows"


def test_bombs_are_not_unpacked(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "SMALL", 10_000)
    assert "would unpack to more than" in bring(hub, tmp_path, file(NAME, bytes(10_000_000)))
    assert "has a header of 9,000,000 bytes" in bring(
        hub, tmp_path, file("x", bytes(9_000_000), type=tarfile.GNUTYPE_LONGNAME), file(NAME)
    )
    assert not [*there(tmp_path)][1:], "the lock alone"


def test_an_archive_that_was_cut_off_counts_for_nothing(hub, tmp_path):
    assert bring(hub, tmp_path, file("set/aa.txt", os.urandom(5000)), file(NAME, os.urandom(5000)), cut=-3000)
    assert [*there(tmp_path)] == [".unpacking.lock"]


def test_a_transfer_that_was_cut_off_is_said(hub, tmp_path, monkeypatch):
    from helpers.standin import Handler

    def cut(handler: BaseHTTPRequestHandler, content: bytes, *_: object, **__: object) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content) + 1000))
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True

    monkeypatch.setattr(Handler, "_send", cut)
    assert "1,000" not in (said := bring(hub, tmp_path, file(NAME), mode="w")) and "it ends after" in said

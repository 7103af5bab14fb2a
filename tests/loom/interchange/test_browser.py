"""The exported page in a real browser that reaches nothing beyond the file."""

import base64
import os
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from loom.interchange.document import Entry, SessionDocument
from loom.interchange.html import to_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
NEEDS_CHROMIUM = pytest.mark.skipif(
    not CHROMIUM and "CI" not in os.environ, reason="needs the browser of the Debian package chromium"
)


def png(width: int, height: int) -> str:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = zlib.compress((b"\0" + b"\x20\x80\xc0" * width) * height)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    made = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return base64.b64encode(made).decode()


def opened(page: Path, profile: Path, *options: str) -> str:
    """What the browser prints, with every host out of reach."""
    done = subprocess.run(
        [
            *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
            *("--no-first-run", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"),
            *(f"--user-data-dir={profile}", *options, page.as_uri()),
        ],
        capture_output=True,
        timeout=150,
        check=True,
    )
    return done.stdout.decode()


@NEEDS_CHROMIUM
@pytest.mark.slow
def test_the_page_opens_without_a_network_and_runs_nothing(tmp_path: Path) -> None:
    attack = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    page = tmp_path / "session.html"
    document = SessionDocument(
        *("s-1", f"A talk {attack}", 1777636800.0, "coder", "model-x", "/work"),
        entries=(
            Entry("user", 1777636801.0, f"hello {attack}", images=(("image/png", png(30, 20)),)),
            Entry(
                "assistant", 1777636802.0, f"# Found\n\n```python\nx = 1\n```\n\n{attack} ![p](https://a.example/p.png)"
            ),
            Entry("tool", 1777636803.0, attack * 20, "run_command", {"command": attack}, "completed"),
        ),
    )
    page.write_text(to_html(document), encoding="utf-8")
    dom = opened(page, tmp_path / "profile", "--dump-dom")
    assert "<title>A talk &lt;script&gt;" in dom
    assert "<script" not in dom
    assert dom.count("<img") == 1
    assert dom.count("<article") == 3
    assert '<span class="m">1</span>' in dom
    shots = [tmp_path / "light.png", tmp_path / "dark.png"]
    for shot, scheme in zip(shots, ("1", "0"), strict=True):
        options = (f"--screenshot={shot}", "--window-size=800,900", f"--blink-settings=preferredColorScheme={scheme}")
        opened(page, tmp_path / "profile", *options)
    assert all(shot.read_bytes().startswith(b"\x89PNG") for shot in shots)
    assert shots[0].read_bytes() != shots[1].read_bytes()

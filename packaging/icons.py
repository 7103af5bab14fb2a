"""Make the program's icon in the forms that Windows and macOS want, of its drawing: the bundle's recipe does.

python packaging/icons.py FOLDER
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

DRAWING = Path(__file__).resolve().parent.parent / "resources" / "icons" / "loom-studio.svg"
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)
ICNS_SIZES = {"icp4": 16, "icp5": 32, "ic11": 32, "ic12": 64, "ic07": 128, "ic08": 256, "ic13": 256, "ic09": 512,
              "ic14": 512, "ic10": 1024}  # fmt: skip
"""Apple's names for the sizes in pixels; some are of the same one, at twice the resolution."""


def png(size: int) -> bytes:
    """The drawing as a PNG of so many pixels."""
    image = QImage(QSize(size, size), QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return held.data()


def ico() -> bytes:
    """Windows' form: a list of where each PNG is, and then they."""
    made = [(size, png(size)) for size in ICO_SIZES]
    place = 6 + 16 * len(made)
    head, body = struct.pack("<HHH", 0, 1, len(made)), b""
    for size, data in made:
        side = size % 256  # 0 stands for 256
        head += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(data), place + len(body))
        body += data
    return head + body


def icns() -> bytes:
    """Apple's form: each PNG under the name of its size."""
    body = b""
    for name, size in ICNS_SIZES.items():
        data = png(size)
        body += name.encode() + struct.pack(">I", 8 + len(data)) + data
    return b"icns" + struct.pack(">I", 8 + len(body)) + body


def write(folder: Path) -> None:
    """Write `loom-studio.ico` and `loom-studio.icns` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "loom-studio.ico").write_bytes(ico())
    (folder / "loom-studio.icns").write_bytes(icns())


if __name__ == "__main__":
    write(Path(sys.argv[1]))

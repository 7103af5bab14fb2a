"""The recipes for systems that are not tried here: what can be held of them without these."""

import plistlib
import runpy
from pathlib import Path

from PySide6.QtGui import QImageReader

from loom_studio.language import LANGUAGES

PACKAGING = Path(__file__).parents[1] / "packaging"
APPLES_NAMES = {"en": "en", "zh_CN": "zh-Hans"}


def test_the_app_of_macos_is_the_window_in_every_language() -> None:
    told = plistlib.loads((PACKAGING / "macos" / "Info.plist").read_bytes())
    assert (told["CFBundleExecutable"], told["LSBackgroundOnly"]) == ("loom-studio", False)
    assert f'name="{told["CFBundleExecutable"]}"' in (PACKAGING / "bundle" / "loom-studio.spec").read_text("utf-8")
    assert told["CFBundleLocalizations"] == [APPLES_NAMES[name] for name in LANGUAGES]


def test_the_icon_is_made_in_every_size(tmp_path: Path) -> None:
    made = runpy.run_path(str(PACKAGING / "icons.py"))
    made["write"](tmp_path)
    wanted = {"ico": made["ICO_SIZES"], "icns": tuple(made["ICNS_SIZES"].values())}
    for kind, sizes in wanted.items():
        reader = QImageReader(str(tmp_path / f"loom-studio.{kind}"))
        found: list[int] = []
        for number in range(reader.imageCount()):
            reader.jumpToImage(number)
            image = reader.read()
            assert image.pixelColor(0, 0).alpha() == 0, "its corners are round"
            found.append(image.width())
        assert found == list(sizes), kind

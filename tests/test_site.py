"""The manual as a site: every link and picture of its pages leads to a file of it, in every language."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loom_studio.language import LANGUAGES
from loom_studio.services.manual import read_manual

ROOT = Path(__file__).parent.parent
TAGS = {"en": "en", "zh_CN": "zh-Hans"}


def build(target: Path, root: Path = ROOT) -> str:
    """Build the site as `make site` does; returns what is said."""
    command = [sys.executable, str(root / "packaging" / "site.py"), str(target)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("built") / "site"
    assert f"{len(read_manual()) * len(LANGUAGES)} pages" in build(target)
    return target


def attributes(name: str, page: str) -> list[str]:
    return re.findall(rf'{name}="([^"]+)"', page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_the_site_leads_to_a_file(site: Path, language: str) -> None:
    pages = sorted((site / language).glob("*.html"))
    assert len(pages) == len(read_manual(language))
    for page in pages:
        targets = re.findall(r'(?:href|src)="([^"]+)"', page.read_text(encoding="utf-8"))
        assert len(targets) > len(pages)
        assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_its_language_and_leads_to_itself_in_the_others(site: Path, language: str) -> None:
    for file in (site / language).glob("*.html"):
        page = file.read_text(encoding="utf-8")
        assert attributes("<html lang", page) == [TAGS[language]]
        for other, name in LANGUAGES.items():
            link = f'<a href="../{other}/{file.name}" rel="alternate" lang="{TAGS[other]}" hreflang="{TAGS[other]}">'
            assert (f"{link}{name}</a>" in page) == (other != language)
        assert attributes("aria-label", page) == [{"en": "Topics", "zh_CN": "主题"}[language]]


def test_a_picture_of_the_language_takes_the_place_of_that_of_all(tmp_path: Path) -> None:
    for folder in ("packaging", "resources/help"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    pictures = tmp_path / "resources" / "help" / "pictures"
    (pictures / "zh_CN").mkdir(exist_ok=True)
    (pictures / "zh_CN" / "window.png").write_bytes(b"the Chinese window")
    build(tmp_path / "site", tmp_path)
    assert (tmp_path / "site" / "zh_CN" / "window.png").read_bytes() == b"the Chinese window"
    assert (tmp_path / "site" / "en" / "window.png").read_bytes() == (pictures / "window.png").read_bytes()
    assert (tmp_path / "site" / "zh_CN" / "trace.png").exists()

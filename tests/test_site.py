"""The manual as a site: every link and picture of its pages leads to a file of it."""

import re
import subprocess
import sys
from pathlib import Path

from loom_studio.services.manual import read_manual

SITE = Path(__file__).parent.parent / "packaging" / "site.py"


def test_every_link_of_the_site_leads_to_a_file(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, str(SITE), str(tmp_path / "site")], capture_output=True, text=True, check=True
    )
    assert f"{len(read_manual())} pages" in made.stdout
    pages = sorted((tmp_path / "site" / "en").glob("*.html"))
    assert len(pages) == len(read_manual())
    for page in pages:
        targets = re.findall(r'(?:href|src)="([^"]+)"', page.read_text(encoding="utf-8"))
        assert len(targets) > len(pages)
        assert [target for target in targets if not (page.parent / target).exists()] == []

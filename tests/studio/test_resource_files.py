"""Resources are found in a checkout, and an installed wheel has them inside the package."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from loom_studio import resource_files
from loom_studio.resource_files import resource_path

ROOT = Path(__file__).parent.parent.parent


def test_the_folder_of_a_checkout_is_found() -> None:
    assert resource_path() == ROOT / "resources"


def test_a_missing_resource_is_named() -> None:
    with pytest.raises(FileNotFoundError, match=r"'icons/unicorn\.svg' is missing"):
        resource_path("icons/unicorn.svg")


@pytest.mark.parametrize("name", ["../pyproject.toml", "icons/../../README.md"])
def test_a_name_does_not_leave_the_folder(name: str) -> None:
    with pytest.raises(ValueError, match="not inside"):
        resource_path(name)


def test_a_folder_inside_the_package_goes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "a.txt").write_text("installed")
    monkeypatch.setattr(resource_files, "_PACKAGE", tmp_path)
    assert resource_path("a.txt").read_text() == "installed"


@pytest.mark.slow
def test_the_wheel_holds_resources_types_and_licence(tmp_path: Path) -> None:
    """Built with the backend in this environment, so that no index is asked."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"loom/py.typed", "loom_studio/py.typed", "loom/__init__.pyi"} <= set(names)
    shipped = {name.removeprefix("loom_studio/resources/") for name in names if "/resources/" in name}
    files = [path for path in (ROOT / "resources").rglob("*") if path.is_file()]
    assert shipped == {str(path.relative_to(ROOT / "resources")) for path in files}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests", "benchmarks")) for name in names)

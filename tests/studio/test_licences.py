"""Licences of what is bundled."""

from pathlib import Path

from loom_studio.services.licences import bundled_parts, installed_packages


def test_what_a_bundle_holds_besides_packages_is_listed_with_its_text(tmp_path: Path) -> None:
    (tmp_path / "libdbus-1-3").mkdir()
    (tmp_path / "libdbus-1-3" / "copyright").write_text("AFL-2.1\n")
    (tmp_path / "GPL-3.0.txt").write_bytes(b"GNU \xff\n")
    assert [(each.name, each.text) for each in bundled_parts(tmp_path)] == [
        ("GPL-3.0", "GNU \ufffd"),
        ("libdbus-1-3", "AFL-2.1"),
    ]
    assert bundled_parts(tmp_path / "gone") == []


def test_the_studio_is_first_and_its_packages_are_named_once() -> None:
    names = [each.name for each in installed_packages()]
    assert names[0] == "loom-studio"
    assert len(names) == len(set(names)) > 20

"""Data is where the system has programs keep it, without asking the library that knows every system."""

from pathlib import Path

import platformdirs
import pytest

from loom.data_place import data_folder


@pytest.mark.parametrize("given", [None, "", "/elsewhere/data", "not/absolute"])
def test_data_is_kept_where_platformdirs_would_keep_it(
    given: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    if given is None:
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_DATA_HOME", given)
    assert data_folder("loom-studio") == Path(platformdirs.user_data_dir("loom-studio"))

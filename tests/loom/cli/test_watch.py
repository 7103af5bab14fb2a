"""`loom watch`, as a program of its own."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")


async def test_what_changes_is_printed_until_it_is_interrupted(tmp_path: Path) -> None:
    options = ["watch", "--workspace", str(tmp_path), "--json"]
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-c", "from loom.cli import main; raise SystemExit(main())", *options],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    async with asyncio.timeout(150):
        assert b"files of" in await process.stderr.readline()
        (tmp_path / "new.txt").write_text("x")
        event = json.loads(await process.stdout.readline())
        process.send_signal(signal.SIGINT)
        await process.communicate()
    assert event["summary"] == "new.txt was created"
    assert event["action"] == "queue"
    assert process.returncode == 0

"""An index of many Markdown files, made by a child process beside the Studio's loop, and asked on it.

A 4 ms timer on the GUI thread notes how late it fires. The words are made up, as frequent as words of a language.
"""

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import psutil
from PySide6 import QtCore, QtWidgets

from loom.config.knowledge import KnowledgeSource
from loom.knowledge.base import KnowledgeBase
from loom_studio.loop import run

FILES = int(sys.argv[3])
BEAT_MS = 4
QUERIES = 100
DIMENSIONS = 256
SYLLABLES = [a + b for a in "b c d f g h k l m n p r s t v w st tr ch".split() for b in "a e i o u ai er on in".split()]


class Beat(QtCore.QObject):
    """How late the GUI's timer fires, in ms."""

    def __init__(self):
        super().__init__()
        self.late, self.last = [], time.perf_counter()
        self.timer = QtCore.QTimer(self, interval=BEAT_MS, timerType=QtCore.Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self.on_beat)
        self.timer.start()

    def on_beat(self):
        now = time.perf_counter()
        self.late.append((now - self.last) * 1000 - BEAT_MS)
        self.last = now

    @property
    def worst(self):
        self.timer.stop()
        return max(self.late)


def fill(root):
    chance = random.Random(7)
    made = {"".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(60_000)}
    words = sorted(made)[:30_000]
    chance.shuffle(words)
    text = chance.choices(words, weights=[1 / (n + 8) for n in range(len(words))], k=3_000_000)
    at = 0
    for n in range(FILES):
        parts = [f"# {words[n * 7 % len(words)].title()} {n}\n"]
        for _ in range(5):
            parts.append(f"\n## {' '.join(text[at : at + 3]).title()}\n\n")
            parts.append(f"{' '.join(text[at + 3 : at + 110])}. See `get_{text[at]}_{text[at + 1]}`.\n")
            at = (at + 117) % (len(text) - 200)
        file = root / f"d{n // 100}" / f"doc{n}.md"
        if n % 100 == 0:
            file.parent.mkdir()
        file.write_text("".join(parts))
    return text


async def measured(root, home):
    text = fill(root)
    size = sum(file.stat().st_size for file in root.rglob("*.md"))
    base = KnowledgeBase([KnowledgeSource.folder("docs", str(root))], folder=home)
    told = []
    await asyncio.sleep(0.5)
    beat, began = Beat(), time.perf_counter()
    outcome = await base.update("docs", told.append)
    index_s, late_ms = time.perf_counter() - began, beat.worst
    assert outcome.read == FILES, outcome
    began = time.perf_counter()
    await base.update("docs")
    again_s = time.perf_counter() - began
    chance, took, beat = random.Random(3), [], Beat()
    for _ in range(QUERIES):
        start = chance.randrange(len(text) - 200)
        question = " ".join(chance.sample(text[start : start + 120], 6))
        began = time.perf_counter()
        await base.search("docs", question, 5)
        took.append((time.perf_counter() - began) * 1000)
    late_query = beat.worst
    status = (await base.status())[0]
    vector_ms = await asyncio.get_running_loop().run_in_executor(None, with_vectors, base.readers[0].file, text)
    await base.aclose()
    used = psutil.Process().cpu_times()
    took.sort()
    return {
        "megabytes": size / 1e6,
        "index_s": index_s,
        "cpu_s": used.children_user + used.children_system,
        "index_mb": base.readers[0].file.stat().st_size / 1e6,
        "late_ms": late_ms,
        "told": len(told),
        "again_s": again_s,
        "chunks": status.index.chunks,
        "query_ms": statistics.median(took),
        "query_p95_ms": took[int(len(took) * 0.95)],
        "query_late_ms": late_query,
        "vector_ms": vector_ms,
    }


def with_vectors(file, text):
    """The median of queries where every piece has a vector, in ms."""
    from array import array

    from loom.knowledge.index import Index

    chance, index = random.Random(5), Index(file)
    while missing := index.without_vector("random", 5_000):
        numbers = [array("f", (chance.random() - 0.5 for _ in range(DIMENSIONS))) for _ in range(50)]
        index.put_vectors("random", [(chunk, numbers[chunk % 50]) for chunk, _ in missing])
    took = []
    for _ in range(QUERIES // 2):
        start = chance.randrange(len(text) - 200)
        vector = [chance.random() - 0.5 for _ in range(DIMENSIONS)]
        began = time.perf_counter()
        index.search(" ".join(chance.sample(text[start : start + 120], 6)), 5, vector=vector, embedder_id="random")
        took.append((time.perf_counter() - began) * 1000)
    index.close()
    return statistics.median(took)


def main():
    app = QtWidgets.QApplication([])
    found = {}
    with tempfile.TemporaryDirectory() as root, tempfile.TemporaryDirectory() as home:

        async def work():
            found.update(await measured(Path(root), Path(home)))
            return 0

        run(app, work)
    print(json.dumps(found))


main()

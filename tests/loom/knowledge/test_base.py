"""An agent's knowledge over real files: read by child processes, kept up to date, and cited by place and hash."""

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from loom.config.knowledge import KnowledgeDocument, KnowledgeSource
from loom.errors import ConfigError, KnowledgeError
from loom.knowledge import reader
from loom.knowledge.base import KnowledgeBase, default_folder
from loom.knowledge.update import Progress
from loom.types.knowledge import KnowledgeQuery
from tests.loom.knowledge.test_documents import PDF
from tests.support.knowledge import answer, found, knowing, write_files
from tests.support.wire_server import Reply, WireServer


@pytest.fixture(autouse=True)
def compared_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "FRESH_S", 0.0)


async def test_a_folder_is_read_ranked_and_cited_with_place_and_hash(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        docs__deploys_md="# Deploys\n\nCats are not.\n\n## Production\n\nProduction deploys need an approval.\n",
        docs__cats_md="# Cats\n\nCats are mammals.\n",
        other_md="Production deploys are not here.",
    )
    async with knowing(KnowledgeSource.folder("docs", "docs"), workspace=tmp_path) as base:
        bundle = await answer(base, "What do production deploys need?", top_k=3)
    best = bundle.items[0]
    assert best.uri == "docs/deploys.md"
    assert best.source_name == "docs"
    assert "Production deploys need an approval." in best.content
    told = bundle.citations[0].metadata
    text = (tmp_path / "docs" / "deploys.md").read_text()
    assert text[told["start"] : told["end"]] == best.content
    assert told["path"] == str(tmp_path / "docs" / "deploys.md")
    assert told["line"] == 1
    assert len(told["hash"]) == 12
    assert best.score is not None
    assert all(0 < (item.score or 0) <= 1 for item in bundle.items)


async def test_what_changes_is_read_again_and_what_is_gone_leaves(tmp_path: Path) -> None:
    write_files(tmp_path, a_md="zebra", b_md="giraffe")
    async with knowing(KnowledgeSource.folder("docs", str(tmp_path))) as base:
        assert [Path(uri).name for uri in await found(base, "zebra")] == ["a.md"]
        (tmp_path / "a.md").write_text("lion")
        write_files(tmp_path, c_md="zebra again")
        (tmp_path / "b.md").unlink()
        assert [Path(uri).name for uri in await found(base, "zebra")] == ["c.md"]
        assert [Path(uri).name for uri in await found(base, "lion")] == ["a.md"]
        assert await found(base, "giraffe") == []
        outcome = await base.update("docs")
        assert (outcome.read, outcome.removed, outcome.same) == (0, 0, 2)


async def test_a_change_that_keeps_size_and_time_is_seen_while_the_file_is_young(tmp_path: Path) -> None:
    write_files(tmp_path, a_md="zebra")
    async with knowing(KnowledgeSource.folder("docs", str(tmp_path))) as base:
        assert len(await found(base, "zebra")) == 1
        before = (tmp_path / "a.md").stat()
        (tmp_path / "a.md").write_text("llama")
        os.utime(tmp_path / "a.md", ns=(before.st_atime_ns, before.st_mtime_ns))
        assert len(await found(base, "llama")) == 1


async def test_ignored_files_and_those_without_a_pattern_are_no_source(tmp_path: Path) -> None:
    write_files(tmp_path, a_md="zebra", b_txt="zebra", hidden_md="zebra", node_modules__x_md="zebra")
    (tmp_path / ".gitignore").write_text("hidden.md\n")
    async with knowing(KnowledgeSource.folder("docs", ".", patterns=["*.md"]), workspace=tmp_path) as base:
        assert await found(base, "zebra") == ["a.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
async def test_links_that_leave_the_folder_are_not_followed_and_are_told(tmp_path: Path) -> None:
    write_files(tmp_path, out__hidden_md="zebra", docs__a_md="lion")
    (tmp_path / "docs" / "link.md").symlink_to(tmp_path / "out" / "hidden.md")
    (tmp_path / "docs" / "folder").symlink_to(tmp_path / "out")
    (tmp_path / "docs" / "inside.md").symlink_to(tmp_path / "docs" / "a.md")
    async with knowing(KnowledgeSource.folder("docs", "docs"), workspace=tmp_path) as base:
        assert await found(base, "zebra") == []
        assert await found(base, "lion") == ["docs/a.md"]
        problems = {each.key: each.problem for each in await base.problems("docs")}
    assert problems == dict.fromkeys(["link.md", "folder"], "is a link that leads out of the folder")


async def test_files_that_can_not_be_read_are_told_and_the_others_are_found(tmp_path: Path) -> None:
    write_files(tmp_path, good_md="zebra", broken_pdf="no pdf", empty_md="")
    (tmp_path / "binary.md").write_bytes(b"zebra\0\1\2")
    (tmp_path / "latin.txt").write_bytes("zebra é è à ü".encode("latin-1") + b"\xff" * 50)
    (tmp_path / "mostly.txt").write_bytes(b"giraffe words are here, and one odd byte: \xff. " + b"more words. " * 10)
    (tmp_path / "utf16.txt").write_text("antelope", encoding="utf-16")
    with (tmp_path / "huge.log").open("wb") as huge:
        huge.truncate(30 * 2**20)
    is_root = sys.platform != "win32" and os.geteuid() == 0
    if sys.platform != "win32":
        os.mkfifo(tmp_path / "pipe.md")
        write_files(tmp_path, locked_md="zebra")
        (tmp_path / "locked.md").chmod(0)
    async with knowing(KnowledgeSource.folder("docs", "."), workspace=tmp_path) as base:
        assert "good.md" in await found(base, "zebra")
        assert await found(base, "giraffe") == ["mostly.txt"]
        assert await found(base, "antelope") == ["utf16.txt"]
        problems = {each.key: each.problem for each in await base.problems("docs")}
        status = (await base.status())[0]
    assert "binary" in problems["binary.md"]
    assert "save it as UTF-8" in problems["latin.txt"]
    assert "30 MB" in problems["huge.log"]
    assert "PDF" in problems["broken.pdf"]
    assert "pipe.md" not in problems
    if not is_root and sys.platform != "win32":
        assert "Permission denied" in problems["locked.md"]
    assert status.index is not None
    assert status.index.problems == len(problems)


async def test_one_file_is_a_source_and_a_missing_one_is_said_to_be(tmp_path: Path) -> None:
    write_files(tmp_path, guide_md="zebra", other_md="zebra")
    async with knowing(KnowledgeSource.file("guide", "guide.md"), workspace=tmp_path) as base:
        bundle = await answer(base, "zebra")
        assert [(item.uri, item.metadata["path"]) for item in bundle.items] == [
            ("guide.md", str(tmp_path / "guide.md"))
        ]
    async with knowing(KnowledgeSource.file("gone", "gone.md"), workspace=tmp_path) as base:
        with pytest.raises(KnowledgeError, match="no folder or file at"):
            await answer(base, "zebra")
        assert "no folder or file" in (await base.status())[0].problem


async def test_a_source_that_fails_does_not_take_the_others_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    inline = KnowledgeSource.inline("ops", [KnowledgeDocument("zebra", "Z")])
    async with knowing(KnowledgeSource.folder("gone", str(tmp_path / "gone")), inline) as base:
        assert [item.title for item in (await answer(base, "zebra")).items] == ["Z"]
        assert "no folder or file" in (await answer(base, "zebra")).metadata["problems"][0]
    assert "was passed over" in caplog.text


async def test_the_best_of_several_sources_comes_first(tmp_path: Path) -> None:
    write_files(tmp_path, a__one_md="words about deploys", b__two_md="production deploys need approval by two people")
    sources = [KnowledgeSource.folder(name, name) for name in ("a", "b")]
    async with knowing(*sources, workspace=tmp_path) as base:
        assert await found(base, "who approves production deploys?") == ["b/two.md", "a/one.md"]
        assert await found(base, "deploys", source_names=["a"]) == ["a/one.md"]
        assert len((await answer(base, "deploys", top_k=1)).citations) == 1


def test_an_agent_outside_a_loop_and_on_one_can_be_asked(tmp_path: Path) -> None:
    write_files(tmp_path, a_md="zebra")
    base = KnowledgeBase([KnowledgeSource.folder("docs", str(tmp_path))])
    assert len(base.resolve(KnowledgeQuery("zebra")).items) == 1
    (tmp_path / "a.md").write_text("lion")
    assert len(base.resolve(KnowledgeQuery("lion")).items) == 1
    with pytest.raises(ConfigError, match="No knowledge source is named 'x'"):
        base.resolve(KnowledgeQuery("lion", source_names=["x"]))
    asyncio.run(base.aclose())


async def test_an_index_that_takes_long_is_asked_as_it_is_and_goes_on(tmp_path: Path) -> None:
    write_files(tmp_path, **{f"f{n}_md": f"zebra number{n} " * 50 for n in range(300)})
    async with knowing(KnowledgeSource.folder("docs", str(tmp_path))) as base:
        bundle = await base.find(KnowledgeQuery("zebra"), wait_s=0.0)
        assert "still being indexed" in bundle.evidences[0].metadata["note"]
        await base.update("docs")
        assert len(await found(base, "number77")) == 1


async def test_progress_is_told_and_stopping_keeps_what_was_read(tmp_path: Path) -> None:
    write_files(tmp_path, **{f"f{n}_md": f"zebra number{n} " * 40 for n in range(1_000)})
    seen: list[Progress] = []
    async with knowing(KnowledgeSource.folder("docs", str(tmp_path))) as base:

        def say(progress: Progress) -> None:
            seen.append(progress)
            if progress.stage == "reading" and progress.done > 150:
                base.stop("docs")

        with pytest.raises(KnowledgeError, match="was stopped"):
            await base.update("docs", say)
        assert seen[-1].total == 1_000
        status = (await base.status())[0]
        assert status.index is not None
        assert 0 < status.index.documents < 1_000
        await base.update("docs")
        status = (await base.status())[0]
        assert status.index is not None
        assert status.index.documents == 1_000
        assert status.updated_at


async def test_two_programs_index_one_source_one_after_the_other(tmp_path: Path) -> None:
    write_files(tmp_path, **{f"f{n}_md": f"zebra number{n} " * 200 for n in range(500)})
    source = KnowledgeSource.folder("docs", str(tmp_path))
    async with knowing(source) as one, knowing(source) as two:
        stages: list[str] = []
        outcomes = await asyncio.gather(one.update("docs"), two.update("docs", lambda told: stages.append(told.stage)))
        assert {outcome.problems for outcome in outcomes} == {0}
        for base in (one, two):
            assert (await base.status())[0].index == (await one.status())[0].index
            assert len(set(await found(base, "number77"))) == 1


async def test_a_damaged_index_is_made_anew_when_it_is_asked(tmp_path: Path) -> None:
    write_files(tmp_path, **{f"f{n}_md": f"zebra number{n} " * 200 for n in range(50)})
    source = KnowledgeSource.folder("docs", str(tmp_path))
    async with knowing(source) as base:
        await base.update("docs")
        file = base.readers[0].file
    data = bytearray(file.read_bytes())
    for at in range(4096 * 3, len(data), 4096):
        data[at : at + 2048] = b"\xff" * 2048
    file.write_bytes(data)
    async with knowing(source) as base:
        assert len(set(await found(base, "number7"))) == 1


async def test_a_page_is_fetched_once_and_again_after_its_hours(tmp_path: Path) -> None:
    def page(words: str) -> Reply:
        html = (
            f"<html><head><title>x</title></head><body><h1>Guide</h1><p>{words}</p><script>evil</script></body></html>"
        )
        return Reply(200, {"content-type": "text/html"}, [html.encode()])

    async with WireServer(page("zebra"), page("lion")) as server:
        source = KnowledgeSource.url("site", f"{server.url}/guide")
        allowed = [server.url.removeprefix("http://")]
        async with knowing(source, allowed=allowed) as base:
            bundle = await answer(base, "zebra")
            assert (bundle.items[0].uri, bundle.items[0].title) == (f"{server.url}/guide", "Guide")
            assert "evil" not in bundle.items[0].content
            await answer(base, "zebra")
        async with knowing(source, allowed=allowed) as base:
            await answer(base, "zebra")
            assert len(server.requests) == 1
            await base.update("site")
            assert len((await answer(base, "lion")).items) == 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html; charset=gbk", "<p>斑马 zebra</p>".encode("gbk")),
        ("text/html", '<meta charset="gbk"><p>斑马 zebra</p>'.encode("gbk")),
        ("text/html", "<p>斑马 zebra</p>".encode()),
        ("text/plain", "斑马 zebra".encode("utf-16")),
        ("text/html; charset=unheard-of", "<p>斑马 zebra</p>".encode()),
    ],
)
async def test_a_page_is_read_in_the_encoding_that_it_has(kind: str, body: bytes) -> None:
    async with WireServer(Reply(200, {"content-type": kind}, [body])) as server:
        source = KnowledgeSource.url("site", server.url)
        async with knowing(source, allowed=[server.url.removeprefix("http://")]) as base:
            assert (await answer(base, "zebra")).items[0].content == "斑马 zebra"


async def test_a_page_that_is_a_document_is_read_as_one() -> None:
    pytest.importorskip("markitdown")
    pdf = Reply(200, {"content-type": "application/pdf"}, [PDF])
    broken = Reply(200, {"content-type": "application/pdf"}, [b"%PDF-1.4 broken"])
    async with WireServer(pdf, broken) as server:
        source = KnowledgeSource.url("site", server.url)
        async with knowing(source, allowed=[server.url.removeprefix("http://")]) as base:
            assert "Zebras need an approval" in (await answer(base, "zebras")).items[0].content
            with pytest.raises(KnowledgeError, match="can't be read as PDF"):
                await base.update("site")


async def test_a_page_without_end_is_indexed_so_far_and_that_is_said() -> None:
    piece = b"zebra " * 10_000
    async with WireServer(Reply(200, {"content-type": "text/plain"}, [piece] * 100)) as server:
        source = KnowledgeSource.url("site", server.url)
        async with knowing(source, allowed=[server.url.removeprefix("http://")]) as base:
            outcome = await base.update("site")
            assert "is longer than 5 MB: only its beginning is indexed" in outcome.note


async def test_a_private_page_is_refused_unless_it_is_allowed() -> None:
    async with WireServer(Reply.of_json(200, {})) as server, knowing(KnowledgeSource.url("site", server.url)) as base:
        with pytest.raises(KnowledgeError, match=r"127\.0\.0\.1"):
            await answer(base, "zebra")
        assert server.requests == []


async def test_a_servers_embedder_finds_what_shares_no_word(tmp_path: Path) -> None:
    write_files(tmp_path, car_md="An automobile.", fruit_md="A banana.")

    def reply(request: object) -> Reply:
        texts: list[str] = request.json["input"]  # type: ignore[attr-defined]
        near = ("automobile", "vehicle")
        vectors = [[1.0, 0.1] if any(word in text.lower() for word in near) else [0.0, 1.0] for text in texts]
        return Reply.of_json(200, {"embeddings": vectors})

    async with WireServer(reply, loop=True) as server:
        source = KnowledgeSource.folder("docs", str(tmp_path), embedder="ollama:m")
        async with knowing(source, environment={"OLLAMA_HOST": server.url}) as base:
            bundle = await answer(base, "vehicle")
            assert Path(bundle.items[0].uri).name == "car.md"
            assert bundle.items[0].metadata["ranks"] == {"vectors": 1}
            status = (await base.status())[0]
            assert status.index is not None
            assert status.index.vectors == 2


async def test_without_its_embedder_a_source_is_asked_by_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("loom.providers.retry.RetryPolicy.delay_s", lambda *_: None)
    write_files(tmp_path, car_md="An automobile.")
    source = KnowledgeSource.folder("docs", str(tmp_path), embedder="ollama:m")
    async with knowing(source, environment={"OLLAMA_HOST": "http://127.0.0.1:9"}) as base:
        bundle = await answer(base, "automobile")
        assert len(bundle.items) == 1
        assert "is as it was" in bundle.evidences[0].metadata["note"]
    assert "asked by words alone" in caplog.text


async def test_what_looks_like_a_secret_is_hidden_in_evidence(tmp_path: Path) -> None:
    write_files(tmp_path, env_md="The password of staging\n\nDB_PASSWORD=hunter2hunter2\n")
    source = KnowledgeSource.folder("docs", str(tmp_path))
    async with knowing(source) as base:
        assert "hunter2" not in (await answer(base, "password of staging")).items[0].content
    async with knowing(source, tells_secrets=True) as base:
        assert "hunter2" in (await answer(base, "password of staging")).items[0].content


async def test_a_second_look_at_unchanged_files_is_quick_and_reads_nothing(tmp_path: Path) -> None:
    write_files(tmp_path, **{f"f{n}_md": f"zebra number{n} " for n in range(1_000)})
    old = time.time_ns() - 10**10
    for n in range(1_000):
        os.utime(tmp_path / f"f{n}.md", ns=(old, old))
    async with knowing(KnowledgeSource.folder("docs", str(tmp_path))) as base:
        assert (await base.update("docs")).read == 1_000
        outcome = await base.update("docs")
        assert (outcome.read, outcome.same) == (0, 1_000)


def test_indexes_are_private_and_where_the_person_keeps_things(tmp_path: Path) -> None:
    assert str(default_folder()).startswith(os.environ["LOOM_HOME"])


def test_a_relative_path_needs_a_workspace() -> None:
    with pytest.raises(ConfigError, match="needs a workspace"):
        KnowledgeBase([KnowledgeSource.folder("docs", "docs")])


async def test_a_missing_key_of_an_embedder_leaves_words_to_find_by(tmp_path: Path) -> None:
    write_files(tmp_path, a_md="zebra")
    source = KnowledgeSource.folder("docs", ".", embedder="openai:m")
    async with knowing(source, workspace=tmp_path, environment={}) as base:
        bundle = await answer(base, "zebra")
        assert [item.uri for item in bundle.items] == ["a.md"]
        assert "OPENAI_API_KEY" in bundle.metadata["problems"][0]

"""A harness run as a report: what is in it, and that nothing of it is markup of somebody else's."""

import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

from loom.interchange.harness_html import matrix_svg, report_html
from loom.interchange.harness_report import report_markdown
from loom.orchestration.record import ChangedFile, Criterion, Sprint, ToldRun

KEY = "sk-ant-api03-" + "a1B2c3D4e5" * 9


def told(*sprints: Sprint, brief: str = "Write a poem\nthat rhymes") -> ToldRun:
    details = {"agent": "/x/builder.toml", "max_tokens": 9000, "forked_from": {"run": "r0", "sprint": 2}}
    return ToldRun("r1", brief, "max sprints", 5, False, True, details, sprints, "A spec", models={"generator": "a:b"})


POEM = told(
    Sprint(
        1,
        "failed",
        (Criterion("It rhymes", False, "poem.md:3 ends flat", 0.7), Criterion("It | is short", True)),
        "roses",
        "poem.md:9 is too long",
        duration_s=1.5,
        tokens=1200,
        cost_usd=0.0123,
        dropped=("It sings",),
        files=(ChangedFile("poem.md", "added", 4, 0),),
        diff="--- /dev/null\n+++ b/poem.md\n@@ -0,0 +1 @@\n+roses\n",
        has_files=True,
    ),
    Sprint(2, "failed", (Criterion("It rhymes", True), Criterion("It | is short", None)), "violets"),
)


def test_markdown_has_the_matrix_the_findings_and_the_files() -> None:
    page = report_markdown(POEM)
    assert page.startswith("# Write a poem\n")
    assert "- Generator: builder (a:b)" in page
    assert "- Forked: from sprint 2 of r0" in page
    assert r"| It \| is short | ✓ passed | – not judged |" in page
    assert "- fixed in sprint 2 at poem.md:3: It rhymes: poem.md:3 ends flat" in page
    assert "- Taken out when the contract was approved: It sings" in page
    assert "poem.md: added" in page
    assert "```diff\n" in page
    assert "1.5 s · 1,200 tokens · $0.0123" in page.replace("\\$", "$")


def test_the_page_needs_nothing_else_and_draws_the_matrix() -> None:
    page = report_html(POEM)
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "default-src 'none'" in page
    picture = ET.fromstring(matrix_svg(POEM))  # noqa: S314  what we made ourselves
    assert len(picture.findall(".//{http://www.w3.org/2000/svg}rect")) == 4
    assert picture.attrib["aria-label"].startswith("Sprint 1, failed, 1 of 2 criteria; Sprint 2")
    assert '<span class="added">+roses</span>' in page


def test_nothing_that_a_model_wrote_is_markup() -> None:
    evil = '</pre><script>alert(1)</script>" onload="x\u202e\ud800```\n# H'
    run = told(
        Sprint(1, "failed", (Criterion(evil, False, evil),), evil, evil, diff=f"+{evil}", dropped=(evil,)), brief=evil
    )
    page = report_html(run)
    assert "<script" not in page
    assert 'onload="' not in page
    assert "\u202e" not in page
    page.encode()
    ET.fromstring(matrix_svg(run))  # noqa: S314
    text = report_markdown(run)
    text.encode()
    tokens = MarkdownIt().parse(text)
    heads = [after.content for head, after in pairwise(tokens) if head.type == "heading_open"]
    assert "H" not in heads
    assert [each.content for each in tokens if each.type == "html_block"] == []


def test_secrets_are_hidden_in_both() -> None:
    run = told(Sprint(1, "failed", (Criterion("It works", False, f"key {KEY}"),), KEY, KEY), brief=f"use {KEY}")
    assert KEY not in report_html(run)
    assert KEY not in report_markdown(run)


def test_a_run_without_sprints_and_one_with_many_criteria_are_told_too(tmp_path: Path) -> None:
    assert "No sprint has begun." in report_html(told())
    assert "No sprint has begun." in report_markdown(told())
    many = told(*(Sprint(n, "failed", tuple(Criterion(f"c{i}", False) for i in range(300))) for n in range(1, 51)))
    page = report_html(many)
    assert "100 more criteria are not drawn" in page
    (tmp_path / "report.html").write_text(page, encoding="utf-8")

"""Every link of the docs leads to a file or heading that is there, and every page can be reached from the index."""

import re

import pytest
from console import ROOT

PAGES = sorted(p for folder in ("docs", "mappings", "ig", "fixtures") for p in (ROOT / folder).rglob("*.md"))
PAGES += sorted(ROOT.glob("*.md"))
LINK = re.compile(r"!?\[[^\]]*\]\(([^()\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
INDEX = ROOT / "docs" / "README.md"


def links_of(page):
    return [target for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))) if not re.match(r"[a-z]+:", target)]


def anchors_of(page):
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    lost = []
    for target in links_of(page):
        path, _, anchor = target.partition("#")
        leads_to = (page.parent / path).resolve() if path else page
        if not leads_to.exists() or (anchor and anchor not in anchors_of(leads_to)):
            lost.append(target)
    assert lost == []


def test_the_index_and_the_readme_reach_every_page():
    reached, waiting = set(), [INDEX, ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            found = ((page.parent / target.partition("#")[0]).resolve() for target in links_of(page))
            waiting += [p for p in found if p.suffix == ".md" and p.is_file()]
    assert [str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md") if p not in reached] == []


def test_the_index_lists_every_page_itself():
    listed = {(INDEX.parent / target).resolve() for target in links_of(INDEX)}
    assert [str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md") if p not in listed | {INDEX}] == []

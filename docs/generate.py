"""Writes the generated pages of docs/reference.

    python docs/generate.py [--check]

With `--check` nothing is written: it fails, and names the pages, if one of them is not what would be written.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

from commands import cli_page, configuration_page, exit_codes_page
from concepts import concepts_page
from coverage_page import coverage_page
from deidentification import deidentification_page
from library import python_page, sandbox_page
from rules_page import rules_page
from scales import scales_page
from terminology import terminology_page

from kapfhir.advice import all_advice

REFERENCE = Path(__file__).parent / "reference"
ABOUT = {
    "map": "In a source map, a resource map or a code table",
    "file": "In a file of the export",
    "row": "In a row of the export",
    "record": "In what the cells of a record say together",
    "resource": "In a FHIR resource or Bundle",
    "run": "In a run with a server",
}


def problems_page() -> str:
    """Every problem code, by where it is met."""
    rows = sorted(all_advice().values(), key=lambda a: (list(ABOUT).index(a.about), a.code))
    lines = [
        "# Problem codes",
        "",
        "Every message ends with the code of its problem in brackets. No message holds the value of a cell.",
    ]
    lines += ["This page is made of `kapfhir/advice.csv` by `python docs/generate.py`."]
    lines += [
        "",
        "A code of two or three letters and a number (`con-5`, `bdl-7`) is a rule of FHIR R4 itself, named as there; the message",
    ]
    lines += ["says it in words. These are not listed."]
    for about, group in groupby(rows, key=lambda a: a.about):
        lines += ["", f"## {ABOUT[about]}", "", "| code | means | what to do |", "|---|---|---|"]
        lines += [f"| `{a.code}` | {_cell(a.meaning)} | {_cell(a.advice)} |" for a in group]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "concepts.md": concepts_page,
    "configuration.md": configuration_page,
    "coverage.md": coverage_page,
    "deidentification.md": deidentification_page,
    "exit-codes.md": exit_codes_page,
    "problems.md": problems_page,
    "python.md": python_page,
    "rules.md": rules_page,
    "sandbox.md": sandbox_page,
    "scales.md": scales_page,
    "terminology.md": terminology_page,
}


def main(arguments: list[str]) -> int:
    """0, or 1 if `--check` finds a page that is not up to date."""
    stale = []
    for name, page in PAGES.items():
        path, text = REFERENCE / name, page()
        if "--check" in arguments:
            stale += [name] if not path.is_file() or path.read_text(encoding="utf-8") != text else []
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for name in stale:
        sys.stderr.write(f"docs/reference/{name} is not up to date: run `python docs/generate.py`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

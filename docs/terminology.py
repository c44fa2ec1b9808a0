"""The page of standard codes, made of `mappings/codes` and of the wrong codes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from kapfhir.mapping.code_check import check_codes
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.terminology import Standard, load_terminology
from kapfhir.mapping.wrong_codes import WrongCode, load_wrong_codes

HEAD = """# Terminology

Every standard code that was looked up, each with the display and the source in which it was seen. The tables are
`mappings/codes/terminology/*.csv`; this page is made of them by `python docs/generate.py`.

A code is *sent* if a map, a code table or a scale of kapfhir has it. What is only **SEEN** (in the works of others, and not
with its authority) is not sent; it stands here so that nobody looks it up twice. SNOMED CT ids are checked by Verhoeff, LOINC
codes by mod 10, NPIs by Luhn, the others by their form: in the shipped tables by a test, in your own by `kapfhir check` and
`kapfhir codes check`. These tables were made offline: before a release, ask a terminology server (`$validate-code`) once for
each code that you send. A display is sent without its semantic tag; where none stands here, none is sent.

Codes of our own (system `kap`) are not here: they are the concepts of `ig/CodeSystem-kap.json`.
"""
WRONG = """## Codes that are refused

Codes in circulation that are wrong, or wrong where they stand. `kapfhir check` refuses them in maps, code tables and scales,
with this reason. A place is `<list>/<our code>` of a code table (`*/*`: of every one), or the path of an element; case does not
count, `_` is `-`.
"""


def terminology_page() -> str:
    """All tables, then the wrong codes."""
    folder = MapFolder.over()
    systems = Codes(folder).systems
    sent = {(systems.get(use.alias, use.alias), use.code) for use in check_codes(folder).uses}
    parts = [HEAD]
    rows = load_terminology(folder)
    parts += ["| alias | system |", "|---|---|"]
    aliases = sorted({row.system for row in rows if row.system in systems})
    parts += [f"| `{alias}` | `{systems[alias]}` |" for alias in aliases]
    for table, group in groupby(rows, key=lambda row: row.table):
        parts += ["", f"## {table.replace('-', ' ').capitalize()}", ""]
        parts += ["| means | system | code | display | sent | source | note |", "|---|---|---|---|---|---|---|"]
        parts += [_row(row, (systems.get(row.system, row.system), row.code) in sent) for row in group]
    return "\n".join([*parts, "", WRONG, *_wrong()]) + "\n"


def _row(row: Standard, sent: bool) -> str:
    system = f"`{row.system}`" if "/" not in row.system else f"`{row.system.rsplit('/', 1)[1]}`"
    source = row.source if row.confidence == "VERIFIED" else f"{row.confidence}: {row.source}".rstrip(": ")
    cells = (row.meaning, system, f"`{row.code}`", row.display, "yes" if sent else "", source, row.note)
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _wrong() -> Iterator[str]:
    yield from ("| system | code | where | it is | use instead |", "|---|---|---|---|---|")
    for (system, where, really, instead), group in groupby(load_wrong_codes(), key=_same):
        codes = ", ".join(f"`{row.code}`" for row in group)
        yield f"| `{system.rsplit('/', 1)[-1]}` | {codes} | {where} | {_cell(really)} | {_cell(instead)} |"


def _same(row: WrongCode) -> tuple[str, str, str, str]:
    where = " ".join(f"`{_cell(at)}`" for at in row.at) or "everywhere"
    where += f", but not {' '.join(f'`{_cell(at)}`' for at in row.unless)}" if row.unless else ""
    where = f"the display `{_cell(row.display)}`" if row.display else where
    where = f"without {row.beside} beside it" if row.beside else where
    return row.system, where, row.really, row.instead


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

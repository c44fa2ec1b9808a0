"""Code tables: our codes and the standard ones; and the extensions that maps may name.

codes/<list>.csv        code,system,standard,display   several rows of one code = several codings, or one per system
codes/systems.csv       alias,uri                      `loinc` for http://loinc.org, in maps and tables
codes/extensions.csv    name,url,type                  `weight-normalized-dose`, its url, its one value type

The tables of instruments, questions, choices, subscales, bands and definitions are made of the scale files (scales/compile.py).
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kapfhir.errors import Problem
from kapfhir.fhir.identity import kebab
from kapfhir.model.shipped import use_scales

from .folder import MapFolder
from .located import near
from .scales.load import ScaleFile, load_scales
from .scales.tables import code_tables
from .wrong_codes import refusal

URI = "urn:ietf:rfc:3986"  # FHIR's own system for codes that are URIs
TABLE, SYSTEMS, EXTENSIONS = ("code", "system", "standard", "display"), ("alias", "uri"), ("name", "url", "type")


@dataclass(frozen=True, slots=True)
class Row:
    code: str
    system: str
    standard: str
    display: str


@dataclass(frozen=True, slots=True)
class Extension:
    url: str
    type: str


class Codes:
    """Every table of `codes/`; the faults of the tables are in `problems`."""

    def __init__(self, folder: MapFolder) -> None:
        self.problems: list[Problem] = []
        self.pairs: dict[Any, Any] = {}  # what resource maps make of them, see resource/convert.py
        files = {
            name.removeprefix("codes/").removesuffix(".csv"): (name, path) for name, path in folder.files("codes", ".csv").items()
        }
        self.systems = {r["alias"]: r["uri"] for _, r in self._rows(*files.pop("systems"), SYSTEMS)}
        self.extensions = {r["name"]: Extension(r["url"], r["type"]) for _, r in self._rows(*files.pop("extensions"), EXTENSIONS)}
        self._own = frozenset(folder.own("codes", ".csv"))  # what is shipped is checked before it is shipped
        self._tables = {stem: self._table(name, path) for stem, (name, path) in files.items()}
        self._take_scales(folder)
        local = self.systems.get("kap")
        self.ours = frozenset(row.standard for rows in self._tables.values() for row in rows if row.system == local)

    def table(self, kind: type) -> tuple[Row, ...]:
        """The rows for a subclass of Code; none if the table is missing."""
        return self._tables.get(kebab(kind.__name__), ())

    def tables(self) -> dict[str, tuple[Row, ...]]:
        """Every list by its name, sorted."""
        return dict(sorted(self._tables.items()))

    def add(self, kind: type, rows: Iterable[Row]) -> None:
        """Codes of a clinic's own configuration, where the table has none of their name."""
        known = self.own(kind)
        self._tables[kebab(kind.__name__)] = (*self.table(kind), *(row for row in rows if row.code not in known))

    def own(self, kind: type) -> tuple[str, ...]:
        """Our codes of one list, in the order of the table."""
        return tuple(dict.fromkeys(row.code for row in self.table(kind)))

    def _take_scales(self, folder: MapFolder) -> None:
        """The scales of a clinic's own, and their codes; the process knows them from now on, beside the shipped ones."""
        own = folder.own("scales", ".yaml")
        files, problems = load_scales(folder, self.systems) if own else ([], [])
        self.problems += problems
        use_scales(f.scale for f in files if f.name in own)
        for file in files:
            if file.name in own:
                self._check_scale(file, folder.files("scales", ".yaml")[file.name])
        for name, rows in code_tables(files).items():
            fresh = tuple(Row(code, self.systems[system], standard, display) for code, system, standard, display in rows)
            told = {row.code for row in fresh}
            self._tables[name] = fresh + tuple(row for row in self._tables.get(name, ()) if row.code not in told)

    def _check_scale(self, file: ScaleFile, path: Path) -> None:
        """Its codes, each told on the first line that has it."""
        lines = path.read_text("utf-8-sig").splitlines()
        for table, rows in code_tables([file]).items():
            for code, alias, standard, display in rows:
                line = next((n for n, text in enumerate(lines, 1) if f"{alias}#{standard}" in text), 1)
                self._refuse(file.name, line, alias, standard, display, f"{table}/{code}")

    def _table(self, name: str, path: Path) -> tuple[Row, ...]:
        out: dict[tuple[str, str, str], Row] = {}
        rows, beside = self._rows(name, path, TABLE), dict[str, set[str]]()
        for _, row in rows:
            beside.setdefault(row["code"], set()).add(row["standard"])
        for line, row in rows:
            alias = row["system"]
            if alias not in self.systems:
                self._say(name, line, "unknown-system", f"codes/systems.csv has no system '{alias}'", near(alias, self.systems))
            if not row["code"] or not row["standard"]:
                self._say(name, line, "bad-table", "a row has a code and a standard code")
            elif name in self._own:
                self._refuse(
                    name, line, alias, row["standard"], row["display"], f"{path.stem}/{row['code']}", beside[row["code"]]
                )
            key = (row["code"], alias, row["standard"])
            if key in out:
                self._say(name, line, "duplicate-key", "this row stands there already")
            out[key] = Row(row["code"], self.systems.get(alias, alias), row["standard"], row["display"])
        return tuple(out.values())

    def _refuse(
        self, name: str, line: int, alias: str, code: str, display: str, place: str, beside: Collection[str] = ()
    ) -> None:
        """A fault, if something is known against a code at this place."""
        refused = refusal(alias, self.systems.get(alias, alias), code, display, place, beside)
        if refused is not None:
            self._say(name, line, *refused)

    def _rows(self, name: str, path: Path, head: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            if next(rows, None) != list(head):
                self._say(name, 1, "bad-table", f"the first line is `{','.join(head)}`")
                return []
            out = []
            for row in rows:
                if len(row) == len(head):
                    out.append((rows.line_num, dict(zip(head, row, strict=True))))
                elif row:
                    self._say(name, rows.line_num, "bad-table", f"the row has {len(row)} cells, the header {len(head)}")
            return out

    def _say(self, name: str, line: int, code: str, text: str, hint: str = "") -> None:
        self.problems.append(Problem(name, line, "1", code, text, hint))

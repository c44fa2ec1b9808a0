"""Every code of maps, code tables and scales, looked at one by one: check digits, wrong codes, doubles, other displays."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kapfhir.errors import Problem

from .codes import TABLE, Codes
from .folder import MapFolder
from .located import Problems, Text, Tree, load_yaml
from .terminology import displays, load_terminology
from .wrong_codes import refusal

CODED = re.compile(r'=\s*([\w-]+)#([^\s"]+)(?:\s+"([^"]*)")?$')
OURS = "kap"


@dataclass(frozen=True, slots=True)
class Use:
    """A standard code, and where it stands. `group`: what stands beside it; `place`: see wrong_codes."""

    file: str
    line: int
    column: str
    place: str
    group: tuple[str, ...]
    alias: str
    code: str
    display: str


@dataclass(slots=True)
class Checked:
    """The codes that were looked at, and what is wrong with them."""

    uses: tuple[Use, ...]
    problems: list[Problem] = field(default_factory=list)

    @property
    def files(self) -> set[str]:
        return {use.file for use in self.uses}


def check_codes(folder: MapFolder) -> Checked:
    """What is known against the codes of a folder: faults, and as warnings doubles and displays that differ."""
    codes = Codes(folder)
    uses = [*_of_tables(folder), *_of_maps(folder)]
    beside: dict[tuple[str, ...], set[str]] = {}
    for use in uses:
        beside.setdefault(use.group, set()).add(use.code)
    out = Checked(tuple(uses), list(codes.problems))
    names = displays(load_terminology(folder), codes.systems)
    for use in uses:
        system = codes.systems.get(use.alias, use.alias)
        refused = refusal(use.alias, system, use.code, use.display, use.place, beside[use.group])
        if refused is not None:
            out.problems.append(Problem(use.file, use.line, use.column, *refused))
        known = names.get((system, use.code))
        if refused is None and use.display and known and use.display not in known:
            text = f"{use.code}: the display differs from that of the terminology tables"
            hint = f"use one of them, or none: {'; '.join(sorted(known))}"
            out.problems.append(Problem(use.file, use.line, use.column, "display-differs", text, hint, "warning"))
    out.problems += _doubles(uses, codes.systems)
    out.problems = sorted(dict.fromkeys(out.problems), key=lambda p: p.order)
    return out


def check_beside(folder: MapFolder, codes: Codes) -> list[Problem]:
    """Codes of a clinic's own resource maps that may not stand without another one in the same resource."""
    own = set(folder.own("fhir", ".yaml"))
    uses = [use for use in _of_maps(folder) if use.file in own] if own else []
    beside: dict[tuple[str, ...], set[str]] = {}
    for use in uses:
        beside.setdefault(use.group, set()).add(use.code)
    out = []
    for use in uses:
        at = (use.alias, codes.systems.get(use.alias, use.alias), use.code, use.display, use.place)
        refused = refusal(*at, beside[use.group])
        if refused is not None and refusal(*at) is None:
            out.append(Problem(use.file, use.line, use.column, *refused))
    return out


def _of_tables(folder: MapFolder) -> Iterator[Use]:
    """The rows of the code tables that hold another system's code."""
    for name, path in folder.files("codes", ".csv").items():
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            if next(rows, None) != list(TABLE):
                continue  # systems and extensions; of another table, Codes has told it
            for row in rows:
                if len(row) == len(TABLE) and row[1] != OURS:
                    code, alias, standard, display = row
                    yield Use(name, rows.line_num, "1", f"{path.stem}/{code}", (name, code), alias, standard, display)


def _of_maps(folder: MapFolder) -> Iterator[Use]:
    """The constants of the resource maps."""
    for name, path in folder.files("fhir", ".yaml").items():
        tree = load_yaml(path, Problems(name))
        slots = tree.get(Text("resources")) if isinstance(tree, dict) else None
        for slot, body in slots.items() if isinstance(slots, dict) else ():
            if isinstance(body, dict):
                elements = body.get(Text("elements"))
                yield from _constants(name, elements, str(body.get(Text("resource"))), (name, str(slot)))


def _constants(file: str, tree: Tree | None, under: str, group: tuple[str, ...]) -> Iterator[Use]:
    for path, rule in tree.items() if isinstance(tree, dict) else ():
        place = f"{under}.{path}"
        if isinstance(rule, dict):
            yield from _constants(file, rule.get(Text("elements")), place, group)
        elif isinstance(rule, Text) and (found := CODED.match(rule)):
            alias, code, display = found.groups(default="")
            if alias != OURS:
                yield Use(file, rule.line, str(rule.column + found.start(2)), place, group, alias, code, display)


def _doubles(uses: list[Use], systems: Mapping[str, str]) -> Iterator[Problem]:
    """Two codes of ours in one table with one standard code: which of them it was can't be read back."""
    first: dict[tuple[str, str, str], Use] = {}
    for use in uses:
        if not use.file.startswith("codes/") or "hl7.org/" in systems.get(use.alias, ""):  # FHIR's own states are few
            continue
        other = first.setdefault((use.file, use.alias, use.code), use)
        if other.group != use.group:
            text = f"{use.code} stands for '{other.group[-1]}' on line {other.line}, too"
            hint = "give one of them another code, or leave both to our own system"
            yield Problem(use.file, use.line, use.column, "code-twice", text, hint, "warning")

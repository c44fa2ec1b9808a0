"""All maps of one source: every fault in one pass, and the maps made ready for the rows of an export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from kapfhir.errors import ConfigError, MappingError, Problem
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.located import Problems, load_yaml, near
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.fields import fields_of
from kapfhir.sources.export import Export

from .fill import Plan
from .grammar import Map, parse_map
from .lines import Checked, check_map
from .local import LocalTables
from .names import check_sharing, names_in_keys
from .numbering import Judged
from .pairs import CONCEPT as SESSIONS
from .references import References
from .shape import Shapes


@dataclass(frozen=True, slots=True)
class Blocked:
    """A map that is left out: it still has TODO lines."""

    file: str
    line: int
    concept: str
    table: str


@dataclass(slots=True)
class SourceMaps:
    """The maps of one source, ready for the rows of one export."""

    source: str
    plans: tuple[Plan, ...]
    blocked: tuple[Blocked, ...]
    todos: tuple[Problem, ...]
    full: dict[str, frozenset[str]]  # concept -> its tables of `scope: full`: a record that such tables hold no longer is gone
    shapes: Shapes
    references: References
    notes: tuple[Problem, ...] = ()  # what is good to know of its code tables
    scopes: dict[str, set[str]] = field(default_factory=dict)  # as `full`, without the tables whose rows have no sure key
    keyless: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # rows without a sure key: table, concept, map
    shifted: Judged = field(default_factory=dict)  # once all was read: the tables and scales that are refused, see `numbering`

    @property
    def tables(self) -> frozenset[str]:
        """Every table that a map reads, or would read if its TODO lines were done."""
        return frozenset(p.table for p in self.plans) | frozenset(b.table for b in self.blocked)

    def told(self) -> Iterator[Problem]:
        """What is to be said before the first row: the notes, and each map that is left out."""
        yield from self.notes
        for left in self.blocked:
            text, place = "the map of this table has TODO lines: its rows are left out", f"{left.file}:{left.line}"
            yield Problem(left.table, 0, "", "todo", text, "finish the map", place=place, effect="table left out")

    def restore_scopes(self) -> None:
        """What holds before the first row."""
        self.scopes.update({concept: set(tables) for concept, tables in self.full.items()})
        self.keyless.clear()
        self.shifted.clear()

    def miss_key(self, plan: Plan) -> None:
        """A row of its table may have any key: from now on no record can be said to be gone from it."""
        self.scopes.get(plan.concept, set()).discard(plan.table)
        self.keyless[plan.table, plan.concept, plan.file] += 1


def load_source(
    folder: MapFolder, source: str, export: Export | None, codes: Codes, zone: str | None, references: References | None = None
) -> SourceMaps:
    """The maps of a source, checked against an export (without one: against all but headers) and compiled.

    `zone`: of local times where a map says none. `references`: with what the clinic confirmed of people and pairs.
    MappingError with all faults; TODO lines alone are no error here: see `todos`. ConfigError if there is no such source.
    """
    maps, problems = _check(folder, source, export, codes, zone, references or References())
    if any(p.code != "todo" for p in problems):
        raise MappingError(problems)
    loaded = SourceMaps(source, maps.plans, maps.blocked, tuple(problems), maps.full, Shapes(codes), maps.references, maps.notes)
    loaded.restore_scopes()
    return loaded


def check_source(folder: MapFolder, source: str, export: Export | None, codes: Codes, zone: str | None) -> list[Problem]:
    """Every fault of a source's maps and code tables, TODO lines too, in the order of their places."""
    return _check(folder, source, export, codes, zone, References())[1]


@dataclass(slots=True)
class _Maps:
    references: References
    plans: tuple[Plan, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    full: dict[str, frozenset[str]] = field(default_factory=dict)
    notes: tuple[Problem, ...] = ()


def _check(
    folder: MapFolder, source: str, export: Export | None, codes: Codes, zone: str | None, references: References
) -> tuple[_Maps, list[Problem]]:
    require_source(folder, source)
    tables = LocalTables(folder, source, codes)
    found: list[Problem] = []
    checked: list[Checked] = []
    maps = _Maps(references)
    absent: dict[str, Problem] = {}
    for parsed, problems in parse_maps(folder, source):
        if parsed is not None:
            there = None if export is not None and may_lack(parsed, export) else export
            checked.append(check_map(parsed, there, tables, references, zone, problems))
            if there is not export:
                absent.setdefault(str(parsed.table), _absent(parsed))
        found += problems.found
    found += tables.problems
    found += _robbed(checked, export)
    maps.notes = (*tables.notes, *absent.values())
    found += _unfilled(checked)
    if not any(p.code != "todo" for p in found):
        found += _incomplete(checked)
    plans = [c.plan for c in checked if c.plan]
    found += [*check_sharing([c.map for c in checked]), *names_in_keys(plans)]
    plans = [replace(p, repeats=any(_points(other, p) for other in plans)) for p in plans]
    tellers = {id(_teller([p for p in plans if (p.table, p.dialect) == read])) for read in {(p.table, p.dialect) for p in plans}}
    maps.plans = tuple(replace(p, tells=id(p) in tellers) for p in plans)
    maps.blocked = tuple(_blocked(c) for c in checked if c.blocked)
    for concept in CONCEPTS:
        same = [c for c in checked if c.map.concept == concept and (c.plan or export is None) and not c.blocked]
        maps.full[concept] = frozenset(str(c.map.table) for c in same if not c.map.delta)
    return maps, sorted(found, key=lambda p: p.order)


def may_lack(parsed: Map, export: Export) -> bool:
    """Whether a map's table is not in the export, and need not be."""
    return parsed.optional and parsed.table not in export.tables


def _robbed(checked: list[Checked], export: Export | None) -> list[Problem]:
    """Absent tables that only add to records which other tables make: those records would lose what was added before."""
    if export is None:
        return []
    there = {str(c.map.concept) for c in checked if c.map.table in export.tables}
    text = "the export lacks this table, which adds to records of other tables: they would lose what it adds"
    return [
        Problem(c.map.file, c.map.table.line, str(c.map.table.column), "no-table", text, "add it, or leave those tables out, too")
        for c in checked
        if may_lack(c.map, export) and not _fills(c) and str(c.map.concept) in there
    ]


def _absent(parsed: Map) -> Problem:
    text = "the export does not have this table; nothing is read of it, and nothing counts as gone"
    place = f"{parsed.file}:{parsed.table.line}"
    return Problem(str(parsed.table), 0, "", "absent-table", text, "", "information", place=place, effect="table left out")


def parse_maps(folder: MapFolder, source: str) -> Iterable[tuple[Map | None, Problems]]:
    """Each map file of a source, with its faults."""
    for name, path in folder.files(f"sources/{source}", ".yaml").items():
        problems = Problems(name)
        tree = load_yaml(path, problems)
        yield parse_map(tree, problems) if tree is not None else None, problems


def require_source(folder: MapFolder, source: str) -> None:
    """ConfigError unless there are maps for this source."""
    if source not in folder.sources() or not folder.files(f"sources/{source}", ".yaml"):
        hint = near(source, folder.sources()) or f"the sources are: {', '.join(folder.sources()) or 'none'}"
        raise ConfigError(f"there are no source maps for '{source}'", hint)


def _points(other: Plan, plan: Plan) -> bool:
    """True if the rows of a plan's table are those of another concept, which point to the plan's records by the same columns."""
    if other.table != plan.table:
        return False
    kinds = fields_of(CONCEPTS[other.concept])
    refers = [
        kinds[cell.name].refers
        for cell in other.references
        if cell.line.columns == plan.key.line.columns and len(cell.line.steps) == 1
    ]
    return CONCEPTS[plan.concept] in refers


def _teller(plans: list[Plan]) -> Plan:
    """Of the maps that read one table alike, the one that tells of its broken rows: that of sessions, since lost ones are looked
    for, or else one whose records the rows are.
    """
    return max(plans, key=lambda p: (bool(p.places), p.complete and p.concept == SESSIONS, p.complete, not p.repeats))


def _required(concept: str) -> set[str]:
    return {f.name for f in fields_of(CONCEPTS[concept]).values() if not f.optional and not f.derived}


def _fills(checked: Checked) -> bool:
    return checked.map.concept in CONCEPTS and _required(checked.map.concept) <= checked.filled


def _unfilled(checked: list[Checked]) -> list[Problem]:
    """Required fields of items and parts that no map of the concept fills: what has them could never be made."""
    filled = {(str(c.map.concept), path) for c in checked for path in c.lines}

    def fills(concept: str, lacking: str) -> bool:
        return any(of == concept and (path == lacking or path.startswith((f"{lacking}.", f"{lacking}["))) for of, path in filled)

    return [problem for c in checked for path, problem in c.lacks if not fills(str(c.map.concept), path)]


def _incomplete(checked: list[Checked]) -> list[Problem]:
    """A concept of which no map fills every required field could have no record."""
    out = []
    for concept in CONCEPTS:
        same = [c for c in checked if c.map.concept == concept]
        if same and not any(_fills(c) for c in same):
            lacking = min((sorted(_required(concept) - c.filled) for c in same), key=len)
            at = same[0].map.concept
            text = f"no map fills {concept}.{', '.join(lacking)}"
            out.append(Problem(same[0].map.file, at.line, str(at.column), "missing-field", text))
    return out


def _blocked(checked: Checked) -> Blocked:
    at = checked.map.concept
    return Blocked(checked.map.file, at.line, str(at), str(checked.map.table))

"""From an export to resources, as streams: rows -> records -> resources. What can't go on is told, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .config import FILE, Server, Settings, load_settings, parse_file
from .data import example_folder
from .errors import ConfigError, MappingError, Problem
from .fhir.facts import load_facts
from .fhir.identity import Origin
from .fhir.links import references
from .fhir.validate import check
from .mapping.codes import Codes, Row
from .mapping.folder import MapFolder
from .mapping.resource.library import Library, load_library
from .mapping.source.check import check_source, load_source
from .mapping.source.derive import SOURCES, derive_outcomes
from .mapping.source.pairs import CONCEPT, load_pairs
from .mapping.source.people import load_people
from .mapping.source.reading import SourceMaps, read_records
from .mapping.source.references import References
from .mapping.source.selection import candidates, nearest
from .mapping.units import Found, Known, Mapped, Nothing, Place, Rejected, Same
from .model import privacy
from .model.dose_limits import use_limits
from .model.dosing import DosingSession
from .model.values import Window
from .model.windows import use_spans
from .rules.engine import LOOKED_AT, Engine, Finding
from .rules.settings import limits_of, rules_of
from .rules.table import Rule
from .server.client import Client
from .server.known import PUBLIC, refuse_public
from .sources.export import Export, open_export
from .spans import spans_of
from .sync import apply as sync_apply
from .sync import plan as sync_plan
from .sync.ledger import Scope, default_ledger_path, open_ledger, require_namespace
from .sync.plan import Plan
from .sync.report import Progress, Report

EXAMPLE = "example:"
WITHHELD = "resource withheld"
MOST_NAMED = 3  # tables in a message
BATCH = 16  # records that are built, then checked, together: so the code of either step stays in the processor's cache
Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job(AbstractContextManager["Job"]):
    """An export with the maps that read it and the clinic that it comes from, all checked. Leaving it closes the export."""

    export: Export
    source: str
    maps: SourceMaps
    library: Library
    origin: Origin
    maps_digest: str  # of every map and code table: what was mapped otherwise is mapped again
    settings: Settings
    rules: dict[str, Rule]  # as this clinic has them

    def engine(self, tell: Callable[[Finding], None] | None = None, until: datetime | None = None) -> Engine:
        """The rules, for one reading of the export. `until`: when it was made, where its newest table does not say so."""
        return Engine(self.rules, tell, until or self.export.newest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.export.close()


def open_job(export: str | Path, settings: Settings | None = None) -> Job:
    """Open an export (`example:NAME` for a shipped one) and compile the maps against its headers.

    Raises ConfigError (the export, or what the configuration lacks) and MappingError with every fault of the maps, both before
    the first row.
    """
    path, settings = locate(export, settings)
    if settings.clinic is None:
        raise ConfigError(
            "the configuration names no clinic",
            "give [clinic] system, namespace and zone in kapfhir.toml, or write one with `kapfhir init`",
        )
    clinic = settings.clinic
    folder = MapFolder.over(settings.mappings)
    tables = open_export(path)
    try:
        codes = Codes(folder)
        use_spans(spans_of(settings.windows))
        rules = rules_of(settings.findings)
        use_limits(limits_of(rules))
        codes.add(Window, [Row(n, f"{clinic.system}/window", n, w.title) for n, w in settings.windows.items()])
        origin = Origin(clinic.namespace, clinic.system, clinic.synthetic, settings.realm)
        source = settings.source or choose_source(folder, tables)
        try:
            library = load_library(folder, codes, load_facts(), origin)
        except MappingError as error:  # so that the faults of both sides are told in one go
            raise MappingError([*error.problems, *check_source(folder, source, tables, codes, clinic.zone)]) from None
        maps = load_source(folder, source, tables, codes, clinic.zone, confirmed(settings.people))
        digest = f"{folder.digest(source)}:{clinic.zone}:{clinic.synthetic}:{settings.realm}:{settings.windows}"
        digest += f":{settings.findings}" if settings.findings else ""  # its limits withhold doses
        return Job(tables, source, maps, library, origin, digest, settings, rules)
    except BaseException:
        tables.close()
        raise


def locate(export: str | Path, settings: Settings | None = None) -> tuple[Path, Settings]:
    """The path of an export and its settings. An example brings its own clinic and source, and so does a synthetic cohort: they
    never pass for real records.
    """
    text, path = str(export), Path(export)
    if text.startswith(EXAMPLE):
        folder = example_folder(text.removeprefix(EXAMPLE))
        path, own = folder / "input", load_settings(folder / FILE)
    elif (found := _synthetic(path)) is not None:
        own = found
    else:
        return path, settings or load_settings()
    if settings is None:
        return path, own
    configured = parse_file(settings.file, needs_clinic=False).source if settings.file else None
    asked = settings.source if settings.source != configured else None  # that of the file is for the user's own exports
    return path, settings.model_copy(update={"clinic": own.clinic, "source": asked or own.source, "people": own.people})


def _synthetic(export: Path) -> Settings | None:
    """The settings of a folder that says by itself that nothing in it is real."""
    file = export / FILE
    try:
        own = load_settings(file) if file.is_file() else None
    except ConfigError:  # a draft, perhaps: it counts where the user names it
        return None
    return own if own is not None and own.clinic is not None and own.clinic.synthetic else None


def choose_source(folder: MapFolder, export: Export) -> str:
    """The one source whose tables and columns this export has. ConfigError names the candidates where it is not one."""
    found = candidates(folder, export)
    if len(found) == 1:
        return found[0]
    if found:
        raise ConfigError(f"the tables fit more than one source: {', '.join(found)}", "choose one with --source")
    if near := nearest(folder, export):
        source, lacking = near
        rest = f" and {len(lacking) - MOST_NAMED} more" if len(lacking) > MOST_NAMED else ""
        text = f"the tables fit no source; the nearest is {source}, but not its {', '.join(lacking[:MOST_NAMED])}{rest}"
        raise ConfigError(text, f"see what does not fit with --source {source}, or write maps with `kapfhir init`")
    raise ConfigError(
        f"the tables fit none of the sources: {', '.join(folder.sources())}",
        "choose one with --source to see what does not fit, or write maps with `kapfhir init`",
    )


def confirmed(people: Path | None) -> References:
    """What the clinic said of names and doubles: people.csv, and pairs.csv beside it. ConfigError if they can't be read."""
    return References(load_people(people), load_pairs(people and people.with_name("pairs.csv")))


@contextmanager
def opened(export: str | Path | Job, settings: Settings | None) -> Iterator[Job]:
    """A job that is open already stays open."""
    if isinstance(export, Job):
        yield export
    else:
        with open_job(export, settings) as job:
            yield job


def read(
    export: str | Path | Job, settings: Settings | None = None, *, known: Known | None = None, findings: Engine | None = None
) -> Iterator[Found | Same | Rejected | Problem]:
    """The records of an export, parents first, and what is wrong with its rows. `known`: what earlier runs sent; `findings`: the
    rules of a job (`Job.engine`), which look at every record that passes.
    """
    with opened(export, settings) as job:
        units = _read(job, known or Nothing(), SOURCES if findings is None else SOURCES | LOOKED_AT)
        yield from units if findings is None else _looked_at(job, units, findings)


def _read(job: Job, known: Known, made: Collection[str]) -> Iterator[Found | Same | Rejected | Problem]:
    yield from job.export.problems
    yield from _unread_tables(job)
    yield from derive_outcomes(read_records(job.maps, job.export, known, made), known, job.maps.scopes)


def _looked_at(
    job: Job, units: Iterable[Found | Same | Rejected | Problem], findings: Engine
) -> Iterator[Found | Same | Rejected | Problem]:
    """The same units; what the rules find among them is told by the engine, the last of it when the stream has ended."""
    whole = {(p.concept, p.table) for p in job.maps.plans if p.complete}  # a finding stands at the row that is the record
    for unit in units:
        if isinstance(unit, Problem):
            findings.hear(unit.code, unit.text, unit.file, unit.line, unit.column)
        elif not isinstance(unit, Rejected) and unit.record is not None:
            concept, places = type(unit.record).__name__, unit.places
            place = next((p for p in places if (concept, p.table) in whole), places[0])
            findings.see(unit.record, place.table, place.row)
        yield unit
    findings.finish()


def map(  # noqa: A001 the library's own verb
    export: str | Path | Job, settings: Settings | None = None, *, known: Known | None = None, findings: Engine | None = None
) -> Iterator[Mapped | Same | Rejected | Problem]:
    """The resources of an export, a unit per record, each resource checked against R4; what is not R4 is withheld and told."""
    with opened(export, settings) as job:
        withheld: set[str] = set()
        merged, there = job.maps.references.pairs.merged() if known is not None else {}, set[str]()
        units = read(job, known=known, findings=findings)
        while batch := list(islice(units, BATCH)):
            built = [job.library.build(unit.record) if isinstance(unit, Found) else [] for unit in batch]
            faults = [[(r, found) for r in resources if (found := check(r))] for resources in built]
            for unit, resources, faulty in zip(batch, built, faults, strict=True):
                if merged and isinstance(unit, Found | Same):
                    there.add(unit.record.key if isinstance(unit, Found) else unit.key)
                if isinstance(unit, Found):
                    yield from _map_one(job, unit, resources, faulty, withheld)
                else:
                    yield unit
        for key, (table, whole) in merged.items():  # what went out before a pair was confirmed is part of another session now
            if known is not None and whole in there and known.has(CONCEPT, key):
                yield Mapped(CONCEPT, key, (), (Place(table, 0),), "", private=True)
        yield from job.library.not_claimed()


def plan(
    export: str | Path | Job,
    server: str | Server | None = None,
    settings: Settings | None = None,
    *,
    ledger: Path | None = None,
    findings: Engine | None = None,
) -> Plan:
    """What it takes to bring a server in step with an export; writes nothing. Close the plan, or use it in a `with`.

    `server`: an address, the name of a profile or of a public test server; else the settings' own. `ledger`: its file, else the
    settings', else one per server and clinic in the user's state folder. Raises ConfigError, MappingError and the ServerErrors.
    """
    with ExitStack() as held:
        job = export if isinstance(export, Job) else held.enter_context(open_job(export, settings))
        target = _choose_server(server, job.settings)
        clinic = job.settings.clinic
        assert clinic is not None, "open_job refuses settings without a clinic"
        scope = Scope(target.url, clinic.system, clinic.namespace, clinic.zone)
        if not clinic.synthetic:
            refuse_public(target.url)
        path = ledger or job.settings.ledger
        if path is None:
            path = default_ledger_path(target.url, clinic.namespace)
            require_namespace(path, scope)
        client = Client(target.url, target.auth, timeout_s=target.timeout_s)
        kept = held.enter_context(open_ledger(path, scope, job.maps_digest))
        made = sync_plan.plan(map(job, known=kept, findings=findings), kept, client, job.maps.scopes)
        made.hold(held.pop_all(), job.library.place_of)
        return made


def apply(plan: Plan, on_progress: Callable[[Progress], None] | None = None, *, max_errors: int | None = None) -> Report:
    """Send what a plan says; what is refused is told in the report, the rest goes in. See `kapfhir.sync.apply`."""
    return sync_apply.apply(plan, plan.ledger, plan.client, on_progress, max_errors, where=plan.where)


def _unread_tables(job: Job) -> Iterator[Problem]:
    """Tables that no map reads: what stands in them stays where it is."""
    told = {p.file.rpartition("/")[2].rpartition(".")[0] or p.file for p in job.export.problems}
    for name in sorted(job.export.tables.keys() - job.maps.tables - told):
        hint = "write a map for it, if it should be sent"
        yield Problem(name, 0, "", "unread-table", "no map reads this table", hint, "information", effect="table left out")


def _choose_server(server: str | Server | None, settings: Settings) -> Server:
    if isinstance(server, Server):
        return server
    if server:
        shipped = {known.name: known.url for known in PUBLIC}
        found = load_settings(settings.file, flags={"server": server}, shipped=shipped).server
    else:
        found = settings.server
    if found is None:
        raise ConfigError("no server is named", "give --server with an address or a name, or --profile")
    return found


def _map_one(
    job: Job, unit: Found, resources: list[Resource], faulty: list[tuple[Resource, list[Problem]]], withheld: set[str]
) -> Iterator[Mapped | Problem]:
    record = unit.record
    reason = privacy.withheld(record)
    if reason:
        yield from _keep_one(unit, resources, reason, withheld)
        return
    problems: list[Problem] = []
    bad: set[str] = set()
    for resource, found in faulty:
        place = unit.places[0]
        slot = job.library.slot_of(resource)
        problems += [
            replace(p, file=place.table, line=place.row, place=slot.place if slot else "", effect=WITHHELD) for p in found
        ]
        if any(p.severity == "error" for p in found):
            bad.add(_name(resource))
    if bad or withheld:
        resources, told = _without(resources, bad, withheld, unit.places[0])
        problems += told
    yield from problems
    anchor = record.anchor if isinstance(record, DosingSession) else None
    yield Mapped(
        type(record).__name__, record.key, tuple(resources), unit.places, "" if problems else unit.digest, anchor, record
    )


def _keep_one(unit: Found, resources: list[Resource], reason: str, withheld: set[str]) -> Iterator[Mapped | Problem]:
    """Nothing of a record that must not leave; what points to it stays too."""
    place, record = unit.places[0], unit.record
    withheld.update([_name(resource) for resource in resources])
    severity = "warning" if reason == privacy.UNKNOWN else "information"
    text = privacy.REASONS[reason]
    yield Problem(place.table, place.row, "", reason, text, severity=severity, effect=privacy.STAYS_HERE)
    anchor = record.anchor if isinstance(record, DosingSession) else None
    yield Mapped(type(record).__name__, record.key, (), unit.places, "", anchor, private=True)


def _without(resources: list[Resource], bad: set[str], withheld: set[str], place: Place) -> tuple[list[Resource], list[Problem]]:
    """The resources that can go, without the bad ones and all that point to what was withheld."""
    withheld |= bad
    told: list[Problem] = []
    kept = [r for r in resources if _name(r) not in bad]
    while True:
        hanging = [r for r in kept if withheld & set(references(r))]
        if not hanging:
            return kept, told
        for resource in hanging:
            withheld.add(_name(resource))
            text = f"{resource['resourceType']} points to a resource that was withheld"
            told.append(Problem(place.table, place.row, "", "depends-on-rejected", text, effect=WITHHELD))
        kept = [r for r in kept if _name(r) not in withheld]


def _name(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"

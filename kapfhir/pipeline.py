"""From an export to resources, as streams: rows -> records -> resources. What can't go on is told, and the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any

from .config import Server, Settings, load_settings
from .errors import ConfigError, Problem
from .fhir.links import references
from .fhir.validate import check
from .job import Job, open_job, opened, pairs_beside
from .keyless import find_keyless
from .mapping.source.derive import SOURCES, derive_outcomes, join_scopes
from .mapping.source.judgements import NOTE
from .mapping.source.reading import read_records
from .mapping.units import Found, Known, Mapped, Place, Rejected, Same, Unkept
from .model import privacy
from .model.making import maker_of
from .rules.engine import LOOKED_AT, Engine
from .server.client import Client
from .server.known import PUBLIC, refuse_public
from .shifted import find_shifted, remember_shifted
from .showing import Showing
from .standing import Standing
from .superseded import find_superseded, remember_people
from .sync import apply as sync_apply
from .sync import plan as sync_plan
from .sync.ledger import Ledger, Scope, open_ledger
from .sync.ledgerplace import default_ledger_path, require_namespace
from .sync.plan import Plan
from .sync.report import Progress, Report

WITHHELD = "resource withheld"
BATCH = 64  # records that are built, then checked, together: so the code of either step stays in the processor's cache
Resource = dict[str, Any]
_mapped = maker_of(Mapped)


def read(
    export: str | Path | Job, settings: Settings | None = None, *, known: Known | None = None, findings: Engine | None = None
) -> Iterator[Found | Same | Rejected | Problem]:
    """The records of an export, parents first, and what is wrong with its rows. `known`: what earlier runs sent; `findings`: the
    rules of a job (`Job.engine`), which look at every record that passes.
    """
    with opened(export, settings) as job:
        units = _read(job, known or Unkept(), SOURCES if findings is None else SOURCES | LOOKED_AT)
        yield from units if findings is None else _looked_at(job, units, findings)


def _read(job: Job, known: Known, made: Collection[str]) -> Iterator[Found | Same | Rejected | Problem]:
    yield from job.export.problems
    yield from _unread_tables(job)
    yield from derive_outcomes(read_records(job.maps, job.export, known, made), known, job.maps.scopes)


def _looked_at(
    job: Job, units: Iterable[Found | Same | Rejected | Problem], findings: Engine
) -> Iterator[Found | Same | Rejected | Problem]:
    """The same units; what the rules find among them is told by the engine, the last of it when the stream has ended."""
    show = Showing(job, findings)
    for unit in units:
        show.take(unit)
        yield unit
    show.end()


def map(  # noqa: A001 the library's own verb
    export: str | Path | Job, settings: Settings | None = None, *, known: Known | None = None, findings: Engine | None = None
) -> Iterator[Mapped | Same | Rejected | Problem]:
    """The resources of an export, a unit per record, each resource checked against R4; what is not R4 is withheld and told."""
    with opened(export, settings) as job:
        yield from _map(job, read(job, known=known, findings=findings))


def _map(job: Job, units: Iterator[Found | Same | Rejected | Problem]) -> Iterator[Mapped | Same | Rejected | Problem]:
    withheld: set[str] = set()
    while batch := list(islice(units, BATCH)):
        built = [job.library.build(unit.record) if isinstance(unit, Found) else [] for unit in batch]
        faults = [[(r, found) for r in resources if (found := check(r))] for resources in built]
        for unit, resources, faulty in zip(batch, built, faults, strict=True):
            if isinstance(unit, Found):
                yield from _map_one(job, unit, resources, faulty, withheld)
            else:
                yield unit
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
        people = job.settings.people
        files = (job.export.path, *((people, pairs_beside(people)) if people else ()))
        rest = f"{job.maps_digest} {job.export.newest if findings else ''} {job.rules if findings else ''}"
        standing = Standing(kept, files, f"{rest} {kept.note(NOTE) or ''}", findings)
        units = chain(
            _map(job, _since(job, kept, standing)), find_superseded(job, kept), find_shifted(job, kept), _settled(job, kept)
        )
        made = sync_plan.plan(units, kept, client, job.maps.scopes)
        made.first, made.then = partial(_remember, job, kept), standing.keep
        made.hold(held.pop_all(), job.library.place_of)
        return made


def _settled(job: Job, ledger: Ledger) -> Iterator[Problem]:
    """Once all was read, also by who looked for the answers of people: it must be as before; then what can't be said of it."""
    job.export.require_unchanged()
    yield from find_keyless(job, ledger)


def _remember(job: Job, ledger: Ledger) -> None:
    """Before a send: what later runs must know, and no record says."""
    remember_people(job, ledger)
    remember_shifted(job, ledger)


def apply(plan: Plan, on_progress: Callable[[Progress], None] | None = None, *, max_errors: int | None = None) -> Report:
    """Send what a plan says; what is refused is told in the report, the rest goes in. See `kapfhir.sync.apply`."""
    if plan.first is not None:
        plan.first()
    report = sync_apply.apply(plan, plan.ledger, plan.client, on_progress, max_errors, where=plan.where)
    if plan.then is not None:
        plan.then(report)
    return report


def _since(job: Job, known: Ledger, standing: Standing) -> Iterator[Found | Same | Rejected | Problem]:
    """All records of an export; what follows from them is not made again where the export is what it was."""
    if not standing.holds():
        yield from standing.watch(read(job, known=known, findings=standing.findings))
        return
    yield from job.export.problems
    yield from _unread_tables(job)
    yield from read_records(job.maps, job.export, known)
    join_scopes(job.maps.scopes)
    yield from standing.outcomes()


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
    whole = len(resources)
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
    digest = "" if problems else unit.digest
    partial = unit.partial or len(resources) < whole
    yield _mapped(type(record).__name__, record.key, tuple(resources), unit.places, digest, unit.anchor, record, False, partial)


def _keep_one(unit: Found, resources: list[Resource], reason: str, withheld: set[str]) -> Iterator[Mapped | Problem]:
    """Nothing of a record that must not leave; what points to it stays too."""
    place, record = unit.places[0], unit.record
    withheld.update([_name(resource) for resource in resources])
    severity = "warning" if reason == privacy.UNKNOWN else "information"
    text = privacy.REASONS[reason]
    yield Problem(place.table, place.row, "", reason, text, severity=severity, effect=privacy.STAYS_HERE)
    yield Mapped(type(record).__name__, record.key, (), unit.places, "", unit.anchor, private=True)


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

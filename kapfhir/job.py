"""An export, opened with the maps that read it and the clinic that it comes from: what every walk starts with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from .config import FILE, Settings, load_settings, parse_file
from .data import example_folder
from .errors import ConfigError, MappingError
from .fhir.facts import load_facts
from .fhir.identity import Origin
from .mapping.codes import Codes, Row
from .mapping.folder import MapFolder
from .mapping.resource.library import Library, load_library
from .mapping.source.check import check_source, load_source
from .mapping.source.pairs import load_pairs
from .mapping.source.people import load_people
from .mapping.source.reading import SourceMaps
from .mapping.source.references import References
from .mapping.source.selection import candidates, nearest
from .model.dose_limits import use_limits
from .model.values import Window
from .model.windows import use_spans
from .rules.engine import Engine, Finding
from .rules.settings import limits_of, rules_of
from .rules.table import Rule
from .sources.export import Export, open_export
from .spans import spans_of

EXAMPLE = "example:"
MOST_NAMED = 3  # tables in a message


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
        partly = {p.concept for p in self.maps.plans if p.complete and not p.full}
        return Engine(self.rules, tell, until or self.export.newest, partly)

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


def brings_clinic(export: str | Path) -> bool:
    """Whether an export is of no clinic of the user's."""
    return str(export).startswith(EXAMPLE) or _synthetic(Path(export)) is not None


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
    return References(load_people(people), load_pairs(people and pairs_beside(people)))


def pairs_beside(people: Path) -> Path:
    """Where the answers about doubles lie."""
    return people.with_name("pairs.csv")


@contextmanager
def opened(export: str | Path | Job, settings: Settings | None) -> Iterator[Job]:
    """A job that is open already stays open."""
    if isinstance(export, Job):
        yield export
    else:
        with open_job(export, settings) as job:
            yield job

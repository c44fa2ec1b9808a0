"""A desk on which a test lays maps and tables."""

from pathlib import Path

from kapfhir.data import mappings_folder
from kapfhir.errors import Problem
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.source.check import check_source, load_source
from kapfhir.mapping.source.pairs import HEADER as PAIRS
from kapfhir.mapping.source.pairs import load_pairs
from kapfhir.mapping.source.people import HEADER as PEOPLE
from kapfhir.mapping.source.people import load_people
from kapfhir.mapping.source.reading import read_records
from kapfhir.mapping.source.references import References
from kapfhir.mapping.units import Found, Nothing, Rejected, Same
from kapfhir.sources.export import open_export

ZONE = "America/Los_Angeles"
SAMPLE = Path(__file__).parent / "unit/mapping/source/sample"


class Remembered:
    """What a run found, as a ledger keeps it. `shifted`: tables that were refused, with their scales."""

    def __init__(self, units=(), shifted=None):
        self.digests, self.anchors = {}, {}
        self.notes = {"shifted": {"desk": shifted}} if shifted else {}
        for unit in units:
            if isinstance(unit, Found):
                concept, key = type(unit.record).__name__, unit.record.key
                self.digests[concept, key] = unit.digest or None
                if concept == "DosingSession":
                    self.anchors[key] = unit.record.anchor

    def has(self, concept, key):
        return (concept, key) in self.digests

    def digest(self, concept, key):
        return self.digests.get((concept, key))

    def anchor(self, key):
        return self.anchors.get(key)

    def note(self, name):
        return self.notes.get(name, {})


class Units(list):
    """What a reading gave."""

    def records(self, concept=None):
        return {u.record.key: u.record for u in self if isinstance(u, Found) and concept in (None, type(u.record).__name__)}

    def problems(self, table=None):
        return [u for u in self if isinstance(u, Problem) and table in (None, u.file)]

    def told(self, table=None):
        return {(p.line, p.code, p.column, p.effect) for p in self.problems(table)}

    def same(self):
        return {(u.concept, u.key) for u in self if isinstance(u, Same)}

    def rejected(self):
        return [(u.concept, u.key) for u in self if isinstance(u, Rejected)]

    def found(self, key):
        return next(u for u in self if isinstance(u, Found) and u.record.key == key)


class Desk:
    def __init__(self, folder):
        self.folder = folder
        self.export = folder / "export"
        self.source = folder / "maps" / "sources" / "desk"
        (self.source / "codes").mkdir(parents=True)
        self.export.mkdir()

    def map(self, name, text):
        (self.source / f"{name}.yaml").write_text(text, encoding="utf-8")
        return self

    def codes(self, name, text):
        (self.source / "codes" / f"{name}.csv").write_text(text, encoding="utf-8")
        return self

    def table(self, name, text):
        data = text if isinstance(text, bytes) else text.encode()
        (self.export / f"{name}.csv").write_bytes(data)
        return self

    def confirm(self, people=(), pairs=()):
        """What the clinic answered: (kind, table, name, key) each, and (table, key, other table, other key, answer)."""
        rows = [(kind, table, name, "", key) for kind, table, name, key in people]
        for name, header, lines in (("people", PEOPLE, rows), ("pairs", PAIRS, pairs)):
            text = "".join(",".join(line) + "\n" for line in (header, *lines))
            (self.folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return self

    def maps(self):
        return MapFolder((mappings_folder(), self.folder / "maps"))

    def faults(self, *, zone=ZONE, headers=True):
        with open_export(self.export) as export:
            found = check_source(self.maps(), "desk", export if headers else None, Codes(self.maps()), zone)
        return [f"{p.line}:{p.column}: {p.text}{'; ' if p.hint else ''}{p.hint} [{p.code}]" for p in found]

    def load(self, export, zone=ZONE):
        confirmed = References(load_people(self.folder / "people.csv"), load_pairs(self.folder / "pairs.csv"))
        return load_source(self.maps(), "desk", export, Codes(self.maps()), zone, confirmed)

    def read(self, known=None, zone=ZONE, made=()):
        with open_export(self.export) as export:
            return Units(read_records(self.load(export, zone), export, known or Nothing(), made))

    def scopes(self):
        with open_export(self.export) as export:
            maps = self.load(export)
            list(read_records(maps, export, Nothing()))
            return maps.scopes


def log(*rows):
    """The table `log`: session, patient, start, end, dose, route, SBP, DBP, HR."""
    return "\n".join(("Session,Patient,Start,End,Dose,Route,SBP,DBP,HR", *rows)) + "\n"

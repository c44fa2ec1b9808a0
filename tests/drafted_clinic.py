"""A clinic whose export nobody has seen, and what is drafted from it."""

import csv
import io
from collections import Counter
from datetime import date, timedelta

from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.source.check import check_source, load_source
from kapfhir.mapping.source.draft import draft, source_name
from kapfhir.mapping.source.reading import read_records
from kapfhir.mapping.units import Found, Nothing
from kapfhir.sources.export import open_export

ZONE = "America/Los_Angeles"


def day(number, text="%m/%d/%Y"):
    return (date(2026, 1, 5) + timedelta(days=2 * number)).strftime(text)


class Clinic:
    """An export, and what is drafted from it."""

    def __init__(self, folder, export=None):
        self.export, self.out = export or folder / "export", folder / "out"
        self.export.mkdir(exist_ok=True)

    def table(self, name, header, *rows, delimiter=",", encoding="utf-8"):
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter).writerows([header.split(","), *rows])
        (self.export / f"{name}.csv").write_bytes(text.getvalue().encode(encoding))
        return self

    def draft(self):
        with open_export(self.export) as export:
            self.source = source_name(export)
            self.files = draft(export, self.out, Codes(MapFolder.over()))
        return self

    @property
    def folder(self):
        return self.out / "mappings" / "sources" / self.source

    def text(self, name):
        return (self.folder / f"{name}.yaml").read_text(encoding="utf-8")

    def lines(self, name):
        """The live lines of a map, without notes."""
        found = [line.split("  #")[0].strip() for line in self.text(name).partition("fields:")[2].splitlines()]
        return dict(line.split(": ", 1) for line in found if line and not line.startswith("#"))

    def head(self, name):
        text = self.text(name)
        return [line for line in text.partition("fields:")[0].splitlines() if line and not line.startswith("#")]

    def codes(self, name):
        with (self.folder / "codes" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return {row["local"]: row["code"] for row in csv.DictReader(file)}

    def fill(self, name, /, **replacements):
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        for was, now in replacements.items():
            assert f"{was}: TODO" in text
            text = text.replace(f"{was}: TODO", f"{was}: {now}")
        path.write_text(text, encoding="utf-8")

    def faults(self):
        maps = MapFolder.over(self.out / "mappings")
        with open_export(self.export) as export:
            return check_source(maps, self.source, export, Codes(maps), ZONE)

    def read(self):
        """How many records of each concept, and the codes of the problems."""
        maps = MapFolder.over(self.out / "mappings")
        with open_export(self.export) as export:
            units = list(read_records(load_source(maps, self.source, export, Codes(maps), ZONE), export, Nothing()))
        records = [u.record for u in units if isinstance(u, Found)]
        return Counter(type(r).__name__ for r in records), sorted(u.code for u in units if hasattr(u, "hint")), records

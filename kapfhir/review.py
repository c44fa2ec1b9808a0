"""The rules applied to a whole export: findings in the order in which a person should read them, as lines, as CSV, as FHIR.

    rule,severity,table,row,column,patient,text,advice,changed      the columns of the CSV

`patient` is the resource (`Patient/id`) and never a name or a number of the clinic's; `changed` is `yes` where the clinic's
configuration says another level or other numbers. As FHIR each finding with a patient is a DetectedIssue, and a safety finding a
Flag too, built by the maps of a SafetyFlag; ids follow from rule and record, so the same finding has the same id in every run.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Self

from .config import Settings
from .errors import ConfigError
from .fhir.exact import dumps
from .fhir.identity import ids
from .fhir.validate import check
from .job import Job, opened
from .model.flags import SafetyFlag
from .model.frame import FlagLevel
from .model.values import Key, Ref
from .pipeline import read
from .rules.catalogue import LOST
from .rules.engine import Finding
from .rules.table import SEVERITIES, Rule

COLUMNS = ("rule", "severity", "table", "row", "column", "patient", "text", "advice", "changed")
LEVELS = {
    "safety": FlagLevel("safety-finding"),
    "error": FlagLevel("error-finding"),
    "warning": FlagLevel("warning-finding"),
    "info": FlagLevel("information-finding"),
}
SCHEMA = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE; PRAGMA cache_size=-2000;
CREATE TABLE finding(rank INTEGER, number INTEGER, place TEXT, row INTEGER, concept TEXT, key TEXT,
  patient TEXT, code TEXT, col TEXT);
BEGIN;
"""


class Shelf:
    """Findings, put down as they come, taken up safety first. They wait on disk, so memory stays flat."""

    def __init__(self, rules: dict[str, Rule]) -> None:
        self._rules = list(rules.values())
        self._numbers = {name: number for number, name in enumerate(rules)}
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(SCHEMA)

    def put(self, found: Finding) -> None:
        """ConfigError when the disk is full."""
        at = (SEVERITIES.index(found.severity), self._numbers[found.rule], found.table, found.row)
        rest = (found.concept, found.key, found.patient, found.code, found.column)
        try:
            self._db.execute("INSERT INTO finding VALUES (?,?,?,?,?,?,?,?,?)", (*at, *rest))
        except sqlite3.OperationalError as error:
            raise ConfigError("the disk is full: findings could not be kept", "free space for temporary files") from error

    def ordered(self) -> Iterator[Finding]:
        """Safety first, then errors, warnings, information; in each by rule, table and row."""
        order = "ORDER BY rank, number, place, row, concept, key, code, col"
        for rank, number, table, row, *rest in self._db.execute(f"SELECT * FROM finding {order}"):  # noqa: S608 -- constants
            rule = self._rules[number]
            yield Finding(rule.id, SEVERITIES[rank], rule.told, rule.advice, table, row, *rest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()


def findings(export: str | Path | Job, settings: Settings | None = None) -> Iterator[Finding]:
    """What the rules find in an export, safety first. Nothing is changed, nothing is sent. Raises as `read` does."""
    with opened(export, settings) as job:
        engine = job.engine()
        with Shelf(job.rules) as shelf:
            engine.tell = shelf.put
            for _ in read(job, findings=engine):
                pass
            yield from shelf.ordered()


class Names:
    """The resources by which findings are told: `Patient/id`."""

    def __init__(self, job: Job) -> None:
        slots = (plan.target for plan in job.library.slots.values())
        slot = next(t.name for t in slots if t.name.concept == "Patient" and not t.each and t.name.resource == "Patient")
        self._identify = ids(slot, job.origin)

    def patient(self, found: Finding) -> str:
        """Empty where the finding has none."""
        return f"Patient/{self._identify(found.patient, '')}" if found.patient else ""


def write_csv(found: Iterable[Finding], rules: dict[str, Rule], names: Names, path: Path) -> int:
    """The findings as CSV, and how many there are. ConfigError if the file can't be written."""
    count = 0
    with _written(path) as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        for one in found:
            changed = "yes" if rules[one.rule].changed else ""
            at = (one.table, one.row, one.column, names.patient(one))
            rows.writerow((one.rule, one.severity, *at, one.text, one.advice, changed))
            count += 1
    return count


def write_fhir(found: Iterable[Finding], job: Job, detected: datetime, path: Path) -> tuple[int, int]:
    """The findings about patients as NDJSON: DetectedIssue and Flag, each of them R4. ConfigError if the file can't be written.

    Returns how many resources there are, and how many findings are left out, as they are about nobody who is known. Where several
    rows of a record tell the same by problems, it is one finding about the record.
    """
    count = left = 0
    told: set[str] = set()  # by problems
    with _written(path) as file:
        for one in found:
            if one.patient is None:
                left += 1
                continue
            flag = _flag(one, job, detected)
            if one.code or one.rule in LOST:
                if flag.key in told:
                    continue
                told.add(flag.key)
            for resource in job.library.build(flag):
                assert not [p for p in check(resource) if p.severity == "error"], "what the maps of a flag build is R4"
                file.write(dumps(resource).decode() + "\n")
                count += 1
    return count, left


def _flag(found: Finding, job: Job, detected: datetime) -> SafetyFlag:
    """A finding as a record. Its key is made of rule and record."""
    about: dict[str, Any] = {}
    if found.concept == "DosingSession":
        about["about_dosing"] = Ref(found.key)
    elif found.concept == "IntegrationSession":
        about["about_integration"] = Ref(found.key)
    elif found.concept in ("OutcomeAssessment", "DerivedOutcome"):  # an outcome has the key of its assessment
        about["evidence_assessments"] = (Ref(found.key),)
    elif found.concept == "Diagnosis":
        about["evidence_diagnoses"] = (Ref(found.key),)
    rule = job.rules[found.rule]
    key = Key(f"{found.rule}:{found.concept or found.table}:{found.key}")
    message, source = f"{found.text} {found.advice}", f"Rule {rule.id}: {rule.source}"
    assert found.patient is not None
    return SafetyFlag(
        key, Ref(found.patient), found.rule, LEVELS[found.severity], detected.replace(microsecond=0), message, source, **about
    )


def _written(path: Path) -> IO[str]:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}", "name another file with -o") from None

"""What becomes of a single value: a primitive by its type, and by what the table says of its element."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from kapfhir.fhir.facts import Element, Facts, load_facts

from .ages import AGE, BIRTH, NUMBER
from .dates import Dates, is_date
from .measures import is_old, is_short
from .pseudonyms import Pseudonyms
from .references import Scope
from .table import TELLING, is_public_address

ABSENT = frozenset(
    (
        *("unknown", "asked-unknown", "temp-unknown", "not-asked", "asked-declined", "masked", "not-applicable", "unsupported"),
        *("as-text", "error", "not-a-number", "negative-infinity", "positive-infinity", "not-performed", "not-permitted"),
    )
)
CODES = {"data-absent-reason": ABSENT, "us-core-birthsex": frozenset(["F", "M", "UNK", "ASKU", "OTH"])}  # of extensions
EXTENDED = re.compile(r"\(([a-z-]+)\)\.valueCode$")
LINK = re.compile(r"[a-z0-9]{1,20}([-./][a-z0-9]{1,20}){0,6}")
LOINC_LINK = re.compile(r"/?\d{1,6}-\d(/\d{1,6}-\d){0,6}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
CURRENCY = re.compile(r"[A-Z]{3}")
PLANNED = re.compile(  # what need not have been yet
    r"^Appointment\.|^ServiceRequest\.occurrence|\.(end|due\w*|event|expir\w*)$|\.(scheduled\w*|(validity|requested|bounds)Period)\b"
)
CLOCK = re.compile(r"\d\d:\d\d:\d\d(\.\d{1,6})?")
Handler = Callable[[Any, "Step", str, Scope], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with one element of a type."""

    element: Element
    kind: str
    act: Handler
    masks: bool  # a value that goes leaves the mark that it was there
    primitive: bool
    tells: str = ""  # `age` where the element holds ages


@lru_cache(maxsize=4096)
def _is_planned(path: str) -> bool:
    return PLANNED.search(path) is not None


@dataclass(slots=True)
class Leaves:
    """One per run. `texts`: the paths of text that may leave; `counts`: (path, what was done) -> how often."""

    pseudonyms: Pseudonyms
    dates: Dates
    texts: frozenset[str] = frozenset()
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    facts: Facts = field(default_factory=load_facts)
    newest: str = ""  # the newest date that tells of something past, as it is written

    def count(self, path: str, done: str) -> None:
        self.counts[path, done] += 1

    def _do_drop(self, _value: Any, _step: Step, path: str, _scope: Scope) -> None:
        self.count(path, "dropped")

    def _do_keep(self, value: Any, step: Step, path: str, _scope: Scope) -> Any:
        good = isinstance(value, bool) if step.kind == "boolean" else isinstance(value, str) and CLOCK.fullmatch(value)
        return self._kept(value, path) if good else self._do_drop(value, step, path, _scope)

    def _do_code(self, value: Any, step: Step, path: str, _scope: Scope) -> Any:
        if not isinstance(value, str):
            return self._drop(path)
        if step.element.codes:
            good = any(value in codes for codes in step.element.codes.values())
        elif match := EXTENDED.search(path):
            good = value in CODES.get(match[1], ())
        else:
            form = {"language": LANGUAGE, "currency": CURRENCY}.get(step.element.name)
            good = form is not None and form.fullmatch(value) is not None
        return self._kept(value, path) if good else self._drop(path)

    def _do_number(self, value: Any, _step: Step, path: str, scope: Scope) -> Any:
        if not is_short(value) or scope.tells == NUMBER:
            return self._drop(path)
        aged = is_old(value, scope.years_ago) if scope.tells == AGE else not self.dates.is_birth_year(value)
        if scope.tells and aged:
            self.count(path, "aged")
            return None
        return self._kept(value, path)

    def _do_date(self, value: Any, step: Step, path: str, scope: Scope) -> Any:
        if scope.tells == BIRTH:
            return self._do_birth(value, step, path, scope)
        if isinstance(value, str) and not _is_planned(path):
            self._note(value)
        new, done = (
            self.dates.write(value, scope.days, whole=step.kind == "instant") if isinstance(value, str) else (None, "dropped")
        )
        self.count(path, done)
        return new

    def _note(self, value: str) -> None:
        if self.newest < value <= self.dates.today and is_date(value):
            self.newest = value

    def _do_birth(self, value: Any, _step: Step, path: str, _scope: Scope) -> Any:
        if isinstance(value, str):
            self._note(value)
        new, done = self.dates.birth(value) if isinstance(value, str) else (None, "dropped")
        self.count(path, done)
        return new

    def _do_uri(self, value: Any, _step: Step, path: str, _scope: Scope) -> Any:
        if not isinstance(value, str):
            return self._drop(path)
        if is_public_address(value):
            return self._kept(value, path)
        self.count(path, "pseudonym")
        pseudonym = self.pseudonyms.of("uri", value.partition("|")[0])
        return f"urn:uuid:{pseudonym}"

    def _do_pseudonym(self, value: Any, _step: Step, path: str, _scope: Scope) -> Any:
        if not isinstance(value, str):
            return self._drop(path)
        self.count(path, "pseudonym")
        return self.pseudonyms.of("element", value)

    def _do_link(self, value: Any, _step: Step, path: str, _scope: Scope) -> Any:
        if isinstance(value, str) and ((LINK.fullmatch(value) and not TELLING.search(value)) or LOINC_LINK.fullmatch(value)):
            return self._kept(value, path)
        return self._do_pseudonym(value, _step, path, _scope)

    def _drop(self, path: str) -> None:
        self.count(path, "dropped")

    def _kept(self, value: Any, path: str) -> Any:
        self.counts[path, "kept"] += 1
        return value

"""Applies the rules to the records of an export as they pass by, and tells what it finds.

    engine.see(record, table, row)      a record: what can be judged of it alone is judged at once, the rest is noted
    engine.hear(code, text, ...)        a problem that the reading of a row told: some of them are rules of ours
    engine.lose(rule, ...)              something of a row that is in no record
    engine.finish()                     after the last record: each patient as a whole

Records come parents first, concept by concept, so a patient is whole only at the end. Of each record a few texts and numbers wait
on disk (`memory.py`); nothing else is kept, so memory stays flat. Nothing is changed: rules look, they do not correct.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.dosing import DosingSession
from kapfhir.model.people import Clinic, Patient
from kapfhir.model.protocol import Protocol

from .catalogue import CHAPTERS, DAY, HELD, LOST, NEEDS, PARTS, PATIENTS, PROTOCOL, STORY, WAYS, WHOLE
from .day import Day
from .facts import Dose
from .memory import Memory
from .monitoring import tells_of_therapist
from .noting import NOTES, NUMBER, note_dose
from .settings import OFF
from .story import Found, Plan, Story, Surroundings
from .table import COMPUTED, SEVERITIES, Numbers, Rule, all_rules

AT_ONCE = 100  # records in memory
NUMBERS = ("chart_number", "ehr_number", "redcap_number", "rems_number", "member_number")
LOOKED_AT = frozenset({kind.__name__ for kind in (*NOTES, DosingSession, Clinic, Protocol)})


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found. Its text holds the numbers of the rule, never those of the patient.

    `concept` and `key` name the record, `patient` whose it is; without a concept, `key` is that of a row which no record came of.
    `code` is that of the problem, where the reading of a row told it.
    """

    rule: str
    severity: str
    text: str
    advice: str
    table: str
    row: int
    concept: str = ""
    key: str = ""
    patient: str | None = None
    code: str = ""
    column: str = ""


class Engine:
    """One run over one export. `counts` are by severity, `by_rule` by rule; `tell` gets each finding as it is found.

    `partly`: the concepts of which the export holds only what is new or changed.
    """

    def __init__(
        self,
        rules: Mapping[str, Rule] | None = None,
        tell: Callable[[Finding], None] | None = None,
        until: datetime | None = None,
        partly: AbstractSet[str] = frozenset(),
    ) -> None:
        self.rules = rules or all_rules()
        self.counts: Counter[str] = Counter(dict.fromkeys(SEVERITIES, 0))
        self.by_rule: Counter[str] = Counter()
        self.not_judged: dict[str, str] = {}  # rule -> what the export does not hold
        self.partly = partly
        self.tell = tell
        self._held: list[tuple[Any, str, int]] = []
        self._memory = Memory()
        self._around = Surroundings()
        if until is not None:
            self._around.until, self._around.until_day = until.timestamp(), until.date().toordinal()
        on = {name: rule for name, rule in self.rules.items() if rule.severity not in (OFF, COMPUTED)}
        self._day = [(on[name], judge, on[name].numbers) for name, judge in DAY.items() if name in on]
        self._judges: dict[Any, list[tuple[Rule, Callable[[Day, Numbers], bool], Numbers]]] = {}  # by what a day has
        self._story = [(on[name], judge, on[name].numbers) for name, judge in STORY.items() if name in on]
        self._protocol = [(on[name], judge) for name, judge in PROTOCOL.items() if name in on]
        self._patients = [on[name] for name in PATIENTS if name in on]
        self._lost = {name: on[name] for name in LOST if name in on}
        self._told = {code: rule for rule in on.values() for code in rule.codes}
        self._codes = {code.partition("@")[0] for code in self._told}

    def see(self, record: Any, table: str, row: int) -> None:
        """A record, and where it was read. It is looked at with those that follow, which is faster than one by one."""
        self._held.append((record, table, row))
        if len(self._held) >= AT_ONCE:
            self._look()

    def _look(self) -> None:
        for record, table, row in self._held:
            self._look_at(record, table, row)
        self._held.clear()

    def _look_at(self, record: Any, table: str, row: int) -> None:
        kind = type(record)
        self._around.seen.add(kind.__name__)
        if kind is DosingSession:
            self._see_session(record, table, row)
            return
        note = NOTES.get(kind)
        if note is not None:
            noted = note[1](record)
            patient = str(record.key) if kind is Patient else str(record.patient)
            if noted is not None:
                self._memory.keep(patient, NUMBER[note[0]], kind.__name__, table, row, noted)
            if kind is Patient:
                self._see_patient(record, table, row)
        elif kind is Clinic:
            self._around.certified[str(record.key)] = record.rems == "certified"
        elif kind is Protocol:
            self._see_protocol(record, table, row)

    def hear(
        self,
        code: str,
        text: str,
        table: str,
        row: int,
        column: str = "",
        concept: str = "",
        key: str = "",
        patient: str | None = None,
    ) -> None:
        """A problem of a row. Of a rule that a problem tells, this is the finding; the rest is what the row became."""
        if code not in self._codes:
            return
        fits = [c for c in self._told if c.partition("@")[0] == code and text.startswith(c.partition("@")[2])]
        if fits:
            rule = self._told[max(fits, key=len)]
            self._found(rule, table, row, concept, key, patient, code=code, column=column)

    def lose(
        self, rule: str, table: str, row: int, column: str = "", concept: str = "", key: str = "", patient: str | None = None
    ) -> None:
        """What is told by one of the rules of LOST."""
        if rule in self._lost:
            self._found(self._lost[rule], table, row, concept, key, patient, column=column)

    def finish(self) -> None:
        """After the last record: what only a whole patient, or all of them, can tell. Nothing is seen after that."""
        self._look()
        seen = self._around.seen
        self.not_judged = {
            rule.id: needs[rule.id]
            for judged, needs in ((self._day, HELD), (self._story, NEEDS))
            for rule, *_ in judged
            if rule.id in needs and needs[rule.id] not in seen
        }
        for rule, *_ in self._story:
            lacking = next((concept for concept in WHOLE.get(rule.id, ()) if concept in self.partly), None)
            if lacking is not None and rule.id not in self.not_judged:
                self.not_judged[rule.id] = f"full set of {lacking}"
        rules = [one for one in self._story if one[0].id not in self.not_judged]
        chosen: dict[tuple[bool, ...], list[tuple[Rule, Callable[[Story, Numbers], Found], Numbers]]] = {}
        try:
            for rule in self._patients:
                for patient, table, row in self._memory.twice(other_birth=rule.id.endswith("-birth")):
                    self._found(rule, table, row, Patient.__name__, patient, patient)
            for patient, facts in self._memory.patients():
                story = Story(facts, self._around)
                for dose in story.sessions:
                    for name in dose.pending:
                        if name not in self.not_judged:
                            self._found(self.rules[name], dose.table, dose.row, dose.concept, dose.key, patient)
                there = story.chapters
                if there not in chosen:
                    chosen[there] = [one for one in rules if _is_about(one[0].id, story)]
                for rule, judge, numbers in chosen[there]:
                    for fact in judge(story, numbers):
                        self._found(rule, fact.table, fact.row, fact.concept, fact.key, patient)
        finally:
            self.close()

    def recall(self, counts: Mapping[str, int], not_judged: Mapping[str, str]) -> None:
        """What an earlier run over the same export found: nothing is looked at in this one."""
        self.counts.update(counts)
        self.not_judged = dict(not_judged)
        self.close()

    def lacking(self) -> list[str]:
        """What could not be judged: what an export does not hold at all says nothing about a patient."""
        by: dict[str, list[str]] = {}
        for rule, concept in self.not_judged.items():
            by.setdefault(concept, []).append(rule)
        return [f"not judged, as the export holds no {concept}: {', '.join(rules)}" for concept, rules in by.items()]

    def close(self) -> None:
        self._memory.close()

    def _see_session(self, session: DosingSession, table: str, row: int) -> None:
        day = Day(session)
        if session.vitals:
            self._around.seen.add("VitalSet")
        if day.kg is not None:
            self._around.seen.add("Weight")
        if tells_of_therapist(day):
            self._around.seen.add("InSessionTherapy")
        own = (session.discharge is None, session.pre_dose is None, session.rems is None, not session.sedation)
        kind = (day.routes, day.remote, day.several, day.drawn, day.kg is None, not day.vitals, *own)
        judges = self._judges.get(kind)
        if judges is None:
            judges = self._judges[kind] = [one for one in self._day if _concerns(one[0].id, day)]
        pending = []
        for rule, judge, numbers in judges:
            if not judge(day, numbers):
                continue
            if rule.id in HELD:
                pending.append(rule.id)
            else:
                self._found(rule, table, row, DosingSession.__name__, str(session.key), str(session.patient))
        self._memory.keep(str(session.patient), NUMBER[Dose], DosingSession.__name__, table, row, note_dose(day, pending))

    def _see_patient(self, patient: Patient, table: str, row: int) -> None:
        if any(m.weight is not None for m in patient.measurements):
            self._around.seen.add("Weight")
        birth = patient.birth_date.toordinal() if patient.birth_date else None
        for name in NUMBERS if self._patients else ():
            number = getattr(patient, name)
            if number:
                self._memory.keep_number(name, number, str(patient.key), birth, table, row)

    def _see_protocol(self, protocol: Protocol, table: str, row: int) -> None:
        asks = bool(protocol.integration)
        self._around.plans[str(protocol.key)] = Plan(protocol.sessions, protocol.sessions_most, asks)
        for rule, judge in self._protocol:
            if judge(protocol, rule.numbers):
                self._found(rule, table, row, Protocol.__name__, str(protocol.key))

    def _found(
        self,
        rule: Rule,
        table: str,
        row: int,
        concept: str = "",
        key: str = "",
        patient: str | None = None,
        *,
        code: str = "",
        column: str = "",
    ) -> None:
        self.counts[rule.severity] += 1
        self.by_rule[rule.id] += 1
        if self.tell is not None:
            told = Finding(rule.id, rule.severity, rule.told, rule.advice, table, row, concept, key, patient, code, column)
            self.tell(told)


def _concerns(rule: str, day: Day) -> bool:
    """Whether a rule has anything to look at on a day like this."""
    ways, part = WAYS.get(rule), PARTS.get(rule)
    if ways is not None and day.routes.isdisjoint(ways):
        return False
    return part is None or bool(getattr(day, part) if part in Day.__slots__ else getattr(day.session, part))


def _is_about(rule: str, story: Story) -> bool:
    chapters = CHAPTERS.get(rule)
    return chapters is None or any(getattr(story, name) for name in chapters)


assert not LOOKED_AT - CONCEPTS.keys(), "rules look at concepts that there are"

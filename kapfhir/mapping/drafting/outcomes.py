"""Drafts for rating scales: a column per item, a row per answer, or a total alone; and for adverse events."""

from __future__ import annotations

import re

from kapfhir.model import values as v
from kapfhir.model.shipped import SCALES

from . import words as w
from .drafts import STILL, TODO, Book, Draft, flow, scalar
from .instruments import name_scales
from .moments import add_day, add_moment
from .people import add_staff, key_column
from .profile import Column, Profile
from .scales import ITEMS, Found, instrument_of, questions_by_number, some_items
from .texts import SAME
from .words import fits

IDS = (
    r"(?:response|assessment|form|screen|rating|submission|survey|entry|result|test|questionnaire|record) ?(?:id|no|key|number)?",
    r"id|key",
)
OFTEN = SCALES["phq-9"].items[0].choices.keys()  # not at all ... nearly every day
YES_NO = {"1": "yes", "y": "yes", "true": "yes", "yes": "yes", "0": "no", "n": "no", "false": "no", "no": "no"}


def draft_scale(profile: Profile, book: Book, found: Found, patient: Column | None, session: Column | None, name: str) -> Draft:
    """A table with a column per item, or with totals alone."""
    draft, instrument = Draft("OutcomeAssessment", profile, book, name), found.scale.instrument
    note = "" if found.sure else _unsure(found)
    assessed = _assessed(profile, found)
    _add_key(draft, key_column(profile, *IDS), patient, assessed, instrument if found.sure else "")
    draft.refer("patient", "Patient", patient, "the column that names the patient")
    draft.add("instrument", f"= {instrument}" if found.sure else TODO, note)
    _add_head(draft, session, assessed)
    for question, column in found.items.items():
        lowest, highest = min(c.low for c in found.items.values()), max(c.high for c in found.items.values())
        _add_answer(draft, f"answers[{question}].value", instrument, column, lowest, highest)
    missing = [q for q in found.scale.asked if q not in found.items]
    if found.items and missing:
        draft.notes.append(f"No column was found for {', '.join(missing)}: add a line for each that there is.")
    some = some_items(profile, found.scale) if found.scale.asked and not found.items else ()
    if some:
        counts = f"{some[0].name} ... {some[-1].name} are {len(some)} columns, {instrument} has {len(found.scale.asked)} items"
        draft.add(f"answers[{found.scale.asked[0]}].value", TODO, f"{counts}: a line for each, by its number in the scale")
    if found.total is not None and found.scale.totals:
        draft.use(found.total)
        draft.add("total", flow(found.total.name, unit="{score}"))
    return draft


def _unsure(found: Found) -> str:
    if found.others:
        return f"`= {found.scale.instrument}`? It may be {' or '.join(found.others)} as well: take the answers of the right one"
    return f"`= {found.scale.instrument}`? The columns fit it by number and range, but nothing names it"


def draft_long_scale(
    profile: Profile, book: Book, question: Column, answer: Column, patient: Column | None, session: Column | None
) -> Draft:
    """A table with a row per question."""
    draft = Draft("OutcomeAssessment", profile, book, profile.name)
    name = instrument_of(profile.words) or _spoken(question)
    assessed = _assessed(profile, None)
    _add_key(draft, _group_key(profile, patient, session), patient, assessed, name, rows_each=True)
    draft.refer("patient", "Patient", patient, "the column that names the patient")
    which = profile.find(*w.INSTRUMENT, kinds=("text",))
    if name or which is None or not draft.coded("instrument", v.Instrument, which):
        draft.add(
            "instrument", f"= {name}" if name else TODO, "" if name else "`= phq-9`, `= gad-7`, ...: see codes/instrument.csv"
        )
    _add_head(draft, session, assessed)
    draft.use(question)
    rows = {text: _question(name, text) or TODO for text in question.texts or {}}
    if question.coded and rows:
        table = book.code_table(f"{name or 'question'}-item", rows)
        draft.add("answers[*].question", flow(question.name, codes=table), STILL if TODO in rows.values() else "")
    else:
        draft.add("answers[*].question", TODO, f"{question.name}? It has too many texts for a code table")
    _add_answer(draft, "answers[*].value", name, answer, answer.low, answer.high)
    return draft


def draft_event(profile: Profile, book: Book, patient: Column | None, session: Column | None) -> Draft:
    """A table with a row per adverse event."""
    draft = Draft("AdverseEvent", profile, book, profile.name)
    draft.need(
        "key", key_column(profile, r"(?:ae|event|adverse event) (?:id|no|number|key)", "id"), "the column that names the event"
    )
    draft.refer("patient", "Patient", patient, "the column that names the patient")
    if session is not None:
        draft.refer("during", "DosingSession", session, sure="DosingSession" in draft.book.keys)
    draft.coded("event", v.Event, profile.find(*w.AE_EVENT, kinds=("text",)), require="the column that says what happened")
    onset = profile.find(*w.ONSET, kinds=("date", "moment"))
    add_day(draft, "onset", onset, "the column with the date on which it began")
    ended = profile.find(*w.ENDED, kinds=("date", "moment"))
    if ended is not onset:
        add_day(draft, "resolved", ended)
    draft.coded("severity", v.Severity, profile.find(*w.SEVERITY), require="mild, moderate or severe: its column")
    draft.coded("seriousness", v.Seriousness, profile.find(*w.SERIOUS), "serious")
    draft.coded("outcome", v.EventOutcome, profile.find(*w.OUTCOME, kinds=("text",)))
    draft.coded("causality", v.Causality, profile.find(*w.CAUSALITY, kinds=("text",)))
    recorder = profile.find(r"recorded by|reported by|recorder|reporter", *w.CLINICIAN)
    if recorder is not None:
        add_staff(draft, "recorder", recorder, "")
    return draft


def _add_key(
    draft: Draft, key: Column | None, patient: Column | None, assessed: Column | None, instrument: str, *, rows_each: bool = False
) -> None:
    """Assessments of all scales share their keys: one that is a bare number, or made of others, gets the scale's name."""
    own = [f"= {instrument}"] if instrument else []
    if key is not None and key is not patient:
        draft.use(key)
        draft.add("key", flow(*own, key.name) if key.kind == "number" and own else scalar(key.name))
        return
    if patient is not None and assessed is not None and (rows_each or draft.book.tells(draft.profile, patient, assessed)):
        draft.use(patient, assessed)
        draft.add("key", flow(*own, patient.name, assessed.name), "one assessment per patient and time")
        return
    draft.add("key", TODO, "the column that names the assessment, or columns that together do: {from: [Client, Number]}")


def _add_head(draft: Draft, session: Column | None, assessed: Column | None) -> None:
    profile = draft.profile
    if session is not None and not draft.has_column(session):
        draft.refer("during", "DosingSession", session, sure="DosingSession" in draft.book.keys)
    _add_assessed(draft, assessed)
    draft.coded("timepoint", v.Timepoint, _timepoint(draft, assessed), "timing")
    rater = profile.find(*w.RATER, kinds=("text",))
    if rater is not None and not draft.has_column(rater):
        add_staff(draft, "rater", rater, "")


def _assessed(profile: Profile, found: Found | None) -> Column | None:
    """The date of the assessment; where a table has several scales, the one that speaks of this one."""
    kinds = ("moment", "date")
    dated = [(c, name_scales(c.words).all) for c in profile.columns if c.alone and c.kind in kinds]
    mine = found.scale.instrument if found is not None else ""
    own = next((c for c, names in dated if mine in names), None)
    others = "|".join(re.escape(c.words) for c, names in dated if names and mine not in names) or "(?!)"
    return own or profile.find(*w.ASSESSED, kinds=kinds, unlike=others) or profile.find(*w.ASSESSED, kinds=kinds)


def _add_assessed(draft: Draft, column: Column | None) -> None:
    clock = draft.profile.find(r"(?:\w+ )?time", kinds=("time",))
    if column is not None and column.kind == "date" and clock is not None:
        add_moment(draft, "assessed", column, clock)
    else:
        add_day(draft, "assessed", column, "the column with the date on which it was filled in")


def _timepoint(draft: Draft, assessed: Column | None) -> Column | None:
    """A column that says when in the course, by its words and by its texts."""
    column = draft.profile.find(*w.TIMEPOINT, kinds=("text",))
    known = column is not None and column is not assessed and column.name not in draft.used
    return column if known and column is not None and draft.book.meanings.fits(v.Timepoint, column.texts) >= 0.3 else None


def _group_key(profile: Profile, patient: Column | None, session: Column | None) -> Column | None:
    """The column that all rows of one assessment share."""
    shared = [
        c
        for c in profile.columns
        if c.alone and c.filled == profile.rows and not c.once and c.kind in ("text", "number") and c not in (patient, session)
    ]
    shared = [c for c in shared if not fits("question|item|answer|response text", c.words)]
    return next((c for pattern in IDS for c in shared if fits(pattern, c.words)), None)


def _add_answer(draft: Draft, path: str, instrument: str, column: Column, lowest: int, highest: int) -> None:
    """An answer: its choice by a code table, or its number as it stands. `lowest`, `highest`: over all items of the scale."""
    draft.use(column)
    first = SCALES[instrument].items[0] if instrument and SCALES[instrument].items else None
    if first is None or not first.choices:
        if first is not None and column.whole and _counts_from_one(instrument, lowest, highest):
            rows = {str(number): TODO for number in range(lowest, highest + 1)}
            table = draft.book.code_table(f"{instrument}-number", rows)
            note = "numbered from 1, the scale from 0? Say in the code table which number each stands for"
            draft.add(path, flow(column.name, codes=table), note)
            return
        draft.add(
            path, scalar(column.name), "" if column.whole else "answers of this scale are read as numbers: export the numbers"
        )
        return
    often = first.choices.keys() == OFTEN
    rows, note = dict.fromkeys(column.texts or {}, TODO), ""
    if not often:
        known = {} if column.whole and column.high > 1 else YES_NO  # 1 and 2: nothing tells which of them is yes
        rows = {text: known.get(text.casefold(), TODO) for text in rows}
    elif column.whole:
        rows, note = _numbers(lowest, highest)
    else:
        rows = {text: draft.book.meanings.of(v.Choice, text) or TODO for text in rows}
    if not rows:
        draft.add(path, TODO, f"{column.name}? It has too many texts for a code table")
        return
    table = draft.book.code_table("frequency" if often else "yes_no", rows)
    draft.add(path, flow(column.name, codes=table), note or (STILL if TODO in rows.values() else ""))


def _counts_from_one(instrument: str, lowest: int, highest: int) -> bool:
    numbers = [item.numbers for item in SCALES[instrument].items if item.numbers]
    return lowest == 1 and all(n[0] == 0 for n in numbers) and highest == max(n[-1] for n in numbers) + 1


def _numbers(lowest: int, highest: int) -> tuple[dict[str, str], str]:
    """Answers kept as numbers: 0 to 3 as on the form. Without a 0 nothing tells whether 1 is the first answer or the second."""
    if highest <= 3 and lowest == 0:
        return {number: code for code, number in SAME.items()}, ""
    return {
        str(n): TODO for n in range(lowest, min(highest, lowest + 20) + 1)
    }, "not plainly 0 to 3: say in the code table what each number means"


def _question(instrument: str, text: str) -> str:
    """The item that a text speaks of: by the number that stands last, else by its words."""
    found = re.search(r"(\d{1,2})\D*$", text)
    questions = SCALES[instrument].questions if instrument else ()
    counted = questions_by_number(SCALES[instrument]) if instrument else {}
    if found and int(found[1]) in counted:
        return counted[int(found[1])]
    spoken = [q for q, words in zip(questions, ITEMS.get(instrument, ()), strict=False) if fits(words, w.words_of(text))]
    return spoken[0] if len(spoken) == 1 else ""


def _spoken(question: Column) -> str:
    """The scale that the questions name."""
    names = {instrument_of(w.words_of(text)) for text in question.texts or {}}
    return names.pop() if len(names) == 1 else ""

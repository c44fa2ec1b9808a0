"""Drafts for diagnoses, courses, and talking sessions."""

from __future__ import annotations

import re

from kapfhir.model import values as v

from . import words as w
from .drafts import TODO, Book, Draft, condition, flow, scalar
from .moments import add_day, add_moment
from .people import add_clinic, add_staff, key_column
from .profile import Column, Profile

DATED = ("date", "moment")
CLOCKED = ("time", "moment")


def draft_diagnosis(profile: Profile, book: Book, patient: Column | None) -> Draft:
    draft = Draft("Diagnosis", profile, book, profile.name)
    key = key_column(profile, r"(?:problem|diagnosis|dx|condition) (?:id|no|key)", "id")
    disorder = profile.find(*w.DISORDER, kinds=("text",))
    if key is not None and key is not patient:
        draft.plain("key", key)
    elif patient is not None and disorder is not None:
        draft.use(patient, disorder)
        draft.add("key", flow(patient.name, disorder.name), "each diagnosis of a patient once")
    else:
        draft.add("key", TODO, "the column that names the diagnosis, or columns that together do")
    draft.refer("patient", "Patient", patient, "the column that names the patient")
    draft.coded("disorder", v.Disorder, disorder, require="the column with the diagnosis, or its ICD-10 code")
    onset, ended = profile.find(*w.ONSET[:1], kinds=DATED), profile.find(*w.ENDED, kinds=DATED)
    add_day(draft, "recorded", profile.find(*w.RECORDED, kinds=DATED) or onset, "the column with the date on which it was noted")
    draft.coded("status", v.ConditionStatus, profile.find(*w.STATUS, kinds=("text",)))
    add_day(draft, "onset", onset)
    if ended is not onset:
        add_day(draft, "abated", ended)
    return draft


def draft_course(profile: Profile, book: Book, patient: Column | None, key: Column | None) -> Draft:
    draft = Draft("Course", profile, book, profile.name)
    draft.need("key", key, "the column that names the course")
    draft.refer("patient", "Patient", patient, "the column that names the patient")
    add_clinic(draft)
    draft.coded("status", v.CourseStatus, profile.find(*w.STATUS, kinds=("text",)), require="its column, or `= active`")
    draft.coded("phase", v.CoursePhase, profile.find(*w.PHASE, kinds=("text",)))
    started = profile.find(*w.STARTED, kinds=DATED)
    add_day(draft, "started", started, "the column with the date of the start")
    ended = profile.find(*w.ENDED, kinds=DATED)
    if ended is not started:
        add_day(draft, "ended", ended)
    lead = profile.find(r"lead(?: \w+)?", *w.CLINICIAN)
    if lead is not None:
        add_staff(draft, "lead", lead, "")
    draft.plain("protocol", profile.find(*w.PROTOCOL, kinds=("text",)))
    draft.plain("planned_sessions", profile.find(*w.PLANNED, kinds=("number",)))
    _add_indications(draft)
    return draft


def draft_talks(profile: Profile, book: Book, patient: Column | None, session: Column | None) -> list[Draft]:
    """Integration and preparation sessions; where a column says which row is what, a map for each."""
    kind = profile.find(*w.NOTE_TYPE, kinds=("text",))
    texts = list(kind.texts or {}) if kind is not None else []
    after = [t for t in texts if re.search("integrat", t, re.IGNORECASE)]
    before = [t for t in texts if re.search("prep", t, re.IGNORECASE)]
    out = []
    if after or before:
        for concept, chosen, end in (("IntegrationSession", after, "integration"), ("PreparationSession", before, "preparation")):
            if chosen and kind is not None:
                draft = _draft_talk(
                    concept, profile, book, patient, session, profile.name if not (after and before) else f"{profile.name}-{end}"
                )
                draft.where = condition(kind.name, *chosen)
                draft.use(kind)
                out.append(draft)
        return out
    concept = (
        "PreparationSession"
        if w.fits(r"prep\w*", profile.words) and not w.fits(r"integrat\w*", profile.words)
        else "IntegrationSession"
    )
    return [_draft_talk(concept, profile, book, patient, session, profile.name)]


def _draft_talk(concept: str, profile: Profile, book: Book, patient: Column | None, session: Column | None, name: str) -> Draft:
    draft = Draft(concept, profile, book, name)
    draft.need(
        "key",
        key_column(profile, r"(?:note|session|visit|appointment|record|encounter) (?:id|no|key|number)", "id"),
        "the column that names the session",
    )
    draft.refer("patient", "Patient", patient, "the column that names the patient")
    add_staff(draft, "therapist", profile.find(*w.THERAPIST, kinds=("text", "number")), "the column with who led it, or `= KEY`")
    if concept == "IntegrationSession":
        draft.refer(
            "follows",
            "DosingSession",
            session if session is not None and not draft.has_column(session) else None,
            "the column with the dosing session that it follows",
        )
    status = profile.find(*w.STATUS, kinds=("text", "number"))
    if not draft.coded("status", v.SessionStatus, status, "kept"):
        draft.add("status", "= completed", "every row is a session that took place")
    draft.coded("reason", v.StopReason, profile.find(*w.REASON, kinds=("text",)), "reason")
    _add_span(draft)
    if not draft.coded("delivery", v.Delivery, profile.find(*w.DELIVERY, kinds=("text",))):
        draft.add("delivery", TODO, "`= in-person`, `= telehealth`, or its column")
    _add_modalities(draft)
    return draft


def _add_span(draft: Draft) -> None:
    profile = draft.profile
    start = profile.find(*w.START, r"\w+ start", kinds=CLOCKED) or profile.find(r"\w+", kinds=("moment",))
    end = profile.find(*w.END, r"\w+ end", kinds=CLOCKED)
    day = profile.find(*w.DATE, kinds=("date",))
    if start is not None and start.kind == "moment":
        add_moment(draft, "session.start", start)
    else:
        add_moment(
            draft, "session.start", day or start, start, hint="when it began: {from: [Date, Time], format: MM/DD/YYYY hh:mm}"
        )
    if end is not None and end is not start:
        add_moment(draft, "session.end", end if end.kind == "moment" else day, end)


def _add_modalities(draft: Draft) -> None:
    """A column of several, or a column for each to tick."""
    boxes = [
        c for c in draft.profile.columns if c.alone and c.ticks and re.search("___", c.name) and w.fits(w.MODALITY[0], c.words)
    ]
    if boxes:
        draft.use(*boxes)
        inner = ", ".join(f"{scalar(c.name)}: {TODO}" for c in boxes)
        draft.add("modalities", f"{{checked: {{{inner}}}}}", "the code of each: emdr, ifs, cbt, act, ... (codes/modality.csv)")
        return
    column = draft.profile.find(*w.MODALITY, kinds=("text",))
    if column is None or not column.texts or column.name in draft.used:
        return
    mark = next((m for m in (";", "|", ",", "/") if any(m in t for t in column.texts)), "")
    if not mark:
        draft.coded("modalities", v.Modality, column)
        return
    draft.use(column)
    pieces = {piece.strip() for text in column.texts for piece in text.split(mark) if piece.strip()}
    name = draft.book.code_table("modality", {p: draft.book.meanings.of(v.Modality, p) or TODO for p in sorted(pieces)})
    draft.add("modalities", flow(column.name, split=mark, codes=name))


def _add_indications(draft: Draft) -> None:
    column = draft.profile.find(r"indications?|for|diagnos\w+|dx")
    known = draft.book.keys.get("Diagnosis", ())
    if column is None or not known or column.texts is None:
        return
    mark = next((m for m in (";", "|", ",") if any(m in t for t in column.texts)), "")
    pieces = {hash(p.strip().casefold()) for t in column.texts for p in (t.split(mark) if mark else [t])}
    if any(len(pieces & key.keys) > 0.5 * len(pieces) for _, key in known):
        draft.use(column)
        draft.add("indications", flow(column.name, split=mark) if mark else scalar(column.name))

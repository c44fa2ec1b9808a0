"""What each table of an export is about, by its headers and by the ids that tables share; and the drafts of all of them."""

from __future__ import annotations

from collections.abc import Callable

from . import words as w
from .care import draft_course, draft_diagnosis, draft_talks
from .dosing import dose_columns, draft_dosing, draft_premedication, draft_readings, draft_segments
from .drafts import TODO, Book, Draft
from .names import mark_names
from .outcomes import draft_event, draft_long_scale, draft_scale
from .people import derive, draft_clinics, draft_patients, draft_practitioners, key_column
from .profile import Column, Profile
from .scales import find_scales, numbered
from .vitals import find_readings, is_long

PARENTS_LAST = ("Patient", "Practitioner", "Clinic")  # what can be derived: from practitioners a clinic may follow


def draft_all(book: Book) -> list[Draft]:
    """A draft per table and concept, and those of the records to which they point."""
    kinds = {p.name: _kind(p) for p in book.profiles}
    patients = _patients(book.profiles)
    for profile in book.profiles:
        _keep_key(book, profile, kinds[profile.name], patients.get(profile.name))
    out: list[Draft] = []
    for profile in book.profiles:
        if profile.columns:
            out += _DRAFTS[kinds[profile.name]](profile, book, patients.get(profile.name))
    for concept in PARENTS_LAST:
        out += derive(concept, book)
    mark_names(out, book)
    return out


def _kind(profile: Profile) -> str:
    """The sort of the table."""
    has = profile.find
    patient = has(*w.PATIENT[:2], r"patient|client|subject|participant|pt")
    session = has(*w.SESSION)
    question = has(*w.QUESTION)
    answer = has(*w.ANSWER)
    amounts = dose_columns(profile)
    readings = find_readings(profile)
    if question is not None and answer is not None and answer is not question and not is_long(profile):
        if not _is_item(profile, question):
            return "long scale"
        if find_scales(profile):
            return "scale"
    if amounts and patient is None and session is not None:
        return "segments" if has("step|segment") else "premedication" if has(*w.DRUG) else "dosing"
    if amounts and (patient is not None or session is not None):
        return "dosing"
    signs = len({r.field for r in readings})
    people = sum(has(*words) is not None for words in (w.FAMILY[:1], w.GIVEN, w.BIRTH, w.SEX, w.PHONE, w.ZIP))
    persons = has(*w.BIRTH) is not None and people >= 2
    scales = find_scales(profile)
    if any(s.items for s in scales) or (scales and signs < 2 and not persons):  # a total beside them makes no table of scales
        return "scale"
    if has(r"adverse event(?: \w+)?|ae(?: \w+)?|side effects?") or (has(*w.SEVERITY) and has(*w.AE_EVENT)):
        return "event"
    if is_long(profile) or signs >= 2 or (readings and any(r.field != "weight" for r in readings)):
        return "readings"
    if persons:
        return "patients"
    if (
        has(*w.ROLE[:1], *w.CREDENTIALS, r"npi|discipline|profession")
        and (has(*w.FAMILY) or has(*w.GIVEN))
        and has(*w.BIRTH) is None
        and not has(*w.STREET)
    ):
        return "practitioners"
    if patient is None and has(r"name|(?:site|clinic|facility|location) name") and has(*w.STREET, *w.CITY, *w.ZIP, *w.NPI):
        return "clinics"
    if patient is not None and has(*w.DISORDER) and not (has(*w.PLANNED) or has(*w.PROTOCOL)):
        return "diagnosis"
    if patient is not None and has(*w.COURSE) and (has(*w.PLANNED) or has(*w.PHASE) or has(*w.PROTOCOL)):
        return "course"
    if patient is not None and (has(*w.THERAPIST[:1]) or has(*w.MODALITY[:1]) or has(r"note ?type|follows")):
        return "talks"
    return "patients" if people >= 2 and patient is not None else "unknown"


def _is_item(profile: Profile, question: Column) -> bool:
    """True for a column that is one item of a wide table: `PCL-5 Item 1` beside `PCL-5 Item 2`, ... and `PCL-5 Score`; also
    where the table has not all of them.
    """
    groups = [list(group.values()) for group in numbered(profile).values() if len(group) > 1]
    groups += [list(found.items.values()) for found in find_scales(profile)]
    return any(column is question for group in groups for column in group)


def _patients(profiles: list[Profile]) -> dict[str, Column]:
    """The column of each table that names the patient: where tables share ids, the one that others have too."""
    out: dict[str, Column] = {}
    for profile in profiles:
        fitting = [
            c
            for p in w.PATIENT
            for c in profile.columns
            if c.alone
            and c.filled
            and c.kind in ("text", "number")
            and w.fits(p, c.words)
            and not w.fits("name|first|last|dob|sex|phone|email|age", c.words)
        ]
        if fitting:
            named = fitting[0]
            others = [
                c
                for q in profiles
                if q is not profile
                for p in (*w.PATIENT[:2], r"patient|client")
                for c in q.columns
                if w.fits(p, c.words) and not w.is_official(c.words)
            ]
            shared = [
                c for c in dict.fromkeys(c.name for c in fitting) if any(o.overlap(_by_name(profile, c)) > 0.5 for o in others)
            ]
            out[profile.name] = _by_name(profile, shared[0]) if shared else named
        else:
            whole = profile.find(*w.NAME_OF_PATIENT[:1], kinds=("text",))
            if whole is not None:
                out[profile.name] = whole
    return out


def _by_name(profile: Profile, name: str) -> Column:
    return next(c for c in profile.columns if c.name == name)


def _keep_key(book: Book, profile: Profile, kind: str, patient: Column | None) -> None:
    """What names the records of a table, so that columns of other tables are known to point to them."""
    concept, key = {
        "patients": ("Patient", patient or key_column(profile, "id", r"\w+ id", unlike=w.PERSONAL)),
        "practitioners": ("Practitioner", key_column(profile, *w.STAFF_ID)),
        "clinics": ("Clinic", key_column(profile, *w.SITE)),
        "diagnosis": ("Diagnosis", key_column(profile, "id", r"\w+ id")),
        "course": ("Course", key_column(profile, *w.COURSE)),
        "dosing": ("DosingSession", key_column(profile, *w.SESSION, "id")),
    }.get(kind, ("", None))
    if concept and key is not None:
        book.keys.setdefault(concept, []).append((profile, key))


def _session(profile: Profile, book: Book) -> Column | None:
    """The column that points to dosing sessions: by the ids that it shares with them, else by its name."""
    if "DosingSession" not in book.keys:
        return profile.find(*w.SESSION, kinds=("text", "number"))
    return next(
        (c for c in profile.columns if c.alone and c.filled and c.kind in ("text", "number") and book.target("DosingSession", c)),
        None,
    )


def _own_key(profile: Profile, book: Book, concept: str) -> Column | None:
    return next((key for p, key in book.keys.get(concept, ()) if p is profile), None)


def _draft_dosing(profile: Profile, book: Book, patient: Column | None) -> list[Draft]:
    key = _own_key(profile, book, "DosingSession")
    return [draft_dosing(profile, book, patient, key if key is not patient else None)]


def _draft_scales(profile: Profile, book: Book, patient: Column | None) -> list[Draft]:
    found, session = find_scales(profile), _session(profile, book)
    names = [profile.name if len(found) == 1 else f"{profile.name}-{f.scale.instrument}" for f in found]
    return [draft_scale(profile, book, f, patient, session, name) for f, name in zip(found, names, strict=True)]


def _draft_long(profile: Profile, book: Book, patient: Column | None) -> list[Draft]:
    question, answer = profile.find(*w.QUESTION), profile.find(*w.ANSWER)
    assert question is not None, "it is of this kind"
    assert answer is not None, "it is of this kind"
    return [draft_long_scale(profile, book, question, answer, patient, _session(profile, book))]


def _joined(draft: Callable[[Profile, Book, Column], Draft]) -> Callable[[Profile, Book, Column | None], list[Draft]]:
    def drafts(profile: Profile, book: Book, patient: Column | None) -> list[Draft]:
        session = _session(profile, book) or profile.find(*w.SESSION)
        return [draft(profile, book, session)] if session is not None else _draft_unknown(profile, book, patient)

    return drafts


def _draft_unknown(profile: Profile, book: Book, patient: Column | None) -> list[Draft]:
    draft = Draft(TODO, profile, book, profile.name)
    draft.notes.append(
        "What this table holds could not be told. Name its concept (docs: concepts) and fill its fields; or delete this file."
    )
    draft.need("key", key_column(profile, "id", r"\w+ id"), "the column that names the record")
    if patient is not None and not draft.has_column(patient):
        draft.plain("patient", patient, sure=False)
    return [draft]


_DRAFTS: dict[str, Callable[[Profile, Book, Column | None], list[Draft]]] = {
    "patients": lambda p, b, _: [draft_patients(p, b, _own_key(p, b, "Patient"))],
    "practitioners": lambda p, b, _: [draft_practitioners(p, b, _own_key(p, b, "Practitioner"))],
    "clinics": lambda p, b, _: [draft_clinics(p, b, _own_key(p, b, "Clinic"))],
    "diagnosis": lambda p, b, patient: [draft_diagnosis(p, b, patient)],
    "course": lambda p, b, patient: [draft_course(p, b, patient, _own_key(p, b, "Course"))],
    "talks": lambda p, b, patient: draft_talks(p, b, patient, _session(p, b)),
    "event": lambda p, b, patient: [draft_event(p, b, patient, _session(p, b))],
    "readings": lambda p, b, patient: [draft_readings(p, b, patient, _session(p, b))],
    "scale": _draft_scales,
    "long scale": _draft_long,
    "dosing": _draft_dosing,
    "premedication": _joined(draft_premedication),
    "segments": _joined(draft_segments),
    "unknown": _draft_unknown,
}

"""Drafts for dosing sessions: the visit, each dose, what was measured; and for tables whose rows join them."""

from __future__ import annotations

import re

from kapfhir.model import values as v

from . import words as w
from .drafts import TODO, Book, Draft, flow, scalar
from .moments import CLOCKED, Times, add_moment
from .people import add_clinic, add_staff
from .profile import Column, Profile
from .units import add_dose_in_unit
from .vitals import add_long, add_rows, add_sets, find_readings, is_long


def dose_columns(profile: Profile) -> list[Column]:
    """The columns that hold an amount of the drug."""
    out = []
    for column in profile.columns:
        spoken = w.fits(w.DOSE, column.words) and not w.fits(w.NO_DOSE, re.sub(r"\bdose (\d)\b", r"\1", column.words))
        if column.alone and column.filled and column.kind in ("number", "dose") and spoken and not w.fits(w.PER_KG, column.words):
            out.append(column)
    return out


def draft_dosing(profile: Profile, book: Book, patient: Column | None, session: Column | None) -> Draft:
    """A table with a row per dosing session."""
    draft = Draft("DosingSession", profile, book, profile.name)
    times = Times(profile)
    _add_key(draft, patient, session, times)
    draft.refer("patient", "Patient", patient, "the column that names the patient")
    number = _session_number(profile, patient, session)
    if number is None or _counts(number):
        draft.plain("number", number)
    else:
        draft.use(number)
        draft.add("number", TODO, f"{number.name}? If it does not count the sessions of a patient, delete this line")
    course = profile.find(*w.COURSE)
    if course is not None and "Course" in book.keys:
        draft.refer("course", "Course", course)
    add_staff(draft, "clinician", profile.find(*w.CLINICIAN), "the column with who prescribed or gave it, or `= KEY`")
    add_clinic(draft, required=False)
    status = profile.find(*w.STATUS, kinds=("text", "number"))
    coded = draft.coded("status", v.SessionStatus, status, "outcome")
    if not coded:
        draft.add("status", "= completed", "every row is a session that took place")
    reason = profile.find(*w.REASON, kinds=("text",))
    has_reason = draft.coded("reason", v.StopReason, reason, "reason")
    _add_times(draft, times)
    amounts = dose_columns(profile)
    readings = find_readings(profile)
    early = [r for r in readings if r.point in ("", "pre")]
    weighed = ""
    if any(r.field == "weight" for r in early):
        weighed = "weight" if all(r.field == "weight" and not r.point for r in early) else "pre"
    for number_, amount in enumerate(amounts[:1] if not _numbered(amounts) else amounts, 1):
        _add_dose(draft, number_, amount, times, status if coded else None, reason if has_reason else None, weighed=weighed)
    if not amounts:
        draft.notes.append("No column of doses was found: see `doses[1]` in the mapping reference.")
    if readings:
        add_sets(draft, readings, times)
    return draft


def _session_number(profile: Profile, *others: Column | None) -> Column | None:
    """The column that counts the sessions of a patient."""
    small = [c for c in profile.columns if c.alone and c.whole and 0 < c.low <= c.high < 100 and c not in others]
    small = [c for c in small if not w.fits(w.NO_NUMBER, c.words)]
    perhaps = [c for p in w.NUMBER for c in small if w.fits(p, c.words)]
    return next((c for c in perhaps if _counts(c)), next(iter(perhaps), None))


def _counts(column: Column) -> bool:
    """True for a header that plainly says the number of a session: `Session #`, `Infusion`; `Infusion arm` may be anything."""
    return w.fits(w.NUMBER[0], column.words) or re.fullmatch(w.BARE_NUMBER, column.words) is not None


def _numbered(columns: list[Column]) -> bool:
    return len(columns) > 1 and all(re.search(r"\b\d$", c.words) for c in columns)


def _add_key(draft: Draft, patient: Column | None, session: Column | None, times: Times, *, joins: bool = False) -> None:
    """The column that names the session, else the first columns that together tell one row from another."""
    if session is not None:
        draft.plain("key", session)
        return
    number = draft.profile.find(*w.NUMBER[:1])
    for others in ((times.day,), (number,), (times.day, times.start), (times.start,), (times.entered,)):
        columns = [c for c in (patient, *others) if c is not None]
        if patient is not None and len(columns) == len(others) + 1 and (joins or draft.book.tells(draft.profile, *columns)):
            draft.use(*columns)
            draft.add("key", flow(*(c.name for c in columns)), "together they tell one session from another")
            return
    draft.add("key", TODO, "the column that names the session, or columns that together do: {from: [Client, Session]}")


def _add_times(draft: Draft, times: Times) -> None:
    start, end = times.start, times.end
    if start is None and times.entered is not None:
        draft.use(times.entered)
        draft.notes.append(
            f"No column says at what time of day; the day alone goes. {times.entered.name} says when the row was written."
        )
    arrived, left = times.arrived or start, times.left or (end if times.arrived is None else None)
    hint = "when it began: {from: [Date, Time], format: MM/DD/YYYY hh:mm}"
    add_moment(draft, "visit.start", *times.pair(arrived), hint=hint, alone=start is None)
    if left is not None:
        add_moment(draft, "visit.end", *times.pair(left))
    add_moment(draft, "session.start", *times.pair(start), hint=hint, alone=True)
    if end is not None or left is not None:
        add_moment(draft, "session.end", *times.pair(end or left))


def _add_dose(
    draft: Draft, number: int, amount: Column, times: Times, status: Column | None, reason: Column | None, *, weighed: str
) -> None:
    profile, item = draft.profile, f"doses[{number}]"
    drug = profile.find(*w.DRUG, kinds=("text",))
    if not draft.coded(f"{item}.drug", v.Drug, drug):
        named = w.fits("spravato|esketamine", " ".join((profile.words, *(c.words for c in profile.columns))))
        draft.add(f"{item}.drug", "= esketamine" if named else "= ketamine")
    if number > 1 or not draft.coded(f"{item}.status", v.DoseStatus, status, "outcome"):
        draft.add(f"{item}.status", "= completed")
    if number == 1 and status is not None:
        draft.coded(f"{item}.reason", v.StopReason, reason, "reason")
    own = next(
        (
            c
            for c in profile.columns
            if c.alone and c.kind in CLOCKED and w.fits("time|given|at", c.words) and re.search(rf"\b{number}$", c.words)
        ),
        None,
    )
    hint = "when it was given: {from: [Date, Time], format: ...}"
    ends = times.end is not None and times.end is not times.start
    if own is None and ends and _runs(draft, times.end):
        add_moment(draft, f"{item}.given.start", *times.pair(times.start), hint=hint)
        add_moment(draft, f"{item}.given.end", *times.pair(times.end))
    else:
        add_moment(draft, f"{item}.given", *times.pair(own or times.start), hint=hint, alone=own is None)
        if own is None and ends and times.end is not None:
            draft.add(
                f"{item}.given.end",
                scalar(times.end.name),
                f"the end of the session; if the dose ran until then, fill {item}.given.start and {item}.given.end instead",
                sure=False,
            )
    _add_amount(draft, item, amount, number, weighed=weighed)
    _add_route(draft, item)
    site = _beside(profile, number, w.BODY_SITE)
    if site is not None and (site.words != "site" or draft.book.meanings.fits(v.BodySite, site.texts) >= 0.3):
        draft.coded(f"{item}.site", v.BodySite, site)
    rate, over = profile.find(*w.RATE_AMOUNT, kinds=("number",)), profile.find(*w.RATE_OVER, kinds=("number",))
    if number == 1 and rate is not None and over is not None:
        draft.use(rate, over)
        draft.add(f"{item}.rate.amount", flow(rate.name, unit="mg"))
        draft.add(f"{item}.rate.over", flow(over.name, unit="min"))


def _beside(profile: Profile, number: int, *patterns: str) -> Column | None:
    """A column of the dose with this number, else one without any number."""
    fitting = [c for c in profile.columns if c.alone and c.filled and any(w.fits(p, c.words) for p in patterns)]
    own = [c for c in fitting if re.search(rf"\b{number}$", c.words)]
    return next(iter(own or [c for c in fitting if number == 1 and not re.search(r"\b\d$", c.words)]), None)


def _add_amount(draft: Draft, item: str, amount: Column, number: int, *, weighed: str) -> None:
    draft.use(amount)
    per_kg = draft.profile.find(w.PER_KG, kinds=("number",)) if number == 1 else None
    if amount.kind == "dose":
        forms = {form for (kind, form) in amount.shapes.forms if kind == "dose"}
        draft.add(
            f"{item}.dose",
            flow(amount.name, as_="dose-text.dose"),
            "a volume in mL is no dose without its concentration" if "ml" in forms else "",
        )
        if "kg" in forms:
            draft.add(f"{item}.dose_per_kg", flow(amount.name, as_="dose-text.dose_per_kg"))
    else:
        _add_number(draft, f"{item}.dose", amount)
    if per_kg is not None and amount.kind != "dose":
        draft.use(per_kg)
        draft.add(f"{item}.dose_per_kg", flow(per_kg.name, unit="ug/kg" if w.fits("ug|mcg", per_kg.words) else "mg/kg"))
    if draft.has(f"{item}.dose_per_kg") and weighed:
        draft.add(f"{item}.weighed", f"= {weighed}", "the weight that was used")


def _route_column(draft: Draft) -> Column | None:
    """The column of routes: its name says so, or its texts do."""
    meanings = draft.book.meanings
    perhaps = [c for c in draft.profile.columns if c.alone and c.kind == "text" and w.fits(w.ROUTE_PERHAPS, c.words)]
    sure = draft.profile.find(w.ROUTE, kinds=("text",))
    return sure or next((c for c in perhaps if meanings.fits(v.Route, c.texts) >= 0.5), None)


def _named_route(profile: Profile) -> str:
    """The route that the name of the table speaks of."""
    return next((code for pattern, code in w.ROUTES_BY_NAME if w.fits(pattern, profile.words)), "")


def _runs(draft: Draft, end: Column | None) -> bool:
    """True if a dose runs for a while: every one is an infusion, no route is known, or the end is said to be that of the dose."""
    if end is not None and w.fits(w.END_OF_DOSE, end.words):
        return True
    column = _route_column(draft)
    if column is None:
        return _named_route(draft.profile) in ("iv", "")
    return {draft.book.meanings.of(v.Route, text) for text in column.texts or {}} == {"iv"}


def _add_route(draft: Draft, item: str) -> None:
    if draft.coded(f"{item}.route", v.Route, _route_column(draft)):
        return
    named = _named_route(draft.profile)
    draft.add(
        f"{item}.route",
        f"= {named}" if named else TODO,
        "as the table's name says" if named else "`= iv`, `= im`, `= sublingual`, or its column",
    )


def draft_premedication(profile: Profile, book: Book, session: Column) -> Draft:
    """A row per drug that was given beside the ketamine of a session."""
    draft = Draft("DosingSession", profile, book, profile.name)
    draft.plain("key", session)
    drug = profile.find(*w.DRUG, kinds=("text",))
    draft.need("adjuncts[*].key", drug, "the column that tells the drugs of one session apart")
    draft.coded("adjuncts[*].drug", v.Drug, drug, require="the column with the drug")
    times = Times(profile)
    add_moment(
        draft,
        "adjuncts[*].given",
        *times.pair(profile.find(*w.START, kinds=CLOCKED) or times.start),
        hint="when it was given",
    )
    amount = next(iter(dose_columns(profile)), None)
    if amount is None:
        draft.add("adjuncts[*].dose", TODO, "the column with the amount")
    else:
        _add_plain_amount(draft, "adjuncts[*].dose", amount)
    draft.coded("adjuncts[*].route", v.Route, _route_column(draft))
    return draft


def _add_plain_amount(draft: Draft, path: str, amount: Column) -> None:
    draft.use(amount)
    if amount.kind == "dose":
        draft.add(path, flow(amount.name, as_="dose-text.dose"))
    else:
        _add_number(draft, path, amount)


def _add_number(draft: Draft, path: str, amount: Column) -> None:
    """A dose that is a number: its unit stands in its header, or in a column beside it."""
    unit = "ug" if w.fits("mcg|ug", amount.words) else "mg" if w.fits("mg|mgs|milligrams?", amount.words) else ""
    if not add_dose_in_unit(draft, path, amount, unit):
        draft.add(path, flow(amount.name, unit=unit or TODO), "" if unit else "mg, ug or g?")


def draft_segments(profile: Profile, book: Book, session: Column) -> Draft:
    """A row per part of an infusion that ran at one rate."""
    draft, item = Draft("DosingSession", profile, book, profile.name), "doses[1].segments[*]"
    draft.plain("key", session)
    draft.need(
        f"{item}.key", profile.find("step|segment|part|no|number|order"), "the column that tells the parts of one infusion apart"
    )
    times = Times(profile)
    add_moment(draft, f"{item}.ran.start", *times.pair(times.start), hint="when the part began")
    add_moment(draft, f"{item}.ran.end", *times.pair(times.end), hint="when it ended")
    amount = next(iter(dose_columns(profile)), None)
    if amount is None:
        draft.add(f"{item}.dose", TODO, "the column with the amount")
    else:
        _add_plain_amount(draft, f"{item}.dose", amount)
    for path, patterns, unit in (("rate.amount", w.RATE_AMOUNT, "mg"), ("rate.over", w.RATE_OVER, "min")):
        column = profile.find(*patterns, kinds=("number",))
        if column is None:
            draft.add(f"{item}.{path}", TODO, "the rate as it was set: so much in so long")
        else:
            draft.use(column)
            draft.add(f"{item}.{path}", flow(column.name, unit=unit))
    return draft


def draft_readings(profile: Profile, book: Book, patient: Column | None, session: Column | None) -> Draft:
    """Vital signs in a table of their own: its rows join the dosing sessions by their key."""
    draft = Draft("DosingSession", profile, book, profile.name)
    times = Times(profile)
    if session is not None:
        draft.plain("key", session)
    else:
        _add_key(draft, patient, None, times, joins=True)
        draft.notes.append("Its rows join the dosing sessions: the key must be the same text as in their table.")
    long = is_long(profile)
    readings = find_readings(profile)
    if long is not None:
        add_long(draft, *long, times)
    elif any(r.point for r in readings) and session is not None and session.once:
        add_sets(draft, readings, times)
    else:
        add_rows(draft, readings, times)
    return draft

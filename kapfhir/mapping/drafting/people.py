"""Drafts for who is there: patients, staff, the clinic; from tables of their own, or from the tables that only point to them."""

from __future__ import annotations

from kapfhir.model import values as v

from . import words as w
from .drafts import TODO, Book, Draft, flow, scalar
from .moments import add_day
from .profile import Column, Profile

TITLES = {"dr", "prof", "mr", "mrs", "ms", "md", "do", "phd", "psyd", "np", "rn", "pa", "crna", "lmft", "lcsw", "lpc"}


def key_column(profile: Profile, *patterns: str, unlike: str = "") -> Column | None:
    """The column that names a row: one that fits and has no text twice, else any column of ids that does not fit `unlike`."""
    fitting = [
        c for p in patterns for c in profile.columns if c.alone and c.filled == profile.rows and c.once and w.fits(p, c.words)
    ]
    others = [c for c in profile.columns[:2] if c.alone and c.filled == profile.rows and c.once and c.kind in ("text", "number")]
    others = [c for c in others if c.longest <= 40 and not (unlike and w.fits(unlike, c.words))]
    return next(iter(fitting + others), None)


def draft_patients(profile: Profile, book: Book, key: Column | None) -> Draft:
    draft = Draft("Patient", profile, book, profile.name)
    hint = "the column that names the patient in the other tables too"
    if key is None and profile.official is not None:
        hint = f"a number of the clinic's own, no {profile.official.name}: ids are made of the key, and it goes to the server"
    draft.need("key", key, hint)
    family = profile.find(*w.FAMILY)
    draft.need("family", family, "the column with the family name")
    given = profile.find(*w.GIVEN)
    if given is not None and given is not family:
        draft.use(given)
        draft.add("given", f'{{from: {scalar(given.name)}, split: " "}}')
    draft.coded("gender", v.Gender, profile.find(*w.SEX))
    birth = profile.find(*w.BIRTH)
    if birth is not None and birth.kind in ("date", "moment", "number"):
        add_day(draft, "birth_date", birth)
    chart = profile.find(*w.CHART)
    if chart is not key:
        draft.plain("chart_number", chart)
    _add_address(draft)
    return draft


def draft_practitioners(profile: Profile, book: Book, key: Column | None) -> Draft:
    draft = Draft("Practitioner", profile, book, profile.name)
    draft.need("key", key, "the column that names the person in the other tables too")
    draft.need("family", profile.find(*w.FAMILY), "the column with the family name")
    draft.plain("given", profile.find(*w.GIVEN))
    draft.coded(
        "profession",
        v.Profession,
        profile.find(*w.ROLE),
        require="the column with the profession, or `= therapist` or the like",
    )
    draft.plain("credentials", profile.find(*w.CREDENTIALS))
    draft.plain("npi", profile.find(*w.NPI))
    draft.plain("phone", profile.find(*w.PHONE))
    draft.plain("email", profile.find(*w.EMAIL))
    add_clinic(draft)
    return draft


def draft_clinics(profile: Profile, book: Book, key: Column | None) -> Draft:
    draft = Draft("Clinic", profile, book, profile.name)
    draft.need("key", key, "the column that names the site in the other tables too")
    draft.need("name", profile.find(r"(?:site|clinic|facility|location) name", r"name") or key, "the column with its name")
    draft.plain("npi", profile.find(*w.NPI))
    _add_address(draft)
    return draft


def add_clinic(draft: Draft, *, required: bool = True) -> None:
    """The site of a record: its column, or the one clinic that there is."""
    site = draft.profile.find(*w.SITE)
    if site is not None:
        draft.refer("clinic", "Clinic", site)
    elif required:
        draft.book.needed.setdefault("Clinic", [])
        draft.add("clinic", "= main", "the one clinic that there is")


def add_staff(draft: Draft, path: str, column: Column | None, hint: str) -> None:
    """A reference to a person of the staff: by key, or by name through a table that a person keeps."""
    people = draft.book.keys.get("Practitioner")
    if column is None or not people or draft.book.target("Practitioner", column):
        draft.refer(path, "Practitioner", column, hint)
        return
    draft.use(column)
    keys = _staff_keys(draft.book, *people[0])
    known = {text: keys[_person(text)] for text in column.texts or {} if _person(text) in keys}
    whole = len(known) == len(column.texts or {"": 0})
    name = draft.book.code_table("staff", known if whole else known | {TODO: TODO})
    note = (
        ""
        if whole
        else f"codes/{name}.csv: a line per other person, as this column writes the name, with the key of {people[0][0].name}"
    )
    draft.add(path, flow(column.name, codes=name), note)


def _staff_keys(book: Book, profile: Profile, id_: Column) -> dict[frozenset[str], str]:
    """Each person of the staff table by the words of the name, in any order; by the family name, where only one has it."""
    family, given = profile.find(*w.FAMILY), profile.find(*w.GIVEN)
    if family is None:
        return {}
    out: dict[frozenset[str], str] = {}
    twice = set()
    for row in book.rows(profile):
        alone = _person(row[family.place])
        both = alone | (_person(row[given.place]) if given is not None else frozenset())
        for name in {alone, both}:
            twice |= {name} if out.get(name, row[id_.place]) != row[id_.place] else set()
            out[name] = row[id_.place].strip()
    return {name: key for name, key in out.items() if name and name not in twice}


def _person(text: str) -> frozenset[str]:
    """The words of a name, without titles and degrees."""
    return frozenset(word for word in w.words_of(text.lower()).split() if word not in TITLES)


def derive(concept: str, book: Book) -> list[Draft]:
    """Records that no table holds: out of the tables that point to them, as few as have all of them."""
    if concept in book.keys or concept not in book.needed:
        return []
    pointing = {profile.name: (profile, column) for profile, column in reversed(book.needed[concept])}
    if concept == "Clinic" and not pointing:
        return [_one_clinic(book)]
    out, known = [], set[int]()
    for profile, column in sorted(pointing.values(), key=lambda p: (not _names(p[0], concept), -len(p[1].keys))):
        if column.keys - known:
            out.append(_derived(concept, profile, column, book))
            known |= column.keys
    return out


def _names(profile: Profile, concept: str) -> Column | None:
    """The column that has the family names of those to whom a table points."""
    return profile.find(*w.NAME_OF_PATIENT[:1], *w.FAMILY[:1], kinds=("text",)) if concept == "Patient" else None


def _derived(concept: str, profile: Profile, column: Column, book: Book) -> Draft:
    draft = Draft(concept, profile, book, f"{profile.name}-{concept.lower()}s", derived=True)
    draft.notes.append(
        f"No table holds {concept.lower()}s: they are taken from here. Better: export a table of them, and draft again."
    )
    draft.plain("key", column)
    if concept == "Clinic":
        draft.plain("name", column)
        return draft
    if concept == "Practitioner":
        draft.plain("family", column)
        draft.add("profession", TODO, "`= physician`, `= therapist`, ...: one for all in this column")
        add_clinic(draft)
        return draft
    if column.spaced:
        draft.notes.append(
            "Patients are told by their names here: `kapfhir people` asks for a key of each. Better a column of keys."
        )
    names = _names(profile, concept) or (column if column.kind == "text" and column.spaced else None)
    draft.need("family", names, f"no names here: `{scalar(column.name)}` takes the key for the name, `= Unknown` a word")
    draft.coded("gender", v.Gender, profile.find(*w.SEX))
    birth = profile.find(*w.BIRTH)
    if birth is not None and birth.kind in ("date", "moment"):
        add_day(draft, "birth_date", birth)
    return draft


def _one_clinic(book: Book) -> Draft:
    profile = next((p for p in book.profiles if p.rows), book.profiles[0])
    draft = Draft("Clinic", profile, book, "clinic", derived=True)
    draft.notes.append("No table holds the clinic: this map is all constants, and makes it once. Its table is any that has rows.")
    draft.add("key", "= main", "ids are made of it: never change it later")
    draft.add("name", TODO, "`= Name of the clinic`")
    for path in ("phone", "street", "city", "state", "postal_code", "country"):
        draft.add(path, "= ...", sure=False)
    return draft


def _add_address(draft: Draft) -> None:
    profile = draft.profile
    for path, patterns in (
        ("phone", w.PHONE),
        ("email", w.EMAIL),
        ("street", w.STREET),
        ("city", w.CITY),
        ("state", w.STATE),
        ("postal_code", w.ZIP),
        ("country", w.COUNTRY),
    ):
        column = profile.find(*patterns)
        if column is not None and column.name not in draft.used and not (path == "email" and draft.concept == "Clinic"):
            draft.plain(path, column)

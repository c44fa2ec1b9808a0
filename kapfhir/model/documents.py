"""Texts: notes, letters, plans (entity 16), and the rule that says which of them may leave (45 CFR 164.501)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from .before import Sensitivity
from .course import Course
from .dosing import DosingSession
from .frame import DocumentState, MediaType, NoteClass, NoteType
from .keys import require_labels_once
from .people import Patient, Practitioner
from .plans import Plan
from .sessions import IntegrationSession, PreparationSession, PsychotherapySession
from .values import Doubt, Key, Ref, require

LEAVES = ("progress-note", "patient-narrative", "administrative")  # by the note-type table of a map; nothing else does


@dataclass(frozen=True, slots=True)
class Document:
    """A text or a file of a patient's record. `note` says what it is to the privacy rule: a psychotherapy note stays with the
    clinic, and so does a text of which that is not known. `label` is its type as the source calls it, `file` the name of what is
    attached.
    """

    key: Key
    patient: Ref[Patient]
    note: NoteClass | None = None
    type: NoteType | None = None
    label: str | None = None
    created: datetime | date | None = None
    locked: datetime | None = None
    author: Ref[Practitioner] | None = None
    title: str | None = None
    text: str | None = None
    file: str | None = None
    media: MediaType | None = None
    course: Ref[Course] | None = None
    dosing: Ref[DosingSession] | None = None
    preparation: Ref[PreparationSession] | None = None
    integration: Ref[IntegrationSession] | None = None
    psychotherapy: Ref[PsychotherapySession] | None = None
    plan: Ref[Plan] | None = None
    sensitivity: tuple[Sensitivity, ...] = ()

    def __post_init__(self) -> None:
        require_labels_once(self.sensitivity)
        require(self.text or self.file, "empty-document", "a document has a text, or a file")
        require(self.media is None or self.file, "media-without-file", "a kind of media is that of a file", "media")

    @property
    def leaves(self) -> bool | None:
        """True for what may leave the clinic."""
        return True if self.note in LEAVES and "psychotherapy-note" not in self.sensitivity else None

    @property
    def state(self) -> DocumentState:
        """In FHIR's words: final once it is locked."""
        return DocumentState("final" if self.locked is not None else "preliminary")

    def doubts(self) -> Iterator[Doubt]:
        made = self.created if isinstance(self.created, datetime) else None
        if made and self.locked and self.locked < made:
            yield Doubt("locked-before-created", "the document was locked before it was created", "locked")

"""What passes from tables to a server, one unit per record: found, mapped, or the same as last time. Rooms above share these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from kapfhir.model.concepts import Record
from kapfhir.model.dosing import Anchor


class Place(NamedTuple):
    """Where a record was read: a table, and the line on which its row starts (the header is 1)."""

    table: str
    row: int


@dataclass(frozen=True, slots=True)
class Found:
    """A record, read from its rows. `digest` hashes the used cells, what was joined in, and how they were read; empty where
    no run is kept, or where something was told of it. `anchor`: that of a dosing session. `partial`: its rows say more than it.
    """

    record: Record
    places: tuple[Place, ...]
    digest: str
    anchor: Anchor | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Same:
    """A record whose rows are as they were last time: it is not mapped again. `record`: where others follow from it."""

    concept: str
    key: str
    places: tuple[Place, ...]
    digest: str
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that its rows name, and that they can't make: it is not gone from the source. Problems tell what is wrong.

    `patient`: whose it is, where its rows say that of a patient who is there.
    """

    concept: str
    key: str
    places: tuple[Place, ...] = ()
    patient: str | None = None
    shifted: str = ""  # the scale whose answers its table numbers from 1: what went out of it earlier has wrong scores


@dataclass(frozen=True, slots=True)
class Mapped:
    """The resources of a record. They share parts with others: never change them in place.

    An empty digest: something was told of it; it is mapped again next time. `partial`: some of what its rows say was withheld, so
    nothing of it counts as gone.
    """

    concept: str
    key: str
    resources: tuple[dict[str, Any], ...]
    places: tuple[Place, ...]
    digest: str
    anchor: Anchor | None = None
    record: Record | None = None  # what the resources were built of
    private: bool = False  # it must not leave: what went out of it earlier should not be there
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Superseded:
    """A record of an earlier run that counts no more: what its rows say is part of another one now, or its scores are wrong. What
    went out of it may be on the server still. `by` must be there for that, where it is named; `why` is for people.
    """

    concept: str
    key: str
    place: Place
    why: str
    by: str = ""
    code: str = "superseded-on-server"  # of the problem


class Known(Protocol):
    """What is known from earlier runs; the ledger is one, `Nothing` another."""

    def has(self, concept: str, key: str) -> bool:
        """Whether this record went out in an earlier run."""
        ...

    def digest(self, concept: str, key: str) -> str | None:
        """Its digest in the last run with the same maps; None: map it again."""
        ...

    def anchor(self, key: str) -> Anchor | None:
        """When the dose of this dosing session began and ended."""
        ...

    def note(self, name: str) -> dict[str, Any]:
        """What an earlier run noted under this name; nothing, if none did."""
        ...


class Nothing:
    """The first run: nothing is known."""

    def has(self, concept: str, key: str) -> bool:  # noqa: ARG002
        return False

    def digest(self, concept: str, key: str) -> str | None:  # noqa: ARG002
        return None

    def anchor(self, key: str) -> Anchor | None:  # noqa: ARG002
        return None

    def note(self, name: str) -> dict[str, Any]:  # noqa: ARG002
        return {}


class Unkept(Nothing):
    """Nothing is known, and nothing is kept for a next run: no digests are made."""

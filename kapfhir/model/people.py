"""Who: the clinic, those who work there, those who come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .values import Gender, Key, Profession, Ref


@dataclass(frozen=True, slots=True)
class Clinic:
    """A site with its address (domain B.1, entity 1)."""

    key: Key
    name: str
    npi: str | None = None
    phone: str | None = None
    street: tuple[str, ...] = ()
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Practitioner:
    """Who treats: prescriber, therapist, nurse (entity 2)."""

    key: Key
    family: str
    profession: Profession
    clinic: Ref[Clinic]
    given: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    npi: str | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """Who is treated (entity 3)."""

    key: Key
    family: str
    given: tuple[str, ...] = ()
    gender: Gender | None = None
    birth_date: date | None = None
    chart_number: str | None = None
    phone: str | None = None
    email: str | None = None
    street: tuple[str, ...] = ()
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None

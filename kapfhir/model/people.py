"""Who: the clinic, those who work there, those who come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from kapfhir.luhn import is_npi

from .before import (
    BirthSex,
    CareSetting,
    ContactRole,
    EmergencyCapability,
    GenderIdentity,
    MeasureMethod,
    Pregnancy,
    PregnancyTest,
    RemsStatus,
    SexAtBirth,
    TeamRole,
)
from .fields import STAYS, present_with, require_limits
from .keys import require_key_order
from .values import Amount, Doubt, Gender, Key, Language, Limits, Profession, Ref, Units, require

Length = Annotated[Amount, Units("cm", "[in_i]"), Limits(100, 250, "cm"), Limits(39, 99, "[in_i]")]
Weight = Annotated[  # what is believed of an adult's weight (rule S15)
    Amount, Units("kg", "[lb_av]", "g"), Limits(25, 300, "kg"), Limits(55, 662, "[lb_av]"), Limits(25_000, 300_000, "g")
]


@dataclass(frozen=True, slots=True)
class Clinic:
    """A site with its address (domain B.1, entity 1). `rems`: its certification for esketamine."""

    key: Key
    name: str
    npi: str | None = None
    phone: str | None = None
    street: tuple[str, ...] = ()
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    dea: str | None = None
    ein: str | None = None
    setting: CareSetting | None = None
    time_zone: str | None = None
    rems: RemsStatus | None = None
    rems_number: str | None = None
    rems_since: date | None = None
    emergency: tuple[EmergencyCapability, ...] = ()

    def __post_init__(self) -> None:
        _require_npi(self.npi)

    @property
    @present_with("time_zone", "rems", "emergency")
    def equipped(self) -> bool | None:
        """True where something is known of what the clinic can do."""
        return True if self.time_zone or self.rems or self.emergency else None

    def doubts(self) -> Iterator[Doubt]:
        if self.rems == "not-certified" and self.rems_number:
            yield Doubt("rems-disagrees", "the clinic has a REMS number, but is said not to be certified", "rems")


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence to practise, by the state or board that issued it."""

    issuer: str
    number: str
    expires: date | None = None


@dataclass(frozen=True, slots=True)
class Training:
    """A training in ketamine-assisted psychotherapy."""

    programme: str
    organization: str | None = None
    completed: date | None = None
    hours: int | None = field(
        default=None, compare=False, repr=False, metadata={STAYS: "R4 has no place for the hours of a qualification"}
    )


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
    dea: str | None = None
    roles: tuple[TeamRole, ...] = ()
    licences: tuple[Licence, ...] = ()
    training: tuple[Training, ...] = ()

    def __post_init__(self) -> None:
        _require_npi(self.npi)


@dataclass(frozen=True, slots=True)
class BodyMeasurement:
    """Height or weight outside of a session."""

    key: Key
    measured: datetime | date
    height: Length | None = None
    weight: Weight | None = None
    method: MeasureMethod | None = None

    def __post_init__(self) -> None:
        require(self.height or self.weight, "empty-part", "a body measurement holds a height or a weight")
        require_limits(self)


@dataclass(frozen=True, slots=True)
class PregnancyCheck:
    """Whether a patient is pregnant or lactating, as far as was known on a day."""

    key: Key
    checked: date
    status: Pregnancy
    test: PregnancyTest | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody whom the clinic may contact, with the patient's consent."""

    key: Key
    role: ContactRole
    name: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Who pays. Kept in the record; claims and coverage are out of scope for FHIR (requirement A-50)."""

    payer: str | None = None
    plan: str | None = None
    out_of_network: str | None = None
    self_pay: bool | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """Who is treated (entity 3). Race, ethnicity and pronouns stand as given."""

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
    preferred_name: str | None = None
    ehr_number: str | None = None
    redcap_number: str | None = None
    rems_number: str | None = None
    member_number: str | None = None
    language: Language | None = None
    deceased: bool | date | None = None
    gender_identity: GenderIdentity | None = None
    sex_at_birth: SexAtBirth | None = None
    pronouns: str | None = None
    race: str | None = None
    ethnicity: str | None = None
    measurements: tuple[BodyMeasurement, ...] = ()
    pregnancy: tuple[PregnancyCheck, ...] = ()
    contacts: tuple[Contact, ...] = ()
    coverage: Coverage | None = field(
        default=None, compare=False, repr=False, metadata={STAYS: "who pays is out of scope for FHIR here (requirement A-50)"}
    )

    @property
    def birth_sex(self) -> BirthSex | None:
        """The sex at birth, where it is one of those that a US record may state; nothing is guessed."""
        return BirthSex(self.sex_at_birth) if self.sex_at_birth in ("female", "male", "unknown") else None

    def __post_init__(self) -> None:
        require_key_order(self.measurements, self.pregnancy, self.contacts)
        died = self.deceased if isinstance(self.deceased, date) else None
        require(
            not (died and self.birth_date and died < self.birth_date),
            "dies-before-birth",
            "the patient died before birth",
            "deceased",
        )


def _require_npi(npi: str | None) -> None:
    """An identifier with a wrong digit is another's, or nobody's."""
    require(npi is None or is_npi(npi), "npi-check-digit", "the NPI has a wrong digit, or too many or too few", "npi")

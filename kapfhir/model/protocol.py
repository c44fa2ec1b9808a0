"""How treatment is meant to go: dose, sessions and their spacing, windows of integration, assessments (entity 8; A-52)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from .frame import OffsetRelation, PublicationStatus, TimeUnit
from .values import Amount, Drug, Instrument, Key, Route, Timepoint, Units, Window, require

DAYS, MINUTES = TimeUnit("d"), TimeUnit("min")
ACTIVE = PublicationStatus("active")
DoseAmount = Annotated[Amount, Units("mg/kg", "mg")]
Hours = Annotated[Amount, Units("h", "d")]
BLANK = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class IntegrationRule:
    """When integration should take place: from `earliest` to `latest`, from the start or the end of the dosing session."""

    title: str
    relation: OffsetRelation
    window: Window | None = None
    earliest: Hours | None = None
    latest: Hours | None = None

    def __post_init__(self) -> None:
        low, high = self.earliest, self.latest
        require(
            not (low and high) or (low.unit == high.unit and low.value <= high.value),
            "ends-before-it-starts",
            "the window ends before it starts, or is given in two units",
            "earliest",
            "latest",
        )


@dataclass(frozen=True, slots=True)
class AssessmentRule:
    """Which scale is to be filled in, and when."""

    instrument: Instrument
    relation: OffsetRelation
    timepoint: Timepoint | None = None
    offset: Hours | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """Where the protocol comes from. `doi` as 10.3390/psych4010012."""

    title: str
    doi: str | None = None
    text: str | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        require(not (self.url and BLANK.search(self.url)), "not-an-address", "an address has no blanks", "url")


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a course should go. `dose_rule` says in words what numbers can't: steps up, boosters, when to hold.

    `dose` is the usual dose, `dose_low` and `dose_high` its range, `dose_most` what one session never exceeds. Sessions are
    `sessions` or up to `sessions_most`, `spacing` to `spacing_most` days apart, best `spacing_best`.
    """

    key: Key
    title: str
    drug: Drug
    version: str | None = None
    status: PublicationStatus = ACTIVE
    published: str | None = None
    evidence: str | None = None
    route: Route | None = None
    dose_rule: str | None = None
    dose: DoseAmount | None = None
    dose_low: DoseAmount | None = None
    dose_high: DoseAmount | None = None
    dose_booster: DoseAmount | None = None
    dose_most: Annotated[Amount, Units("mg")] | None = None
    sessions: int | None = None
    sessions_most: int | None = None
    spacing: Decimal | None = None
    spacing_best: Decimal | None = None
    spacing_most: Decimal | None = None
    infusion_minutes: Decimal | None = None
    integration: tuple[IntegrationRule, ...] = ()
    assessments: tuple[AssessmentRule, ...] = ()
    maintenance_criteria: str | None = None
    maintenance_days: Decimal | None = None
    citations: tuple[Citation, ...] = ()

    def __post_init__(self) -> None:
        require(not (self.published and BLANK.search(self.published)), "not-an-address", "an address has no blanks", "published")
        require(self.sessions is None or self.sessions > 0, "out-of-range", "a protocol has one session or more", "sessions")
        require(
            self.sessions_most is None or (self.sessions is not None and self.sessions_most >= self.sessions),
            "highest-below-lowest",
            "the highest number of sessions goes with a lowest one, and is not below it",
            "sessions_most",
        )
        require(
            self.spacing_most is None or (self.spacing is not None and self.spacing_most >= self.spacing),
            "highest-below-lowest",
            "the longest spacing goes with a shortest one, and is not below it",
            "spacing_most",
        )
        low, high = self.dose_low, self.dose_high
        require(
            not (low and high) or (low.unit == high.unit and low.value <= high.value),
            "highest-below-lowest",
            "the highest dose is below the lowest one, or in another unit",
            "dose_low",
            "dose_high",
        )

    @property
    def name(self) -> str:
        """A name for machines (R4's pdf-0): letters, digits and underscores of the title, after a capital letter."""
        words = re.findall(r"[A-Za-z0-9]+", self.title)
        return ("Protocol" + "".join(word.capitalize() for word in words))[:255]

    @property
    def spacing_unit(self) -> TimeUnit | None:
        return None if self.spacing is None else DAYS

    @property
    def best_unit(self) -> TimeUnit | None:
        return None if self.spacing_best is None else DAYS

    @property
    def infusion_unit(self) -> TimeUnit | None:
        return None if self.infusion_minutes is None else MINUTES

    @property
    def maintenance_unit(self) -> TimeUnit | None:
        return None if self.maintenance_days is None else DAYS

"""A small clinic in mapped units, a server that is a sandbox, and a run of plan and apply against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kapfhir.fhir.identity import Origin, SlotName, addresses
from kapfhir.mapping.units import Mapped, Place
from kapfhir.server.client import Client
from kapfhir.server.http import Clock
from kapfhir.sync.apply import apply
from kapfhir.sync.bundles import Limits
from kapfhir.sync.ledger import Ledger, Scope, open_ledger
from kapfhir.sync.plan import Plan, plan
from kapfhir.sync.report import Report

ORIGIN = Origin("b3a7c9b0-6f0d-4a53-9d8c-0f3f5a1d2e11", "https://clinic.test/kap", synthetic=True)
HTEST = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
TABLES = {"Clinic": "clinic", "Patient": "patients", "DosingSession": "doses", "AdverseEvent": "events"}


class Made:
    """Mapped units with real ids: a clinic, its patients, their dosing sessions, an adverse event each."""

    def __init__(self, origin: Origin = ORIGIN) -> None:
        self.origin = origin
        self.rows: dict[str, int] = {}

    def address(self, type_name: str, concept: str, key: str, slot: str = "main"):
        return addresses(SlotName(concept, slot, type_name), self.origin)(key, ())

    def resource(self, type_name: str, concept: str, key: str, slot: str = "main", **elements: Any) -> dict[str, Any]:
        address = self.address(type_name, concept, key, slot)
        one = type_name in ("AdverseEvent", "QuestionnaireResponse")
        identifier = address.identifier if one else [address.identifier]
        meta = {"source": self.origin.system, "security": [HTEST]}
        return {"resourceType": type_name, "id": address.id, "meta": meta, "identifier": identifier, **elements}

    def reference(self, type_name: str, concept: str, key: str, slot: str = "main") -> dict[str, Any]:
        return self.address(type_name, concept, key, slot).reference

    def unit(self, concept: str, key: str, *resources: dict[str, Any], digest: str | None = None, table: str = "") -> Mapped:
        table = table or TABLES.get(concept, concept.lower())
        self.rows[table] = self.rows.get(table, 1) + 1
        mark = f"{concept}-{key}-{hash_of(resources)}" if digest is None else digest
        return Mapped(concept, key, resources, (Place(table, self.rows[table]),), mark)

    def clinic(self, name: str = "Example Clinic", **elements: Any) -> Mapped:
        clinic = self.resource("Organization", "Clinic", "C1", active=True, name=name, **elements)
        room = self.resource(
            "Location", "Clinic", "C1", "room", name=name, managingOrganization=self.reference("Organization", "Clinic", "C1")
        )
        return self.unit("Clinic", "C1", clinic, room)

    def patient(self, key: str, **elements: Any) -> Mapped:
        organization = self.reference("Organization", "Clinic", "C1")
        return self.unit("Patient", key, self.resource("Patient", "Patient", key, managingOrganization=organization, **elements))

    def dose(self, key: str, patient: str, value: str = "35.50", **elements: Any) -> Mapped:
        from decimal import Decimal

        subject = self.reference("Patient", "Patient", patient)
        visit = self.resource(
            "Encounter",
            "DosingSession",
            key,
            "visit",
            status="finished",
            subject=subject,
            **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}},
        )
        given = self.resource(
            "Procedure",
            "DosingSession",
            key,
            "session",
            status="completed",
            subject=subject,
            encounter=self.reference("Encounter", "DosingSession", key, "visit"),
            performedDateTime="2026-01-05T10:00:00-05:00",
            code={"text": "ketamine"},
        )
        dose = self.resource(
            "MedicationAdministration",
            "DosingSession",
            key,
            "dose",
            status="completed",
            subject=subject,
            medicationCodeableConcept={"text": "ketamine"},
            effectiveDateTime="2026-01-05T10:00:00-05:00",
            partOf=[self.reference("Procedure", "DosingSession", key, "session")],
            dosage={"dose": {"value": Decimal(value), "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}},
            **elements,
        )
        return self.unit("DosingSession", key, visit, given, dose)

    def event(self, key: str, patient: str) -> Mapped:
        subject = self.reference("Patient", "Patient", patient)
        return self.unit(
            "AdverseEvent", key, self.resource("AdverseEvent", "AdverseEvent", key, actuality="actual", subject=subject)
        )

    def course(self, patients: int = 3, doses: int = 2) -> list[Mapped]:
        keys = [f"P{n}" for n in range(1, patients + 1)]
        return [
            self.clinic(),
            *(self.patient(key) for key in keys),
            *(self.dose(f"D{key}-{n}", key) for key in keys for n in range(1, doses + 1)),
            *(self.event(f"A{key}", key) for key in keys),
        ]


def hash_of(resources: Iterable[dict[str, Any]]) -> str:
    from kapfhir.sync.hashing import content_hash

    return "-".join(content_hash(r)[:6] for r in resources)


@dataclass
class Run:
    """A server and a ledger; `sync` plans and applies."""

    url: str
    path: Path | None
    limits: Limits = field(default_factory=lambda: Limits(threads=1))
    waits: list[float] = field(default_factory=list)
    tries: int = 6

    def client(self) -> Client:
        return Client(self.url, timeout_s=20, tries=self.tries, clock=Clock(sleep=self.waits.append))

    def ledger(self, maps: str = "m1") -> Ledger:
        scope = Scope(self.url, ORIGIN.system, ORIGIN.namespace, "America/New_York")
        return open_ledger(self.path, scope, maps)

    def plan(self, units: Iterable[Any], scopes: Any = None) -> Plan:
        with self.ledger() as ledger:
            return plan(units, ledger, self.client(), scopes)

    def sync(self, units: Iterable[Any], scopes: Any = None, **options: Any) -> Report:
        client = self.client()
        with self.ledger() as ledger, plan(units, ledger, client, scopes) as made:
            return apply(made, ledger, client, limits=self.limits, **options)

    def fresh(self) -> Run:
        assert self.path
        return Run(self.url, self.path.with_name("fresh.sqlite"), self.limits)


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture
def run(kapfhir_sandbox, tmp_path) -> Run:
    return Run(kapfhir_sandbox.url, tmp_path / "ledger.sqlite")


@pytest.fixture
def writes(kapfhir_sandbox):
    """How many requests could have written anything so far."""
    return lambda: sum(r.method != "GET" for r in kapfhir_sandbox.requests)


@pytest.fixture
def versions(kapfhir_sandbox):
    """The version of every resource, by type and id."""
    return lambda: {(r["resourceType"], r["id"]): r["meta"]["versionId"] for r in kapfhir_sandbox.resources()}

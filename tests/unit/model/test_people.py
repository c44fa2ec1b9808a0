"""Who: what can't be is refused, what is odd is told, and what has no place in FHIR stays in the record."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from kapfhir.model.before import ContactRole, Pregnancy, RemsStatus
from kapfhir.model.concepts import CONCEPTS
from kapfhir.model.experience import InSessionTherapy
from kapfhir.model.fields import fields_of
from kapfhir.model.people import BodyMeasurement, Clinic, Contact, Coverage, Patient, Practitioner, PregnancyCheck, Training
from kapfhir.model.values import Amount, ImpossibleError, Key, Profession, Ref

PATIENT = Patient(Key("P-1"), "Test", birth_date=date(1985, 4, 2))


def test_a_patient_dies_on_the_day_of_birth_at_the_earliest():
    assert replace(PATIENT, deceased=date(1985, 4, 2)).deceased == date(1985, 4, 2)
    with pytest.raises(ImpossibleError) as refused:
        replace(PATIENT, deceased=date(1985, 4, 1))
    assert (refused.value.code, refused.value.fields) == ("dies-before-birth", ("deceased",))
    assert replace(PATIENT, deceased=True).deceased is True


def test_a_body_measurement_holds_one():
    with pytest.raises(ImpossibleError, match="height or a weight"):
        BodyMeasurement(Key("1"), date(2026, 1, 5))
    assert BodyMeasurement(Key("1"), date(2026, 1, 5), height=Amount(Decimal("170"), "cm")).weight is None


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("contacts", (Contact(Key("b"), ContactRole("escort")), Contact(Key("a"), ContactRole("escort")))),
        ("pregnancy", (PregnancyCheck(Key("a/b"), date(2026, 1, 5), Pregnancy("unknown")),)),
    ],
)
def test_items_stand_in_the_order_of_their_keys(name, items):
    with pytest.raises(ImpossibleError) as refused:
        replace(PATIENT, **{name: items})
    assert refused.value.code == "items-out-of-order"


def test_coverage_is_kept_and_told_apart_from_nothing_that_is_sent():
    covered = replace(PATIENT, coverage=Coverage(payer="Plan", self_pay=False))
    assert covered.coverage == Coverage("Plan", self_pay=False)
    assert covered == PATIENT
    assert "A-50" in fields_of(Patient)["coverage"].stays


def test_what_stays_in_the_record_is_known_and_short():
    kinds = (*CONCEPTS.values(), Training, InSessionTherapy)
    assert {(k.__name__, f.name) for k in kinds for f in fields_of(k).values() if f.stays} == {
        ("Patient", "coverage"),
        ("Training", "hours"),
        ("PreparationSession", "insights"),
        ("IntegrationSession", "insights"),
        ("PsychotherapySession", "insights"),
        ("InSessionTherapy", "target"),
        ("InSessionTherapy", "notes"),
    }


def test_a_rems_number_of_a_clinic_that_is_not_certified_is_odd():
    clinic = Clinic(Key("C-1"), "Clinic", rems=RemsStatus("not-certified"), rems_number="R-1")
    assert [d.code for d in clinic.doubts()] == ["rems-disagrees"]
    assert list(replace(clinic, rems=RemsStatus("certified")).doubts()) == []
    assert list(replace(clinic, rems_number=None).doubts()) == []


def test_a_clinic_is_equipped_where_something_is_known_of_it():
    assert Clinic(Key("C-1"), "Clinic").equipped is None
    assert Clinic(Key("C-1"), "Clinic", time_zone="America/Los_Angeles").equipped is True


@pytest.mark.parametrize(
    "make",
    [
        lambda npi: Clinic(Key("C-1"), "Clinic", npi=npi),
        lambda npi: Practitioner(Key("S-1"), "Test", Profession("nurse"), Ref("C-1"), npi=npi),
    ],
)
def test_an_npi_has_a_right_check_digit(make):
    assert make("1234567893").npi == "1234567893" and make(None).npi is None
    with pytest.raises(ImpossibleError) as refused:
        make("1234567890")
    assert (refused.value.code, refused.value.fields) == ("npi-check-digit", ("npi",))
    assert "1234567890" not in str(refused.value)

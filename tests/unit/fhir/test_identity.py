"""Ids are frozen: what was sent once must be found again by every later version."""

from uuid import NAMESPACE_URL, uuid5

from kapfhir.fhir.identity import Origin, SlotName, addresses, ids, kebab

ORIGIN = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap")
SEGMENT = SlotName("DosingSession", "segment", "MedicationAdministration")


def test_formula():
    made = addresses(SEGMENT, ORIGIN)("D-1", ("1", "2"))
    assert made.id == str(uuid5(uuid5(NAMESPACE_URL, ORIGIN.namespace), "MedicationAdministration|DosingSession|D-1|segment/1/2"))
    assert made.id == "06618866-86fc-5b6b-bbe7-26a5221f98a0"
    assert made.identifier == {"system": "https://clinic.example/kap/dosing-session/segment", "value": "D-1/1/2"}
    assert made.reference == {"reference": f"MedicationAdministration/{made.id}", "identifier": made.identifier}


def test_an_id_alone_is_that_of_the_address():
    for keys in ((), ("1",), ("1", "2")):
        assert ids(SEGMENT, ORIGIN)("D-1", "".join(f"/{k}" for k in keys)) == addresses(SEGMENT, ORIGIN)("D-1", keys).id


def test_another_clinic_has_other_ids():
    other = Origin("00000000-0000-4000-8000-000000000000", ORIGIN.system)
    assert addresses(SEGMENT, other)("D-1", ("1",)).id != addresses(SEGMENT, ORIGIN)("D-1", ("1",)).id


def test_kebab():
    assert [kebab(n) for n in ("Patient", "DosingSession", "EventOutcome")] == ["patient", "dosing-session", "event-outcome"]

"""What the parts of a dosing day refuse, doubt and conclude."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from kapfhir.model.discharge import Discharge
from kapfhir.model.doses import DoseEvent
from kapfhir.model.dosing import DosingSession, RemoteVisit
from kapfhir.model.dosing_codes import Clearance, Transport
from kapfhir.model.experience import Experience, InSessionTherapy
from kapfhir.model.pre_dose import PreDoseCheck
from kapfhir.model.rems import RemsForm
from kapfhir.model.surroundings import Mindset, Setting
from kapfhir.model.values import Amount, DoseStatus, Drug, ImpossibleError, Key, Period, Rate, Ref, SessionStatus, Timepoint
from kapfhir.model.vitals import BloodPressure, VitalSet

AT = datetime(2026, 1, 5, 10, tzinfo=timezone.utc)


def minutes(count: int) -> Amount:
    return Amount(Decimal(count), "min")


def mg(value: str) -> Amount:
    return Amount(Decimal(value), "mg")


def dose(**rest) -> DoseEvent:
    return DoseEvent(Key("1"), Drug("esketamine"), DoseStatus("completed"), AT, **{"dose": mg("56")} | rest)


def session(**rest) -> DosingSession:
    whole = Period(AT - timedelta(minutes=30), AT + timedelta(minutes=130))
    given = {"doses": (dose(),), **rest}
    return DosingSession(Key("D-1"), Ref("P-1"), SessionStatus("completed"), whole, Period(AT), clinician=Ref("MD-1"), **given)


@pytest.mark.parametrize(
    ("make", "code", "fields"),
    [
        (lambda: dose(waste_witness=Ref("RN-1")), "waste-without-amount", ("waste_witness", "waste_method", "waste_reason")),
        (lambda: dose(vials_remaining=-1), "out-of-range", ("vials_remaining",)),
        (lambda: PreDoseCheck(AT, override_by=Ref("MD-1")), "override-without-reason", ("override_by", "overridden")),
        (lambda: PreDoseCheck(AT, food_fasting=Amount(Decimal(-1), "h")), "out-of-range", ("food_fasting",)),
        (lambda: Mindset(expectancy=101), "out-of-range", ("expectancy",)),
        (lambda: Mindset(mood_before=11), "out-of-range", ("mood_before",)),
        (lambda: Experience(valence=-6), "out-of-range", ("valence",)),
        (lambda: Experience(distress=11), "out-of-range", ("distress",)),
        (lambda: InSessionTherapy(minutes=minutes(601)), "out-of-range", ("minutes",)),
        (lambda: InSessionTherapy(relationship=11), "out-of-range", ("relationship",)),
        (lambda: session(number=4, lifetime_number=3), "out-of-range", ("lifetime_number",)),
        (Setting, "empty-part", ()),
        (Mindset, "empty-part", ()),
        (Experience, "empty-part", ()),
        (Discharge, "empty-part", ()),
        (RemsForm, "empty-part", ()),
        (RemoteVisit, "empty-part", ()),
    ],
)
def test_refuses(make, code, fields):
    with pytest.raises(ImpossibleError) as error:
        make()
    assert (error.value.code, error.value.fields) == (code, fields)


@pytest.mark.parametrize(
    ("made", "codes"),
    [
        (session(), []),
        (session(doses=(dose(wasted=mg("5")),)), ["waste-without-witness"]),
        (session(doses=(dose(wasted=mg("5"), waste_witness=Ref("RN-1")),)), []),
        (session(remote=RemoteVisit(platform="video")), ["remote-in-person"]),
        (session(pre_dose=PreDoseCheck(AT)), []),
        (session(pre_dose=PreDoseCheck(AT + timedelta(seconds=1))), ["check-after-dose"]),
        (session(pre_dose=PreDoseCheck(AT, Clearance("overridden"))), ["override-without-reason"]),
        (session(pre_dose=PreDoseCheck(AT, substance_use=False, substances=("x",))), ["substances-disagree"]),
        (session(discharge=Discharge(ready=AT)), []),
        (session(discharge=Discharge(ready=AT - timedelta(seconds=1))), ["ready-before-dose"]),
        (session(discharge=Discharge(escort_present=False, escort_name="x")), ["escort-disagrees"]),
        (session(discharge=Discharge(escort_present=False, transport=Transport("escort"))), ["escort-disagrees"]),
        (session(rems=RemsForm(dose=mg("84"))), ["form-disagrees"]),
        (session(rems=RemsForm(dose=mg("56"), total_minutes=minutes(130))), []),
    ],
)
def test_doubts(made, codes):
    assert [d.code for d in made.doubts()] == codes


def test_psychotherapy_in_a_session_is_told_where_something_is_said_of_it():
    assert InSessionTherapy(relationship=0).told
    assert InSessionTherapy(memory_activated=False).told
    assert not InSessionTherapy().told


def test_what_stays_at_the_clinic_is_no_part_of_what_is_compared():
    private = InSessionTherapy(target="what was worked with", notes="what was said")
    assert private == InSessionTherapy()
    assert "what" not in repr(private)


def test_a_dose_knows_whether_its_product_and_its_preparation_are_known():
    assert (dose().packaged, dose().detailed, dose().strength) == (None, None, None)
    assert dose(lot="A1").packaged is True
    assert dose(new_vial=False).detailed is True
    strong = dose(concentration=Amount(Decimal("50"), "mg/mL"))
    assert strong.strength == Rate(mg("50"), Amount(Decimal(1), "mL")) and strong.detailed is True


def test_the_rems_form_is_filled_with_what_the_session_says():
    pressures = {"pre-dose": (128, 80), "min-40": (150, 92), "discharge": (131, 82)}
    vitals = tuple(
        VitalSet(
            Key(f"{n}"),
            AT + timedelta(minutes=40 * n),
            timepoint=Timepoint(point),
            blood_pressure=BloodPressure(*(Amount(Decimal(v), "mm[Hg]") for v in pair)),
        )
        for n, (point, pair) in enumerate(pressures.items())
    )
    whole = session(doses=(dose(lot="A1"), replace(dose(lot="A1"), key=Key("2"), dose=mg("28"))), vitals=vitals)
    given = {"doses": whole.doses, "vitals": vitals, "visit": whole.visit, "rems": RemsForm(first_treatment=True, lot="B2")}
    DosingSession.complete(given)
    form = given["rems"]
    assert (form.first_treatment, form.lot) == (True, "B2"), "what was written down stays"
    assert (form.dose, form.total_minutes, form.ready_minutes) == (mg("84"), minutes(130), None)
    assert [form.systolic_before.value, form.diastolic_at_40.value, form.systolic_end.value] == [128, 92, 131]
    assert form.sedation is None, "what the session does not say stays open"
    assert (form.status, replace(form, submitted=AT).status) == ("draft", "submitted")
    assert [d.code for d in replace(whole, rems=form).doubts()] == ["form-disagrees"]


def test_a_form_is_not_filled_from_doses_that_are_not_known():
    given = {"doses": (dose(), replace(dose(), key=Key("2"), dose=None)), "visit": Period(AT), "rems": RemsForm(enrolled=True)}
    DosingSession.complete(given)
    assert (given["rems"].dose, given["rems"].total_minutes) == (None, None)


def test_a_rems_form_tells_no_dose_of_half_a_device():
    assert RemsForm(dose=mg("56")).dose == mg("56")
    with pytest.raises(ImpossibleError) as error:
        RemsForm(dose=mg("57"), enrolled=True)
    assert (error.value.code, error.value.fields) == ("not-whole-devices", ("dose",))


@pytest.mark.parametrize(("number", "filled"), [("56", mg("56")), ("35", None)])
def test_only_whole_devices_are_filled_into_the_rems_form(number, filled):
    given = {
        "doses": (replace(dose(), drug=Drug("ketamine"), dose=mg(number)),),
        "visit": Period(AT),
        "rems": RemsForm(enrolled=True),
    }
    DosingSession.complete(given)
    assert given["rems"].dose == filled

"""What a dosing session refuses, doubts and concludes."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from kapfhir.model.doses import DoseEvent, Segment
from kapfhir.model.dosing import Anchor, DosingSession
from kapfhir.model.values import (
    Absent,
    Amount,
    DoseStatus,
    Drug,
    ImpossibleError,
    Key,
    Period,
    Rate,
    Ref,
    Route,
    SessionStatus,
    StopReason,
)
from kapfhir.model.vitals import BloodPressure, VitalSet

AT = datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=-8)))


def mg(value: str) -> Amount:
    return Amount(Decimal(value), "mg")


RATE = Rate(mg("10"), Amount(Decimal(20), "min"))
SEGMENT = Segment(Key("1"), Period(AT, AT + timedelta(minutes=20)), mg("10"), RATE)


def mmhg(value: int) -> Amount:
    return Amount(Decimal(value), "mm[Hg]")


def dose(key="1", status="completed", given=AT, **rest):
    return DoseEvent(Key(key), Drug("ketamine"), DoseStatus(status), given, **rest)


def session(status="completed", **rest):
    return DosingSession(
        Key("D-1"),
        Ref("P-1"),
        SessionStatus(status),
        Period(AT),
        Period(AT, AT + timedelta(hours=2)),
        clinician=Ref("MD-1"),
        **rest,
    )


def refusal(make) -> ImpossibleError:
    with pytest.raises(ImpossibleError) as error:
        make()
    return error.value


@pytest.mark.parametrize(
    ("systolic", "diastolic", "stands"), [(120, 80, True), (120, 110, True), (120, 120, False), (80, 120, False)]
)
def test_diastolic_is_below_systolic(systolic, diastolic, stands):
    if stands:
        assert BloodPressure(mmhg(systolic), mmhg(diastolic)).systolic_absent is None
    else:
        error = refusal(lambda: BloodPressure(mmhg(systolic), mmhg(diastolic)))
        assert (error.code, error.fields) == ("diastolic-not-below-systolic", ("systolic", "diastolic"))
        assert str(systolic) not in str(error), "a refusal never tells a value"


def test_half_a_blood_pressure_says_what_is_absent():
    half = BloodPressure(diastolic=mmhg(80))
    assert (half.systolic_absent, half.diastolic_absent) == ("unknown", None)


@pytest.mark.parametrize(
    ("make", "code", "fields"),
    [
        (lambda: dose(dose=mg("0")), "out-of-range", ("dose",)),
        (lambda: dose(status="not-done", dose=mg("35")), "dose-not-given", ("dose",)),
        (lambda: dose(dose=mg("10"), rate=RATE, segments=(SEGMENT,)), "rate-beside-segments", ("rate",)),
        (lambda: dose(route=Route("iv")), "missing-dose", ()),
        (lambda: Period(AT, AT - timedelta(seconds=1)), "ends-before-it-starts", ("end",)),
        (lambda: VitalSet(Key("pre"), AT), "empty-part", ()),
        (lambda: session(number=0), "out-of-range", ("number",)),
        (lambda: session(doses=(dose("2"), dose("1"))), "items-out-of-order", ()),
        (lambda: session(doses=(dose("a/b"),)), "items-out-of-order", ()),
        (lambda: session(doses=(dose(dose=mg("1"), weighed=Ref("pre")),)), "no-weight", ("doses",)),
        (lambda: Segment(Key("1"), Period(AT), mg("10"), Rate(mg("10"), Amount(Decimal(20), "min"))), "missing-field", ("ran",)),
    ],
)
def test_refuses(make, code, fields):
    error = refusal(make)
    assert (error.code, error.fields) == (code, fields)


@pytest.mark.parametrize(("status", "reason"), [("completed", "unknown"), ("stopped", "unknown"), ("not-done", "not-performed")])
def test_concludes_why_a_dose_is_absent(status, reason):
    given = {"status": DoseStatus(status), "route": Route("iv")}
    DoseEvent.complete(given)
    assert given["dose"] == Absent(reason)


def test_concludes_nothing_where_nothing_was_given():
    given = {"status": DoseStatus("not-done")}
    DoseEvent.complete(given)
    assert "dose" not in given


def test_names_a_weight_only_where_one_was_taken():
    weighed = dose(dose=mg("35"), weighed=Ref("pre"))
    vitals = (VitalSet(Key("pre"), AT, heart_rate=Amount(Decimal(70), "/min")),)
    given = {"doses": (weighed,), "vitals": vitals}
    DosingSession.complete(given)
    assert given["doses"][0].weighed is None
    heavy = (VitalSet(Key("pre"), AT, weight=Amount(Decimal("71.0"), "kg")),)
    given = {"doses": (weighed,), "vitals": heavy}
    DosingSession.complete(given)
    assert given["doses"][0].weighed == "pre"


def test_anchor_is_the_first_dose_given():
    later = Period(AT + timedelta(minutes=12), AT + timedelta(minutes=50))
    made = session(
        doses=(
            dose("1", "not-done", AT - timedelta(hours=1)),
            dose("2", dose=mg("20"), given=later),
            dose("3", given=AT + timedelta(minutes=10), dose=mg("20")),
        )
    )
    assert made.anchor == Anchor(AT + timedelta(minutes=10), AT + timedelta(minutes=50))
    assert session().anchor == Anchor(AT, AT + timedelta(hours=2))


def test_the_end_of_an_infusion_that_has_a_start_alone_is_not_known():
    """Windows from the end of the dose must not count from its start."""
    assert session(doses=(dose("1", given=AT, dose=mg("20"), route=Route("iv")),)).anchor == Anchor(AT, None)
    assert session(doses=(dose("1", given=AT, dose=mg("20"), route=Route("im")),)).anchor == Anchor(AT, AT)


def test_where_no_dose_was_given_there_is_no_anchor():
    assert session("not-done").anchor is None
    assert session(doses=(dose("1", "not-done"),)).anchor is None
    assert session("not-done", doses=(dose(dose=mg("20")),)).anchor is not None, "a doubt, yet a dose"


@pytest.mark.parametrize(
    ("status", "reason", "visit"),
    [
        ("completed", None, "finished"),
        ("stopped", "hypertension", "finished"),
        ("not-done", "hypertension", "finished"),
        ("not-done", "no-show", "cancelled"),
        ("not-done", "cancelled-by-clinic", "cancelled"),
        ("not-done", None, "cancelled"),
    ],
)
def test_who_comes_has_a_visit(status, reason, visit):
    made = session(status, reason=reason and StopReason(reason))
    assert made.visit_status == visit
    assert made.cancelled_for == (reason if visit == "cancelled" else None)


def doubts(made) -> list[str]:
    return sorted(d.code for d in made.doubts())


def test_doubts():
    rate = Rate(mg("10"), Amount(Decimal(20), "min"))
    parts = tuple(
        Segment(Key(str(n)), Period(AT + timedelta(minutes=15 * n), AT + timedelta(minutes=15 * n + 20)), mg("10"), rate)
        for n in range(2)
    )
    overlapping = dose(given=Period(AT, AT + timedelta(minutes=40)), dose=mg("35"), segments=parts)
    assert doubts(session(doses=(overlapping,))) == ["overlapping-segments", "segments-disagree"]
    assert doubts(session(doses=(dose(dose=mg("35")),))) == []
    assert doubts(session()) == ["completed-without-dose"]
    assert doubts(session("not-done", doses=(dose(dose=mg("35")),))) == ["dose-in-session-not-done"]
    assert doubts(session(doses=(dose(dose=Absent("unknown"), route=Route("im")),))) == ["missing-dose"]
    early = DosingSession(Key("D"), Ref("P"), SessionStatus("stopped"), Period(AT + timedelta(minutes=1)), Period(AT))
    assert doubts(early) == ["session-before-visit"]


def test_a_day_alone_is_a_start_and_an_anchor():
    made = session(doses=(dose(given=AT.date(), dose=mg("80")),))
    assert made.anchor == Anchor(AT.date(), AT.date())
    assert list(made.doubts()) == []


@pytest.mark.parametrize("ends", [(AT.date(), AT), (AT, AT.date())])
def test_a_period_has_two_moments_or_two_days(ends):
    with pytest.raises(ImpossibleError) as found:
        Period(*ends)
    assert (found.value.code, found.value.fields) == ("day-beside-moment", ("end",))


def test_a_segment_has_times_of_day():
    with pytest.raises(ImpossibleError) as found:
        Segment(Key("1"), Period(AT.date(), AT.date()), mg("10"), RATE)
    assert found.value.code == "no-time-of-day"


@pytest.mark.parametrize(("route", "most"), [("im", "3900"), ("subcutaneous", "1500"), ("iv", "500")])
def test_a_dose_beyond_anaesthesia_for_the_heaviest_patient_is_refused_without_a_weight(route, most):
    assert dose(dose=mg(most), route=Route(route)).dose == mg(most)
    error = refusal(lambda: dose(dose=mg(str(int(most) + 1)), route=Route(route)))
    assert (error.code, error.fields) == ("dose-beyond-anaesthesia", ("dose",))


@pytest.mark.parametrize(
    ("route", "most", "unit", "weight"),
    [
        ("iv", "225", "mg", Amount(Decimal(50), "kg")),
        ("im", "650", "mg", Amount(Decimal(50_000), "g")),
        ("subcutaneous", "226.7", "mg", Amount(Decimal(100), "[lb_av]")),
        ("iv", "225000", "ug", Amount(Decimal(50), "kg")),
    ],
)
def test_a_dose_beyond_anaesthesia_for_the_weight_of_the_day_is_refused(route, most, unit, weight):
    def of(number, **rest):
        given = dose(dose=Amount(Decimal(number), unit), route=Route(route), **rest)
        return session(doses=(given,), vitals=(VitalSet(Key("pre"), AT, weight=weight),))

    assert of(most).doses[0].dose.value == Decimal(most)
    error = refusal(lambda: of(str(Decimal(most) + 1)))
    assert (error.code, error.owner, [*error.instead], error.fields) == ("dose-beyond-anaesthesia", "doses", ["1"], ("dose",))


def test_the_weight_that_a_dose_names_is_the_one_that_counts():
    light, heavy = (VitalSet(Key(k), AT, weight=Amount(Decimal(n), "kg")) for k, n in (("a", 50), ("b", 90)))
    given = dose(dose=mg("300"), route=Route("iv"))
    assert session(doses=(given,), vitals=(light, heavy)).doses == (given,)
    assert refusal(lambda: session(doses=(replace(given, weighed=Ref("a")),), vitals=(light, heavy))).instead.keys() == {"1"}


VOLUME = {"volume": Amount(Decimal(12), "mL"), "concentration": Amount(Decimal(50), "mg/mL")}  # 600 mg


BY_KG = Amount(Decimal(4), "mg/kg")


@pytest.mark.parametrize(
    ("rest", "fields"),
    [
        ({"dose": mg("501"), "rate": RATE}, ("dose", "rate")),
        ({"dose": mg("501"), "rate": RATE, **VOLUME}, ("dose", "rate", "volume")),
        ({"dose": Absent("unknown"), "rate": RATE, **VOLUME}, ("rate", "volume")),
        ({"dose": mg("501"), "dose_per_kg": BY_KG}, ("dose", "dose_per_kg")),  # of 125 kg
        ({"dose": mg("1200"), "dose_per_kg": BY_KG}, ("dose", "dose_per_kg")),  # of 300 kg
        ({"dose": mg("1200.1"), "dose_per_kg": BY_KG}, ("dose",)),  # of nobody: it is another number
        ({"dose": mg("300"), "dose_per_kg": Amount(Decimal("4.6"), "mg/kg"), "rate": RATE}, ("dose_per_kg", "rate")),
    ],
)
def test_what_would_tell_a_dose_that_is_withheld_goes_with_it(rest, fields):
    error = refusal(lambda: dose(route=Route("iv"), **rest))
    assert (error.code, error.fields) == ("dose-beyond-anaesthesia", fields)


@pytest.mark.parametrize(
    "rest",
    [
        {"dose": mg("500"), "rate": RATE, **VOLUME},  # the volume contradicts the dose, and another rule tells it
        {"dose": Absent("error"), "rate": RATE, "volume": Amount(Decimal(10), "mL"), "concentration": VOLUME["concentration"]},
    ],
)
def test_a_rate_or_a_volume_beside_a_dose_that_is_believed_stays(rest):
    stands = dose(route=Route("iv"), **rest)
    assert (stands.rate, stands.volume) == (RATE, rest["volume"])


@pytest.mark.parametrize("name", ["dose_per_kg", "rate", "segments"])
def test_a_dose_that_was_not_given_has_no_number_of_another_kind(name):
    value = {"dose_per_kg": Amount(Decimal("0.5"), "mg/kg"), "rate": RATE, "segments": (SEGMENT,)}[name]
    error = refusal(lambda: dose(status="not-done", dose=Absent("not-performed"), **{name: value}))
    assert (error.code, error.fields) == ("dose-not-given", (name,))


@pytest.mark.parametrize(
    ("parts", "withheld"),
    [(("250", "250"), ""), (("250", "251"), "12"), (("10", "501"), "2"), (("501", "502"), "1")],
)
def test_segments_beyond_anaesthesia_are_withheld_too(parts, withheld):
    segments = tuple(replace(SEGMENT, key=Key(str(n)), dose=mg(part)) for n, part in enumerate(parts, 1))

    def make():
        return dose(route=Route("iv"), dose=Absent("unknown"), segments=segments)

    if not withheld:
        assert make().segments == segments
        return
    error = refusal(make)
    assert (error.code, error.owner, "".join(error.instead)) == ("dose-beyond-anaesthesia", "segments", withheld)
    assert all((part.dose, part.rate, part.ran) == ("error", None, SEGMENT.ran) for part in error.instead.values())


@pytest.mark.parametrize(
    ("rest", "fields"),
    [
        ({"dose": mg("226"), "rate": RATE}, ("dose", "rate")),
        ({"dose": mg("226"), **VOLUME}, ("dose", "volume")),
        ({"dose": mg("226"), "dose_per_kg": BY_KG}, ("dose", "dose_per_kg")),
        ({"dose": mg("226"), "dose_per_kg": Amount(Decimal("0.5"), "mg/kg")}, ("dose",)),
        ({"dose": mg("226"), "segments": (replace(SEGMENT, dose=mg("226")),)}, ("dose", "segments")),
        ({"dose": mg("226"), "segments": (replace(SEGMENT, dose=mg("225")),)}, ("dose",)),
        (
            {"dose": Absent("unknown"), "volume": Amount(Decimal("4.6"), "mL"), "concentration": VOLUME["concentration"]},
            ("volume",),
        ),
    ],
)
def test_by_the_weight_too_all_that_tells_the_dose_is_withheld(rest, fields):
    given = dose(route=Route("iv"), **rest)
    weighed = (VitalSet(Key("pre"), AT, weight=Amount(Decimal(50), "kg")),)
    error = refusal(lambda: session(doses=(given,), vitals=weighed))
    instead = error.instead["1"]
    assert (error.code, error.fields) == ("dose-beyond-anaesthesia", fields)
    assert session(doses=(instead,), vitals=weighed).doses == (instead,), "what is left stands"
    assert (instead.dose, instead.rate) == (rest["dose"] if "dose" not in fields else "error", None)

"""The engine: what it hears, what it can't judge, what a configuration changes, and that it keeps little."""

import tracemalloc
from dataclasses import replace

from rules_desk import after, consent, dose, find, rules, score, session, vital

from kapfhir.model.values import Key, Ref
from kapfhir.rules import memory
from kapfhir.rules.engine import Engine
from kapfhir.rules.settings import RuleSettings, rules_of

HIGH = session(vitals=[vital(-10, 150, 90), vital(20, 185, 100)])


def heard(code, text="", **settings):
    found = []
    engine = Engine(rules_of(settings), found.append)
    engine.hear(code, text, "IV", 7, "BP")
    engine.finish()
    return [(f.rule, f.severity, f.table, f.row, f.column, f.code) for f in found]


def test_a_problem_of_a_row_is_the_finding_of_its_rule():
    assert heard("diastolic-not-below-systolic") == [("S14-swapped", "error", "IV", 7, "BP", "diastolic-not-below-systolic")]
    assert heard("total-disagrees")[0][:2] == ("S05", "warning")
    assert heard("conflicting-rows") == []


def test_one_code_tells_several_rules_by_what_it_is_about():
    code = "out-of-range"
    assert [
        heard(code, text)[0][0] for text in ("VitalSet: heart rate is 20 to 250 /min", "VitalSet: weight is 25 to 300 kg")
    ] == [
        "S14",
        "S15",
    ]
    assert heard(code, "OutcomeAssessment: the total is outside the range of phq-9")[0][0] == "S04"
    assert heard(code, "SedationScore: a score is one of its scale")[0][0] == "S30"
    assert heard(code, "Course: a course plans one session or more") == []
    assert heard(code, "BodyMeasurement: weight is 25 to 300 kg")[0][0] == "S15"
    assert heard(code, "Baseline: systolic is 50 to 300 mm[Hg]")[0][0] == "S14"
    beyond = "dose-beyond-anaesthesia"
    told = {
        name: heard(beyond, f"DoseEvent: {name} is at most 5 mg/kg")[0][0] for name in ("an IV dose", "an IM dose", "a lozenge")
    }
    assert told == {"an IV dose": "P01-slip", "an IM dose": "P02-slip", "a lozenge": "P04-slip"}
    assert heard(beyond, "Segment: an IV dose is at most 500 mg")[0][0] == "P01-slip"


def test_two_facts_of_which_one_must_be_wrong_are_an_error_though_both_are_sent():
    codes = ("completed-without-dose", "dose-in-session-not-done", "serious-without-criterion", "grade-disagrees")
    assert [heard(code)[0][:2] for code in codes] == [
        ("S27-empty", "error"),
        ("S27-undone", "error"),
        ("S28-serious", "error"),
        ("S28-death", "error"),
    ]
    assert heard("lab-without-unit")[0][:2] == ("S24-unit", "warning")
    assert heard("not-a-dose")[0][:2] == ("S24", "error")


def test_a_level_of_ones_own():
    assert [f.severity for f in find(HIGH) if f.rule == "M03"] == ["safety"]
    assert [f.severity for f in find(HIGH, M03={"severity": "info"}) if f.rule == "M03"] == ["info"]
    assert "M03" not in rules(HIGH, M03={"severity": "off"})
    assert heard("total-disagrees", **{"S05": RuleSettings(severity="off")}) == []


def test_numbers_of_ones_own():
    assert "M03" not in rules(HIGH, M03={"numbers": {"systolic": 186}})
    assert "M03-rise" in rules(HIGH, M03_rise={"numbers": {"systolic": 35}})


def test_what_an_export_does_not_hold_is_not_judged():
    engine = Engine()
    engine.see(session(), "t", 1)
    engine.finish()
    assert engine.by_rule.keys().isdisjoint({"E17", "E15-missing", "T02", "O09"})
    assert "not judged, as the export holds no Consent: E17" in engine.lacking()
    engine = Engine()
    for record in (session(), replace(consent(), patient=Ref("Q"))):
        engine.see(record, "t", 1)
    engine.finish()
    assert engine.by_rule["E17"] == 1
    assert not any("Consent" in line for line in engine.lacking())


def test_patients_are_kept_apart():
    other = [replace(session(dose(days=d), days=d, key=f"X{d}"), patient=Ref("Q")) for d in (0, 0.5)]
    found = find(session(), *other)
    assert [(f.rule, f.patient, f.key) for f in found if f.rule == "P09"] == [("P09", "Q", "X0.5")]


def test_counts_are_those_of_the_findings():
    engine, found = Engine(), []
    engine.tell = found.append
    for record in (HIGH, score(10, days=3)):
        engine.see(record, "t", 1)
    engine.finish()
    assert sum(engine.counts.values()) == sum(engine.by_rule.values()) == len(found) > 2
    assert list(engine.counts) == ["safety", "error", "warning", "info"]


def test_the_same_records_in_any_order_of_patients_find_the_same():
    records = [replace(HIGH, key=Key(f"D{n}"), patient=Ref(f"P{n}")) for n in range(5)]
    told = [{(f.rule, f.key) for f in find(*some)} for some in (records, records[::-1])]
    assert told[0] == told[1]


def test_a_dose_log_without_vital_signs_is_not_told_so_for_each_dose():
    bare, watched = session(vitals=[]), session(key="X")
    assert rules(bare).isdisjoint({"M01", "M06"})
    assert {("M01", "D0"), ("M06", "D0")} <= {(f.rule, f.key) for f in find(bare, watched)}
    engine = Engine()
    engine.see(bare, "t", 1)
    engine.finish()
    assert "not judged, as the export holds no VitalSet: M01, M06" in engine.lacking()


def test_memory_is_flat(monkeypatch):
    monkeypatch.setattr(memory, "BATCH", 50)

    def peak(count):
        engine = Engine(tell=lambda found: None)
        tracemalloc.start()
        for number in range(count):
            engine.see(replace(HIGH, patient=Ref(f"P{number}")), "t", number)
        engine.finish()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(900) < 2 * peak(300)


def test_what_may_stand_in_an_earlier_export_is_not_judged():
    def by_rule(*partly):
        engine = Engine(partly=frozenset(partly))
        for record in (
            replace(consent(), patient=Ref("Q")),
            session(days=1, number=1, course=Ref("C")),
            session(days=3, number=3, course=Ref("C")),
        ):
            engine.see(record, "t", 1)
        engine.finish()
        return engine.by_rule, engine.lacking()

    assert {"E17", "S18"} <= by_rule()[0].keys()
    found, lacking = by_rule("Consent")
    assert "E17" not in found
    assert "S18" in found
    assert "not judged, as the export holds no full set of Consent: E17" in lacking
    found, lacking = by_rule("DosingSession")
    assert "S18" not in found
    assert "E17" in found
    assert any("full set of DosingSession" in line and "S18" in line for line in lacking)


def test_a_day_without_a_time_is_not_judged_by_the_clock():
    whole_day = replace(session(dose(minutes=None)), doses=(replace(dose(minutes=None), given=after().date()),))
    assert rules(whole_day).isdisjoint({"M10", "M06-interval", "P08", "S02", "M01"})

"""Rating scales are found by numbers, by words, and by totals."""

import io
from dataclasses import replace

import pytest

from kapfhir.mapping.drafting.profile import load_profile
from kapfhir.mapping.drafting.scales import find_scales
from kapfhir.model.shipped import SCALES, use_scales
from kapfhir.model.values import Instrument
from kapfhir.sources.csvfile import CsvTable

WORDS = (
    "Little interest or pleasure,Feeling down,Trouble sleeping,Feeling tired,Poor appetite,Feeling bad about yourself,"
    "Trouble concentrating,Moving slowly,Better off dead"
)


def profile_of(header, cell="1", name="results"):
    text = f"{header}\n{','.join([cell] * (header.count(',') + 1))}\n"
    return load_profile(CsvTable(name, "x.csv", lambda: io.BytesIO(text.encode())))


def found(header, cell="1", name="results"):
    return [
        (f.scale.instrument, len(f.items), f.total.name if f.total else None, f.sure)
        for f in find_scales(profile_of(header, cell, name))
    ]


def numbered(prefix, count):
    return ",".join(f"{prefix}{n}" for n in range(1, count + 1))


@pytest.mark.parametrize(
    ("header", "name", "scales"),
    [
        (numbered("phq9_", 9), "x", [("phq-9", 9, None, True)]),
        (numbered("PHQ Q", 9) + ",Total Score", "PHQ results", [("phq-9", 9, "Total Score", True)]),
        (numbered("q", 7), "gad7", [("gad-7", 7, None, True)]),
        (numbered("M", 10) + ",Total", "madrs", [("madrs", 10, "Total", True)]),
        (numbered("phq9_", 9) + "," + numbered("gad7_", 7), "export", [("phq-9", 9, None, True), ("gad-7", 7, None, True)]),
        (numbered("item ", 9), "results", [("phq-9", 9, None, False)]),
        (WORDS + ",PHQ9Total", "results", [("phq-9", 9, "PHQ9Total", True)]),
        ("Client,PHQ-9 Score,GAD-7 Score", "outcomes", [("phq-9", 0, "PHQ-9 Score", True), ("gad-7", 0, "GAD-7 Score", True)]),
        (numbered("phq9_", 8), "x", []),
        ("Client,Down,Sleep", "x", []),
    ],
)
def test_scales_of_wide_tables(header, name, scales):
    assert found(header, name=name) == scales


@pytest.mark.parametrize(
    ("header", "scale", "count"),
    [
        ("auditc_1,auditc_2,auditc_3", "audit-c", 3),
        ("AUDIT-C 1,AUDIT-C 2,AUDIT-C 3", "audit-c", 3),
        ("edi_04,edi_01,edi_02,edi_03,edi_05,edi_06,edi_07,edi_08", "edi", 8),
        (numbered("ace", 10), "ace", 10),
        (numbered("ISI ", 7), "isi", 7),
        (numbered("HDRS ", 17), "hamd17", 17),
        (numbered("hamd17_q", 17), "hamd17", 17),
        (numbered("pc_ptsd_5_", 5), "pc-ptsd-5", 5),
        (numbered("5D-ASC ", 94), "asc-5d", 94),
        (numbered("dast", 10), "dast-10", 10),
        (numbered("pcl", 17), "pcl-c", 17),
        (numbered("phq", 8), "phq-8", 8),
        (numbered("baseline_wsas_", 5), "wsas", 5),
        ("pulse_mood,pulse_anxiety,pulse_sleep,pulse_connection", "pulse-check", 4),
    ],
)
def test_every_scale_is_known_by_its_own_name(header, scale, count):
    assert found(header) == [(scale, count, None, True)]


def test_every_scale_of_numbered_items_is_found_by_its_code():
    for name, scale in SCALES.items():
        numbers = [q.rpartition("-")[2] for q in scale.asked]
        columns = ",".join(f"{name.replace('-', '')}_{number}" for number in numbers if number.isdigit())
        if sum(number.isdigit() for number in numbers) > 1:
            assert [f[0] for f in found(columns)] == ["bdi-ii" if name == "bdi" else name], name


@pytest.mark.parametrize(
    ("header", "cell", "scale", "others"),
    [
        (numbered("bdi", 21), "1", "bdi-ii", ("bdi-1961", "bdi-ia", "bdi")),  # 21 items each
        (numbered("cssrs", 6), "1", "cssrs-screener", ("cssrs-since-last",)),
        (numbered("whodas", 12), "1", "whodas-12", ("whodas-12-1to5",)),
        (numbered("bprs", 18), "1", "bprs-18", ("bprs-18-0",)),
        (numbered("madrs_", 9), "1", "madrs-s", ()),  # the MADRS has ten
        (numbered("psqi_", 19), "1", "psqi", ()),  # questions, not the seven components
        ("PHQ total", "5", "phq-9", ("phq-2", "phq-8")),
    ],
)
def test_a_name_of_several_scales_is_not_sure(header, cell, scale, others):
    (told,) = find_scales(profile_of(header, cell))
    assert (told.scale.instrument, told.sure, told.others) == (scale, False, others)


@pytest.mark.parametrize(
    ("header", "cell", "scale"),
    [
        (numbered("whodas", 12), "0", "whodas-12"),
        (numbered("whodas", 12), "5", "whodas-12-1to5"),
        (numbered("bprs", 18), "7", "bprs-18"),
    ],
)
def test_its_range_can_tell_scales_of_one_name_apart(header, cell, scale):
    assert [(f[0], f[3]) for f in found(header, cell)] == [(scale, True)]


@pytest.mark.parametrize("header", [numbered("pulse ", 4), "ACE inhibitor,Dose", "RASS,HR,SpO2", numbered("cadss6_", 6)])
def test_what_only_looks_like_a_name_is_none(header):
    assert found(header) == []


def test_a_scale_of_a_clinics_own_is_known_too():
    use_scales((replace(SCALES["isi"], instrument=Instrument("calm-7"), title="Calm (CALM-7)"),))
    told = found(numbered("calm7_", 7))
    use_scales(())  # the other tests know the shipped ones alone
    assert told == [("calm-7", 7, None, True)]


def test_numbered_columns_beyond_the_range_of_a_scale_are_none():
    assert found(numbered("item ", 9), cell="7") == []

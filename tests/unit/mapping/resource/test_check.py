"""Every fault of a resource map in one pass, at its place; and no map that passes the check breaks the law."""

import random
import re
import warnings
from functools import cache
from pathlib import Path

import pytest
from strategies import items

from kapfhir.data import mappings_folder
from kapfhir.errors import MappingError
from kapfhir.fhir.exact import dumps, loads
from kapfhir.fhir.facts import load_facts
from kapfhir.fhir.identity import Origin
from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.mapping.resource.library import load_library
from kapfhir.model.concepts import CONCEPTS

ORIGIN = Origin("3f0e6c1e-0000-4000-8000-000000000000", "https://clinic.example/kap")
MAPS = {p.name: p.read_text(encoding="utf-8") for p in (mappings_folder() / "fhir").glob("*.yaml")}
BROKEN = Path(__file__).parent / "broken"


def load(own: Path | None):
    folder = MapFolder.over(own)
    return load_library(folder, Codes(folder), load_facts(), ORIGIN)


@pytest.fixture
def own(tmp_path):
    (tmp_path / "fhir").mkdir()
    return tmp_path


def faults_of(own: Path, name: str, text: str) -> list[str]:
    (own / "fhir" / name).write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as error:
        load(own)
    return [str(p) for p in error.value.problems]


def test_shipped_maps_have_no_fault():
    assert {plan.target.name.concept for plan in load(None).slots.values()} == set(CONCEPTS)


def test_all_faults_of_a_broken_map_in_one_pass(own):
    found = faults_of(own, "dosing_session.yaml", (BROKEN / "dosing_session.yaml").read_text(encoding="utf-8"))
    assert found == (BROKEN / "faults.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("name", "before", "after", "fault"),
    [
        ("patient.yaml", "      gender: gender\n", "", "fhir/patient.yaml:1:10: Patient.gender can't be read back"),
        ("patient.yaml", "gender: gender", "gender: &a gender", None),
        ("patient.yaml", "gender: gender", "gender: *a", "not YAML: found undefined alias"),
        ("patient.yaml", "gender: gender", "gender: !!python/object:os.system gender", "tags are not part of the language"),
        ("patient.yaml", "birthDate: birth_date", "birthDate: given", "Patient.given is a list: Patient.birthDate takes one value"),
        ("patient.yaml", "      identifier[chart].system: = https://kapfhir.org/fhir/sid/chart-number\n", "", "Patient.identifier looks like"),
        ("patient.yaml", "      telecom[email].system: = email\n", "", "look alike when they are read"),
        ("dosing_session_vitals.yaml", "      effectiveDateTime: ^taken\n", "", "VitalSet.taken can't be read back where there is no heart-rate or"),
        ("dosing_session.yaml", "partOf: -> procedure", "partOf: -> segment", "which one can't be told here"),
        ("dosing_session.yaml", "clinic -> location", "clinic -> room", "there is no slot 'room'"),
        ("diagnosis.yaml", "      subject: patient\n", "", "Condition.subject is required: no line fills it"),
        ("diagnosis.yaml", "      code.text: label", "\tcode.text: label", "fhir/diagnosis.yaml:15:1: not YAML"),
        ("diagnosis.yaml", "      subject: patient\n", "      subject: patient\n      abatementString: abated\n", "are one choice, abatement[x]"),
        ("diagnosis.yaml", "condition-status#confirmed", "condition-status#confirmd", "did you mean 'confirmed'?"),
        ("integration_session.yaml", "status: status", "status: delivery", "the table of Delivery gives Procedure.status nothing"),
        ("integration_session.yaml", "      type[window]: windows\n", "      type[window]: windws\n", "did you mean 'windows'?"),
        ("integration_session.yaml", "kap#integration-session", "kap#integration", "no code table has the code 'integration' of our own system"),
        (
            "dosing_session_vitals.yaml",
            "loinc#2708-6",
            "loinc#2710-2",
            "59408-5: alone it fails the R4 profile of oxygen saturation; use it with 2708-6 beside it",
        ),
        ("course.yaml", "          condition: .\n", "          condition: clinic\n", "holds plain values, named `.` here"),
        ("course.yaml", "type[phase]: phase", "type[phase]: status", "Course.phase can't be read back"),
        ("outcome_assessment.yaml", "title: Total score\n", "title: T\n    when: computed\n", "OutcomeAssessment.total can't be read back where"),
        ("outcome_assessment.yaml", "title: Total score\n", "title: T\n    when: total\n", "OutcomeAssessment.standing can't be read back where"),
        ("adverse_event.yaml", "resource: AdverseEvent", "resource: Provenance", "Provenance has no identifier"),
        ("adverse_event.yaml", "      actuality: = actual\n", "      actuality: = actual\n      id: event\n", "every resource gets its id by itself"),
    ],
)  # fmt: skip
def test_fault(own, name, before, after, fault):
    text = MAPS[name]
    assert before in text
    changed = text.replace(before, after, 1)
    if fault is None:
        (own / "fhir" / name).write_text(changed, encoding="utf-8")
        load(own)
    else:
        assert fault in "\n".join(faults_of(own, name, changed))


def test_faults_of_several_maps_come_together(own):
    (own / "fhir" / "patient.yaml").write_text(MAPS["patient.yaml"].replace("gender: gender", "gender: gendr"), encoding="utf-8")
    found = faults_of(own, "clinic.yaml", MAPS["clinic.yaml"].replace("name: name", "nam: name", 1))
    assert {f.split(":")[0] for f in found} == {"fhir/patient.yaml", "fhir/clinic.yaml"}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (
            "iv,snomd,47625008,Intravenous route",
            "codes/route.csv:2:1: codes/systems.csv has no system 'snomd'; did you mean 'snomed'?",
        ),
        ("iv,snomed,47625008", "codes/route.csv:2:1: the row has 3 cells, the header 4"),
        ("iv,snomed,,x", "a row has a code and a standard code"),
    ],
)
def test_faults_of_code_tables(tmp_path, row, fault):
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "route.csv").write_text(f"code,system,standard,display\n{row}\n", encoding="utf-8")
    with pytest.raises(MappingError) as error:
        load(tmp_path)
    assert fault in str(error.value)


@cache
def pool():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [items(kind).example() for kind in CONCEPTS.values() for _ in range(15)]


@pytest.mark.parametrize("seed", range(4))
def test_maps_that_pass_keep_the_law(own, seed):
    """Maps changed by chance are refused with problems, or build and read back every record."""
    chance = random.Random(seed)
    words = sorted(set(re.findall(r"[\w\[\]-]+", " ".join(MAPS.values())))) + ["^", "->", "=", "{", "- ", ".", "value[x]"]
    passed = 0
    for _ in range(120):
        name = chance.choice(sorted(MAPS))
        lines = MAPS[name].split("\n")
        for _ in range(chance.choice([1, 1, 2, 3])):
            i = chance.randrange(len(lines))
            match chance.randrange(4):
                case 0:
                    lines[i] = ""
                case 1:
                    lines.insert(i, chance.choice(lines))
                case 2:
                    lines[i] = re.sub(r"[\w-]+", lambda m: chance.choice(words) if chance.random() < 0.4 else m[0], lines[i])
                case _:
                    lines[i] = lines[i].replace(chance.choice(words), chance.choice(words))
        path = own / "fhir" / name
        path.write_text("\n".join(lines), encoding="utf-8")
        try:
            library = load(own)
        except MappingError as error:
            assert error.problems
        else:
            passed += 1
            for record in pool():
                assert library.read(loads(dumps(library.build(record)))) == [record], "\n".join(lines)
        path.unlink()
    assert passed > 5

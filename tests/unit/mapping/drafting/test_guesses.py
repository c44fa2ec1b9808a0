"""What is guessed from headers and cells: live where it is sure, a TODO line with a word of advice where it is not."""

import pytest
from drafted_clinic import Clinic, day

from kapfhir.mapping.drafting.words import is_official, words_of

FREQUENCY = ("Not at all", "Several days", "More than half the days", "Nearly every day")


@pytest.fixture
def clinic(tmp_path):
    return Clinic(tmp_path)


def test_a_table_that_cannot_be_told_is_something_to_do(clinic):
    clinic.table("fridge", "When,Temperature", ["2026-01-05", "4.5"]).draft()
    assert clinic.head("fridge")[0] == "concept: TODO"
    assert "delete this file" in clinic.text("fridge")
    assert "TODO marks what must be filled in: 1 line" in clinic.text("fridge")


def test_a_dose_per_kg_is_no_weight(clinic):
    header = "Session,Client,Provider,Start,Dose mg,%s,HR,Weight kg"
    for number, name in enumerate(("PerKg", "per kg", "mg/kg", "Dose_per_kg")):
        rows = [[f"S-{n}", "P-1", "Ann Doe", f"{day(n)} 10:00", "35.5", "0.5", "70", "71"] for n in range(4)]
        clinic.table(f"log{number}", header % name, *rows)
    clinic.draft()
    for number in range(4):
        weights = [rule for path, rule in clinic.lines(f"log{number}").items() if path.endswith(".weight")]
        assert weights == ["{from: Weight kg, unit: kg}"], number


def test_an_ambiguous_date_is_something_to_do_unless_its_table_tells(clinic):
    header = "Client ID,Last Name,DOB,First Visit"
    clinic.table("unclear", header, ["P-1", "Test", "01/02/1985", "03/04/2026"])
    clinic.table("clear", header, ["P-9", "Test", "01/02/1985", "03/14/2026"]).draft()
    assert clinic.lines("unclear")["birth_date"] == "{from: DOB, format: TODO}"
    assert "DD/MM or MM/DD" in clinic.text("unclear")
    assert clinic.lines("clear")["birth_date"] == "{from: DOB, format: MM/DD/YYYY}"


def test_years_of_two_digits_are_told(clinic):
    clinic.table("clients", "Client ID,Last Name,DOB", ["P-1", "Test", "4/2/85"]).draft()
    assert "export them with four" in clinic.text("clients")


def test_a_dose_log_with_names_and_dates_alone_is_whole_but_for_the_clinic_and_a_profession(clinic):
    header = "Timestamp,Usage Date,Clinician,Client,Session #,Modality,Dosage Administered,Lot #"
    rows = [
        [
            f"{day(n)} 17:20:33",
            day(n),
            "Ann Doe",
            ("Kim Sample", "Lee Example")[n % 2],
            n // 2 + 1,
            ("IV", "IM")[n % 2],
            "40 mg",
            "L1",
        ]
        for n in range(8)
    ]
    clinic.table("log", header, *rows).draft()
    lines = clinic.lines("log")
    assert lines["key"] == "{from: [Client, Usage Date], people: patient}"
    assert lines["patient"] == "{from: Client, people: patient}"
    assert lines["clinician"] == "{from: Clinician, people: practitioner}"
    day_alone = "{from: Usage Date, format: MM/DD/YYYY}"
    assert {lines[path] for path in ("visit.start", "session.start", "doses[1].given")} == {day_alone}
    assert lines["doses[1].dose"] == "{from: Dosage Administered, as: dose-text.dose}"
    assert lines["doses[1].route"] == "Modality"
    assert "Timestamp says when the row was written" in clinic.text("log")
    assert "`kapfhir people` asks for a key of each" in clinic.text("log_patients")
    assert clinic.head("log_patients")[2:] == clinic.head("log_practitioners")[2:] == ["stand_in: yes"]
    assert {p.file.rpartition("/")[2] for p in clinic.faults()} == {"clinic.yaml", "log_practitioners.yaml"}
    clinic.fill("clinic.yaml", name="= My clinic")
    clinic.fill("log_practitioners.yaml", profession="= physician")
    assert clinic.faults() == []
    counts, problems, _ = clinic.read()
    assert (counts, problems) == ({"Clinic": 1}, ["unconfirmed-person"] * 8)


def test_keys_with_blanks_and_digits_are_no_names(clinic):
    header = "Client,Visit Date,Modality,Dose mg"
    clinic.table("log", header, *[[f"P {n % 3:03}", day(n), "IM", 40] for n in range(8)]).draft()
    assert clinic.lines("log")["patient"] == "Client"


def test_scales_of_one_row_have_keys_of_their_own(clinic):
    header = "record_id,redcap_event_name,phq9_date," + ",".join(
        [f"phq9_{n}" for n in range(1, 10)] + [f"gad7_{n}" for n in range(1, 8)]
    )
    clinic.table("export", header, *[[n // 2, ("baseline", "week 1")[n % 2], day(n), *[n % 4] * 16] for n in range(8)]).draft()
    assert clinic.lines("export_phq_9")["key"] == "{from: [= phq-9, record_id, phq9_date]}"
    assert clinic.lines("export_gad_7")["key"] == "{from: [= gad-7, record_id, phq9_date]}"
    clinic.fill("export_patients.yaml", family="record_id")
    counts, problems, records = clinic.read()
    assert (counts, problems) == ({"Patient": 4, "OutcomeAssessment": 16}, [])
    assert "phq-9/0/01-05-2026" in {r.key for r in records}


@pytest.mark.parametrize(
    ("answers", "codes"),
    [
        ((0, 1, 2, 3), {"0": "not-at-all", "3": "nearly-every-day"}),
        ((1, 2, 3, 4), {"1": "TODO", "4": "TODO"}),
        ((1, 2, 3, 1), {"1": "TODO", "3": "TODO"}),
        (FREQUENCY, {"Not at all": "not-at-all", "Nearly every day": "nearly-every-day"}),
    ],
)
def test_answers_mean_what_their_range_says(clinic, answers, codes):
    header = "id,client,date," + ",".join(f"phq9_{n}" for n in range(1, 10))
    clinic.table("phq9", header, *[[f"A{n}", f"P-{n}", day(n), *[answers[n]] * 9] for n in range(4)]).draft()
    assert codes.items() <= clinic.codes("frequency").items()


def test_a_name_of_several_scales_leaves_the_instrument_to_do(clinic):
    header = "id,client,date," + ",".join(f"bdi_{n}" for n in range(1, 22))
    clinic.table("bdi", header, *[[f"A{n}", f"P-{n}", day(n), *[n % 4] * 21] for n in range(4)]).draft()
    assert clinic.lines("bdi")["instrument"] == "TODO"
    assert "`= bdi-ii`? It may be bdi-1961 or bdi-ia or bdi as well" in clinic.text("bdi")


def test_numbers_from_one_are_left_to_a_code_table(clinic):
    header = "id,client,date," + ",".join(f"isi_{n}" for n in range(1, 8))
    clinic.table("isi", header, *[[f"A{n}", f"P-{n}", day(n), *[n + 1] * 7] for n in range(5)]).draft()
    assert clinic.lines("isi")["answers[isi-3].value"] == "{from: isi_3, codes: isi-number}"
    assert clinic.codes("isi-number") == {str(n): "TODO" for n in range(1, 6)}


@pytest.mark.parametrize(("no", "codes"), [(0, {"0": "no", "1": "yes"}), (2, {"1": "TODO", "2": "TODO"})])
def test_yes_and_no_by_numbers(clinic, no, codes):
    header = "id,client,date," + ",".join(f"ace{n}" for n in range(1, 11))
    clinic.table("ace", header, *[[f"A{n}", f"P-{n}", day(n), *[(1, no)[n % 2]] * 10] for n in range(4)]).draft()
    assert clinic.lines("ace")["answers[ace-10].value"] == "{from: ace10, codes: yes_no}"
    assert clinic.codes("yes_no") == codes


def test_a_score_among_people_or_vital_signs_makes_no_table_of_scores(clinic):
    clinic.table("clients", "Client ID,Last Name,DOB,ACE", ["P-1", "Test", "1985-04-02", "4"])
    rows = [["S-1", "2026-01-05 10:00", "120", "80", "70", "5"], ["S-1", "2026-01-05 10:40", "125", "82", "72", "4"]]
    clinic.table("monitor", "Session,Time,SBP,DBP,HR,MOAA/S", *rows).draft()
    assert clinic.head("clients")[0] == "concept: Patient"
    assert clinic.head("monitor")[0] == "concept: DosingSession"


def test_long_questionnaires_are_grouped(clinic):
    rows = [[f"A{n}", 100 + n % 2, day(n), f"PHQ9_{i}", i % 4] for n in range(12) for i in range(1, 10)]
    clinic.table("answers", "ASSESSMENT_ID,MRN,RESPONSE_DATE,QUESTION_ID,RESPONSE", *rows).draft()
    lines = clinic.lines("answers")
    assert (lines["key"], lines["instrument"]) == ("ASSESSMENT_ID", "= phq-9")
    assert lines["answers[*].question"] == "{from: QUESTION_ID, codes: phq-9-item}"
    assert clinic.codes("phq-9-item")["PHQ9_9"] == "phq9-9"


def test_staff_are_known_by_their_names(clinic):
    clinic.table("staff", "Id,First,Last,Role", ["MD-1", "Ann", "Doe", "Psychiatrist"], ["T-1", "Max", "Roe", "LMFT"])
    clinic.table("clients", "Client ID,Last Name,DOB", ["P-1", "Test", "1985-04-02"])
    header = "note_id,note_type,client,author,session,start"
    notes = [
        [f"N{n}", "Integration", "P-1", ("Max Roe, LMFT", "Dr. Doe", "A. Stranger")[n % 3], "D-1", "2026-01-06 14:00"]
        for n in range(6)
    ]
    clinic.table("notes", header, *notes).draft()
    assert clinic.lines("notes")["therapist"] == "{from: author, codes: staff}"
    assert clinic.codes("staff") == {"Max Roe, LMFT": "T-1", "Dr. Doe": "MD-1", "TODO": "TODO"}
    assert clinic.codes("profession") == {"Psychiatrist": "psychiatrist", "LMFT": "therapist"}


def test_free_text_where_codes_are_wanted_is_no_code_table(clinic):
    header = "Session,Client,Start,Dose mg,Route,Reason"
    rows = [[f"D-{n}", "P-1", f"2026-01-{n + 1:02} 10:00", 35, "IV", f"number {n} felt quite unwell today"] for n in range(20)]
    clinic.table("log", header, *rows).draft()
    assert not (clinic.folder / "codes" / "reason.csv").exists()
    assert "reason" not in clinic.lines("log")


def test_a_reference_that_fits_no_key_is_told(clinic):
    clinic.table("clients", "Client ID,Last Name,DOB", ["P-1", "Test", "1985-04-02"])
    clinic.table("phq9", "id,Client,Date,Total", *[[f"A{n}", f"X-{n}", day(n), 9] for n in range(4)]).draft()
    assert "few of its texts are keys in clients" in clinic.text("phq9")


def test_a_european_clinic_is_read_as_it_writes(clinic):
    header = "Sitzung,Patienten-Nr,Arzt,Datum,Beginn,Ende,Gewicht (kg),Dosis (mg),RR vor,RR nach"
    rows = [
        [f"S{n}", 70 + n % 2, "Dr. Müller", day(n, "%d.%m.%Y"), "10:00", "12:00", "71,5", "35,50", "120/80", "130/85"]
        for n in range(4)
    ]
    clinic.table("Sitzungen", header, *rows, delimiter=";", encoding="cp1252").draft()
    assert clinic.head("sitzungen")[2:] == ["encoding: cp1252", 'delimiter: ";"', 'decimal: ","']
    lines = clinic.lines("sitzungen")
    assert lines["session.start"] == "{from: [Datum, Beginn], format: DD.MM.YYYY hh:mm}"
    assert lines["vitals[post].blood_pressure.systolic"] == "{from: RR nach, as: pressure-text.systolic}"


def test_texts_that_differ_in_case_alone_stand_once_in_a_code_table(clinic):
    rows = [[f"D-{n}", "P-1", f"2026-01-{n + 1:02} 10:00", 35, "IV", ("Complete", "complete")[n % 2]] for n in range(8)]
    clinic.table("log", "Session,Client,Start,Dose mg,Route,Status", *rows).draft()
    assert clinic.codes("outcome") == {"Complete": "completed"}


def dose_log(clinic, *headers):
    """A log with small numbers below each header."""
    rows = [[f"S{n}", "P-1", f"2026-01-{n + 1:02} 10:00", 35, "IV", *[n + 1 for _ in headers]] for n in range(4)]
    clinic.table("log", ",".join(("Session", "Client", "Start", "Dose (mg)", "Route", *headers)), *rows).draft()
    return clinic.lines("log").get("number")


@pytest.mark.parametrize(
    "header",
    [
        "Infusion minutes",
        "Infusion duration",
        "Session length",
        "Infusion time",
        "Treatment mg",
        "Visit hours",
        "Infusion_min",
        "Lot No",
    ],
)
def test_what_is_measured_is_no_number_of_the_session(clinic, header):
    assert dose_log(clinic, header) is None


@pytest.mark.parametrize("header", ["Session #", "Visit No", "Infusion number", "Treatment", "Ketamine session", "No"])
def test_the_number_of_the_session_is_found_beside_what_is_measured(clinic, header):
    assert dose_log(clinic, "Infusion minutes", header).strip('"') == header


def test_what_may_be_the_number_of_the_session_is_something_to_do(clinic):
    assert dose_log(clinic, "Infusion arm") == "TODO"
    assert "number: TODO  # Infusion arm? If it does not count the sessions of a patient, delete this line" in clinic.text("log")


@pytest.mark.parametrize(
    ("item", "count", "total", "path"),
    [
        ("PCL-5 Item", 20, "PCL-5 Score", "pcl5"),
        ("PHQ-9 Question", 9, "PHQ-9 Score", "phq9"),
        ("CADSS item", 23, "CADSS score", "cadss"),
        ("MADRS Item", 10, "Score", "madrs"),
        ("GAD-7 Item", 7, "GAD7 Score", "gad7"),
    ],
)
def test_a_wide_scale_whose_total_is_called_score_is_no_long_one(clinic, item, count, total, path):
    header = ",".join(["Form", "Client", "Completed", *[f"{item} {n}" for n in range(1, count + 1)], total])
    clinic.table("answers", header, *[[f"F{n}", "P-1", day(n), *[n % 4] * count, n % 4 * count] for n in range(8)]).draft()
    lines = clinic.lines("answers")
    answers = {at: rule for at, rule in lines.items() if at.startswith("answers")}
    assert list(answers) == [f"answers[{path}-{n}].value" for n in range(1, count + 1)]
    assert all(f"{item} {n}" in rule for n, rule in enumerate(answers.values(), 1))
    assert lines["total"] == f'{{from: {total}, unit: "{{score}}"}}'


def test_a_wide_scale_that_lacks_items_is_no_long_one_and_its_items_are_something_to_do(clinic):
    header = ",".join(["Form", "Client", "Completed", *[f"PCL-5 Item {n}" for n in range(1, 16)], "PCL-5 Score"])
    clinic.table("answers", header, *[[f"F{n}", "P-1", day(n), *[n % 4] * 15, n] for n in range(8)]).draft()
    lines = clinic.lines("answers")
    assert lines["instrument"] == "= pcl-5"
    assert lines["total"] == '{from: PCL-5 Score, unit: "{score}"}'
    assert {at: rule for at, rule in lines.items() if at.startswith("answers")} == {"answers[pcl5-1].value": "TODO"}
    assert "# PCL-5 Item 1 ... PCL-5 Item 15 are 15 columns, pcl-5 has 20 items: a line for each" in clinic.text("answers")


def test_numbered_questions_of_no_scale_are_no_long_one(clinic):
    rows = [[f"F{n}", "P-1", day(n), n % 4, n % 3, n % 7] for n in range(8)]
    clinic.table("feelings", "Form,Client,Completed,Question 1,Question 2,Score", *rows).draft()
    assert clinic.head("feelings")[0] == "concept: TODO"


def test_a_long_scale_stays_a_long_one(clinic):
    rows = [[n // 9, "P-1", day(n // 9), f"PHQ-9 Item {n % 9 + 1}", n % 4] for n in range(72)]
    clinic.table("phq9", "Form,Client,Completed,Question,Score", *rows).draft()
    assert clinic.lines("phq9")["answers[*].question"] == "{from: Question, codes: phq-9-item}"


OFFICIAL = (
    "SSN",
    "Client SSN",
    "Social Security Number",
    "Social_Security_No",
    "SIN",
    "Patient SIN",
    "Social Insurance Number",
    "NHS Number",
    "National ID",
    "National Insurance No",
    "Tax ID",
    "Passport #",
    "Driver's License",
    "Medicare ID",
)


@pytest.mark.parametrize("header", OFFICIAL)
def test_a_number_of_the_state_is_no_key_of_a_patient(clinic, header):
    rows = [[f"123-45-678{n}", ("Ann", "Bea", "Cem")[n], ("Lee", "Moe", "Nix")[n], f"1/2{n}/1980", "F"] for n in range(3)]
    clinic.table("clients", f"{header},First Name,Last Name,DOB,Sex", *rows)
    clinic.table("phq9", f"{header},Date,PHQ-9 Score", *([row[0], "2026-01-05", "7"] for row in rows)).draft()
    lines = clinic.lines("clients")
    assert (lines["key"], lines["family"], lines["given"]) == ("TODO", "Last Name", '{from: First Name, split: " "}')
    assert f"a number of the clinic's own, no {header}: ids are made of the key" in clinic.text("clients")
    assert "each once: a number of the state, so no line reads it" in clinic.text("clients")
    assert not [rule for name in ("clients", "phq9") for rule in clinic.lines(name).values() if header in rule]
    assert clinic.lines("phq9")["patient"] == "TODO"


def test_a_key_of_the_clinics_own_is_taken_beside_it(clinic):
    header = "Social Security Number,Client ID,Last Name,DOB,Sex"
    clinic.table("clients", header, *([f"123-45-678{n}", f"C-{n}", "Lee", "1/31/1980", "F"] for n in range(3))).draft()
    assert clinic.lines("clients")["key"] == "Client ID"
    assert not [rule for rule in clinic.lines("clients").values() if "Social" in rule]


@pytest.mark.parametrize(
    "header", ["Since", "Session", "Casino visits", "Dysphoria", "Using", "Nin-jitsu", "Physician", "Sinus rhythm"]
)
def test_what_only_looks_like_a_number_of_the_state(header):
    assert not is_official(words_of(header))


def test_no_name_is_the_key_of_a_patient(clinic):
    header = "First Name,Last Name,DOB,Sex"
    clinic.table(
        "clients", header, *([("Ann", "Bea", "Cem")[n], ("Lee", "Moe", "Nix")[n], "1/31/1980", "F"] for n in range(3))
    ).draft()
    assert clinic.lines("clients")["key"] == "TODO"

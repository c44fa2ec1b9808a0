"""`kapfhir cohort`."""

import csv


def test_it_writes_an_export_that_map_reads_at_once(run):
    made = run("cohort", "-o", "clinic", "--patients", "3", "--seed", "7")
    assert made.exit_code == 0
    assert made.stdout == "clinic\n"
    assert "all synthetic" in made.stderr
    mapped = run("map", "clinic", "-o", "out")
    assert mapped.exit_code == 0
    assert "0 records rejected" in mapped.stderr


def test_it_tells_its_tables_as_lines(run_json):
    code, lines = run_json("cohort", "-o", "clinic", "--patients", "2")
    tables = {line["path"].rpartition("/")[2]: line["count"] for line in lines if line["type"] == "file"}
    assert code == 0
    assert tables["clients.csv"] == 2
    assert tables["cadss.csv"] % 23 == 0


def test_dirty_writes_what_it_planted(run):
    assert run("cohort", "-o", "clinic", "--patients", "5", "--dirty", "0.1").exit_code == 0
    with open("clinic/planted.csv", newline="") as file:
        assert next(csv.reader(file)) == ["table", "row", "column", "fault", "code"]
    assert run("map", "clinic", "-o", "out").exit_code == 5


def test_what_can_not_be_is_refused(run):
    assert run("cohort", "-o", "clinic", "--patients", "0").exit_code == 2
    assert run("cohort", "-o", "clinic", "--patients", "1", "--dirty", "2").exit_code == 2
    assert run("cohort", "-o", ".", "--patients", "1").exit_code == 0
    with open("other.txt", "w"):
        pass
    refused = run("cohort", "-o", ".", "--patients", "1")
    assert refused.exit_code == 3
    assert "did not write" in refused.stderr


def test_a_cohort_keeps_its_own_clinic_beside_a_real_configuration(run, tmp_path):
    run("cohort", "-o", "clinic", "--patients", "1")
    with open("kapfhir.toml", "w") as file:
        file.write('source = "mine"\n[clinic]\nsystem = "https://real.example"\nzone = "UTC"\n')
        file.write('namespace = "3d6f0a52-6f1d-4c7e-9a41-2f7d0b8c1e64"\n')
    assert run("map", "clinic", "-o", "out").exit_code == 0
    with open("out/Patient.ndjson") as file:
        assert "HTEST" in file.read()

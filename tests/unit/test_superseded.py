"""A dose that went out, and whose pair or patient the clinic confirmed otherwise since: two on the server, and never in silence."""

import json

import kapfhir
import pytest
from own_clinic import CONFIG, DOSE, STAFF, WHO

from kapfhir.config import Server, load_settings
from kapfhir.sync.action import Sign

LOG = "concept: DosingSession\ntable: log\nscope: delta\nfields:\n  key: {from: [Client, Day], people: patient}\n"
LOG += "  patient: {from: Client, people: patient}\n" + DOSE
CHART = "concept: DosingSession\ntable: chart\nprecedence: [chart, log]\nfields:\n  key: Session\n  patient: Id\n" + DOSE
SITE = "concept: Clinic\ntable: who\nfields:\n  key: = main\n  name: = Own Clinic\n"
TABLES = {
    "log": "Client,Day,Dose\nAda,2026-01-05,80\nada,2026-01-12,85\n",
    "chart": "Session,Id,Day,Dose\nS-9,P-9,2026-03-01,70\n",
    "who": "Id,Last\nP-1,One\nP-2,Two\nP-9,Nine\n",
}
NAMES = "kind,table,name,candidates,key\npatient,log,Ada,,P-1\npatient,log,ada,,P-1\n"
PAIRS = "table,key,other_table,other_key,confirmed\n"


class Clinic:
    def __init__(self, folder, url):
        self.folder, self.url = folder, url
        maps = folder / "mappings/sources/own"
        maps.mkdir(parents=True)
        (folder / "export").mkdir()
        for name, text in {"log": LOG, "chart": CHART, "who": WHO, "staff": STAFF, "site": SITE}.items():
            (maps / f"{name}.yaml").write_text(text, encoding="utf-8")
        for name, text in TABLES.items():
            self.table(name, text)
        self.write("kapfhir.toml", CONFIG)
        self.write("people.csv", NAMES)

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")

    def table(self, name, text):
        self.write(f"export/{name}.csv", text)

    def sync(self, *, apply=True):
        """What was written, gone, and told as superseded (table and row)."""
        settings = load_settings(self.folder / "kapfhir.toml", env={})
        with kapfhir.plan(self.folder / "export", Server(self.url, self.url), settings, ledger=self.folder / "l.sqlite") as plan:
            told = sorted({(p.file, p.line) for p in plan.problems() if p.code == "superseded-on-server"})
            assert plan.left == plan.counts[Sign.GONE], "nothing else is gone"
            written = kapfhir.apply(plan).written if apply else 0
            return written, plan.left, told


@pytest.fixture
def clinic(tmp_path, kapfhir_sandbox):
    made = Clinic(tmp_path, kapfhir_sandbox.url)
    assert made.sync()[1:] == (0, [])
    return made


def doses(sandbox):
    return sorted(
        (d["subject"]["identifier"]["value"], d["effectiveDateTime"]) for d in sandbox.resources("MedicationAdministration")
    )


def test_a_corrected_key_is_told_until_the_old_dose_is_gone(clinic, kapfhir_sandbox):
    """The log is a table of changes: nothing else would say that the old key is gone."""
    clinic.write("people.csv", NAMES.replace("ada,,P-1", "ada,,P-2"))
    planned = clinic.sync(apply=False)
    assert planned[1:] == (3, [("log", 3)])
    assert clinic.sync()[1:] == planned[1:]
    assert doses(kapfhir_sandbox).count(("P-1", "2026-01-12")) == doses(kapfhir_sandbox).count(("P-2", "2026-01-12")) == 1
    assert clinic.sync()[1:] == planned[1:], "it is not quiet the next time"
    import requests

    old = [r for r in kapfhir_sandbox.resources() if "P-1/2026-01-12" in json.dumps(r.get("identifier"))]
    for kind in ("MedicationAdministration", "Procedure", "Encounter"):
        for resource in old:
            if resource["resourceType"] == kind:
                assert requests.delete(f"{clinic.url}/{kind}/{resource['id']}", timeout=10).ok
    assert clinic.sync() == (0, 0, [])


def test_a_key_that_was_corrected_twice(clinic):
    for key in ("P-2", "P-9"):
        clinic.write("people.csv", NAMES.replace("ada,,P-1", f"ada,,{key}"))
        clinic.sync()
    assert clinic.sync(apply=False)[1:] == (6, [("log", 3)])
    clinic.write("people.csv", NAMES)
    assert clinic.sync(apply=False)[1:] == (6, [("log", 3)]), "back at the first, two others are wrong"


@pytest.mark.parametrize("line", ["patient,log,ada,P-1,\n", ""], ids=["its key is empty", "its line is gone"])
def test_an_answer_that_was_taken_back(clinic, kapfhir_sandbox, line):
    """Its rows wait, and nothing says that the old dose is gone: it stands under a patient whom nobody confirms."""
    clinic.write("people.csv", NAMES.replace("patient,log,ada,,P-1\n", line))
    assert clinic.sync(apply=False) == (0, 3, [("log", 3)])
    assert clinic.sync() == (0, 3, [("log", 3)])
    assert clinic.sync() == (0, 3, [("log", 3)]), "it is not quiet the next time"
    clinic.write("people.csv", NAMES)
    assert clinic.sync() == (0, 0, []), "given again: all is as it was"
    assert doses(kapfhir_sandbox).count(("P-1", "2026-01-12")) == 1


def test_all_answers_are_taken_back(clinic):
    (clinic.folder / "people.csv").unlink()
    assert clinic.sync(apply=False) == (0, 6, [("log", 2), ("log", 3)])


def test_an_answer_taken_back_leaves_alone_what_another_name_says(clinic):
    clinic.table("log", TABLES["log"].replace("ada,2026-01-12", "ada,2026-01-05").replace(",85", ",80"))
    clinic.write("people.csv", NAMES.replace("ada,,P-1", "ada,,"))
    assert clinic.sync(apply=False)[1:] == (0, [])


def test_two_names_that_were_taken_for_each_other(clinic):
    clinic.table("log", TABLES["log"] + "Bo,2026-01-05,60\n")
    clinic.write("people.csv", NAMES + "patient,log,Bo,,P-2\n")
    clinic.sync()
    clinic.write("people.csv", NAMES.replace("Ada,,P-1", "Ada,,P-2") + "patient,log,Bo,,P-1\n")
    assert clinic.sync()[1:] == (0, []), "both keys are still there, each with the other's dose: that is an update"


def test_a_confirmed_pair(clinic, kapfhir_sandbox):
    clinic.table("chart", TABLES["chart"] + "S-1,P-1,2026-01-05,80\n")
    clinic.write("pairs.csv", PAIRS + "chart,S-1,log,P-1/2026-01-05,yes\n")
    assert clinic.sync()[1:] == (3, [("log", 0)])
    assert doses(kapfhir_sandbox).count(("P-1", "2026-01-05")) == 2
    assert clinic.sync()[1:] == (3, [("log", 0)])


def test_no_name_stands_in_the_ledger(clinic):
    assert (clinic.folder / "l.sqlite").is_file()
    for file in clinic.folder.glob("l.sqlite*"):
        assert b"Ada" not in file.read_bytes()

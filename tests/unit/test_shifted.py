"""Scores that went out before their table was seen to count from 1: they are wrong on the server, and never in silence."""

import kapfhir
import pytest
from own_clinic import CONFIG, DOSE, STAFF, WHO
import requests

from kapfhir.config import Server, load_settings
from kapfhir.sync.action import Sign
from kapfhir.sync.ledger import Ledger

FORMS = "concept: OutcomeAssessment\ntable: forms\nscope: {}\nfields:\n  key: Form\n  patient: Id\n  instrument: = pcl-5\n"
FORMS += "  assessed: Day\n" + "".join(f"  answers[pcl5-{n}].value: {{{{from: P{n}{{0}}}}}}\n" for n in range(1, 21))
ANSWERS = ",".join(f"P{n}" for n in range(1, 21))
FIRST = ["F-1,P-1,2026-01-05," + ",".join("12341234123412341234"), "F-2,P-1,2026-02-05," + ",".join("11112222111122221111")]
SAID = "local,code\n1,0\n2,1\n3,2\n4,3\n5,4\n"
OVER = "F-9,P-1,2026-03-05," + ",".join("51112222111122221111")


LATER = "F-3,P-1,2026-04-05," + ",".join("11112222111122221111")
SENT = [("OutcomeAssessment", "F-1"), ("OutcomeAssessment", "F-2")]
SITE = "concept: Clinic\ntable: who\nfields:\n  key: = main\n  name: = Own Clinic\n"


class Clinic:
    def __init__(self, folder, url):
        self.folder, self.url = folder, url
        self.maps = folder / "mappings/sources/own"
        (self.maps / "codes").mkdir(parents=True)
        (folder / "export").mkdir()
        (self.maps / "who.yaml").write_text(WHO, encoding="utf-8")
        (folder / "kapfhir.toml").write_text(CONFIG, encoding="utf-8")
        (folder / "export/who.csv").write_text("Id,Last\nP-1,One\n", encoding="utf-8")
        self.map()

    def map(self, codes="", scope="delta", table="forms"):
        head, _, lines = FORMS.replace("table: forms", f"table: {table}").partition("  answers")
        text = head.format(scope) + ("  answers" + lines).format(codes)
        (self.maps / f"{table}.yaml").write_text(text, encoding="utf-8")

    def code_table(self, scope="delta"):
        self.map(", codes: said", scope)
        (self.maps / "codes/said.csv").write_text(SAID, encoding="utf-8")

    def forms(self, rows, table="forms"):
        text = "\n".join([f"Form,Id,Day,{ANSWERS}", *rows, ""])
        (self.folder / f"export/{table}.csv").write_text(text, encoding="utf-8")

    def plan(self):
        settings = load_settings(self.folder / "kapfhir.toml", env={})
        return kapfhir.plan(self.folder / "export", Server(self.url, self.url), settings, ledger=self.folder / "l.sqlite")

    def wrong(self, *, apply=True):
        """The records that are told, and the tables that are refused."""
        with self.plan() as plan:
            found = list(plan.problems())
            gone = {(a.concept, a.key) for a in plan.actions() if a.code == "shifted-on-server"}
            if apply:
                kapfhir.apply(plan)
            return sorted(gone), sorted({p.file for p in found if (p.code, p.severity) == ("shifted-coding", "error")})

    def sync(self):
        """What was written, what is left, and the rows that say so."""
        with self.plan() as plan:
            told = sorted({p.line for p in plan.problems() if p.code == "shifted-on-server"})
            assert plan.left == plan.counts[Sign.GONE], "nothing else is gone"
            assert plan.differs is bool(plan.left or plan.to_send)
            return kapfhir.apply(plan).written, plan.left, told


@pytest.fixture
def clinic(tmp_path, kapfhir_sandbox):
    made = Clinic(tmp_path, kapfhir_sandbox.url)
    made.forms(FIRST)
    assert made.sync()[1:] == (0, [])
    return made


def scores(sandbox):
    return [r for r in sandbox.resources() if r["resourceType"] in ("QuestionnaireResponse", "Observation")]


def test_wrong_scores_are_told_until_they_are_gone(clinic, kapfhir_sandbox):
    wrong = scores(kapfhir_sandbox)
    clinic.forms([*FIRST, OVER])
    for _ in range(2):
        assert clinic.sync() == (0, len(wrong), [2, 3])
    assert len(scores(kapfhir_sandbox)) == len(wrong), "nothing is taken away"
    for resource in sorted(wrong, key=lambda r: r["resourceType"]):
        assert requests.delete(f"{clinic.url}/{resource['resourceType']}/{resource['id']}", timeout=10).ok
    assert clinic.sync() == (0, 0, [])


def test_a_code_table_corrects_them(clinic):
    clinic.forms([*FIRST, OVER])
    assert clinic.sync()[1:] != (0, [])
    clinic.code_table()
    written, *left = clinic.sync()
    assert (written > 0, left) == (True, [0, []])


# a table that was refused stays refused


@pytest.mark.parametrize("scope", ["full", "delta"])
def test_a_smaller_export_of_a_refused_table_does_not_go_out(clinic, scope):
    clinic.map(scope=scope)
    clinic.forms([*FIRST, OVER])
    assert clinic.wrong() == (SENT, ["forms"])
    clinic.forms(FIRST)  # byte for byte the first export, in which nothing shows what the numbers mean
    for _ in range(2):
        assert clinic.wrong() == (SENT, ["forms"])
    clinic.forms([LATER])
    with clinic.plan() as plan:
        assert plan.to_send == 0
    clinic.code_table(scope)
    clinic.forms([*FIRST, LATER])
    assert clinic.wrong() == ([], [])
    clinic.map(scope=scope)
    assert clinic.wrong() == ([], []), "the judgement was taken back"


def test_a_plan_and_a_new_ledger_know_of_nothing(clinic):
    clinic.forms([*FIRST, OVER])
    assert clinic.wrong(apply=False) == (SENT, ["forms"])
    clinic.forms(FIRST)
    assert clinic.wrong(apply=False) == ([], []), "a plan writes nothing"
    clinic.forms([OVER])
    clinic.wrong()
    clinic.forms([LATER])
    assert clinic.wrong(apply=False)[1] == ["forms"]
    (clinic.folder / "l.sqlite").unlink()
    assert clinic.wrong()[1] == []


def test_the_judgement_is_read_once_for_all_rows(clinic, monkeypatch):
    clinic.forms([OVER])
    clinic.wrong()
    asked = []
    monkeypatch.setattr(Ledger, "note", lambda self, name, note=Ledger.note: asked.append(name) or note(self, name))
    counts = []
    for rows in ([LATER], [LATER.replace("F-3", f"F-{n}") for n in range(10, 60)]):
        clinic.forms(rows)
        clinic.wrong(apply=False)
        counts.append(asked.count("shifted"))
        asked.clear()
    assert counts == [2, 2], "for the reading, and to see whether the export is what it was"


# what earlier exports of new rows had


def test_scores_of_earlier_exports_are_told_until_their_rows_come_again(clinic):
    clinic.forms([OVER])
    for _ in range(2):
        assert clinic.wrong() == (SENT, ["forms"])
    with clinic.plan() as plan:
        assert {(p.file, p.line, p.code) for p in plan.problems() if p.code.endswith("-on-server")} == {
            ("forms", 0, "shifted-on-server")
        }
    clinic.code_table()
    assert clinic.wrong() == (SENT, []), "a code table corrects the rows of this export alone"
    clinic.forms(FIRST[:1])
    assert clinic.wrong() == (SENT[1:], [])
    clinic.forms(FIRST[1:])
    assert clinic.wrong() == ([], [])


def test_they_are_told_until_the_server_has_them_no_more(clinic, kapfhir_sandbox):
    wrong = scores(kapfhir_sandbox)
    clinic.forms([OVER])
    assert clinic.sync() == (0, len(wrong), [0])
    for resource in sorted(wrong, key=lambda r: r["resourceType"]):
        assert requests.delete(f"{clinic.url}/{resource['resourceType']}/{resource['id']}", timeout=10).ok
    assert clinic.sync() == (0, 0, [])


def test_of_a_full_table_they_are_told_once(clinic):
    clinic.map(scope="full")
    clinic.forms([OVER])
    assert clinic.wrong() == (SENT, ["forms"])
    assert clinic.sync()[2] == [0]


def test_those_of_another_table_are_not(clinic):
    clinic.map(table="others")
    clinic.forms(["O-1,P-1,2026-01-06," + ",".join("01012222111122221111")], table="others")
    clinic.wrong()
    clinic.forms([OVER])
    assert clinic.wrong() == (SENT, ["forms"])


def test_which_ones_of_a_table_of_several_scales_can_not_be_known(clinic):
    """The key of a record does not say its scale: nothing is called wrong that may be right, and it is told."""
    file = clinic.maps / "forms.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("= pcl-5", "Scale"), encoding="utf-8")

    def forms(rows):
        clinic.forms([row.replace(",20", ",pcl-5,20", 1) for row in rows])
        table = clinic.folder / "export/forms.csv"
        table.write_text(table.read_text(encoding="utf-8").replace("Id,Day", "Id,Scale,Day", 1), encoding="utf-8")

    forms([OVER])
    with clinic.plan() as plan:
        told = [p for p in plan.problems() if p.code.endswith("-on-server")]
        assert [(p.file, p.line, p.code, p.severity) for p in told] == [("forms", 0, "perhaps-shifted-on-server", "warning")]
        assert plan.left == 0
    forms([FIRST[0], OVER])
    assert clinic.wrong() == (SENT[:1], ["forms"]), "where its row is there, it is known"


# outcomes

LOG = "concept: DosingSession\ntable: log\nscope: delta\nfields:\n  key: Session\n  patient: Id\n" + DOSE
OUTCOME = ("DerivedOutcome", "F-2")


def dosed(clinic):
    """A dose between the two forms, and a clean table of the same scale beside them."""
    for name, text in {"log": LOG, "staff": STAFF, "site": SITE}.items():
        (clinic.maps / f"{name}.yaml").write_text(text, encoding="utf-8")
    (clinic.folder / "export/log.csv").write_text("Session,Id,Day,Dose\nS-1,P-1,2026-01-20,70\n", encoding="utf-8")
    clinic.map(table="clean")
    return clinic


def clean(clinic, *rows):
    """Rows that count from 0: key and day."""
    clinic.forms([f"{key},P-1,{day}," + ",".join("01012222111122221111") for key, day in rows], table="clean")


def test_an_outcome_of_wrong_scores_is_told_and_one_of_right_scores_is_not(clinic):
    clean(dosed(clinic), ("C-1", "2026-01-10"), ("C-2", "2026-02-10"))
    assert clinic.wrong() == ([], [])
    clinic.forms([*FIRST, OVER])
    clean(clinic, ("C-1", "2026-13-10"), ("C-2", "2026-02-10"))  # its outcome can't be made, for another reason
    assert clinic.wrong() == ([OUTCOME, *SENT], ["forms"])


def test_so_is_one_that_compares_right_scores_with_wrong_ones(clinic):
    clean(dosed(clinic), ("C-2", "2026-02-10"))
    assert clinic.wrong() == ([], [])
    clinic.forms([*FIRST, OVER])
    assert clinic.wrong() == ([("DerivedOutcome", "C-2"), OUTCOME, *SENT], ["forms"])


def test_outcomes_of_earlier_exports_are_told_too(clinic):
    clean(dosed(clinic), ("C-1", "2026-01-10"), ("C-2", "2026-02-10"))
    assert clinic.wrong() == ([], [])
    clinic.forms([OVER])
    clean(clinic)
    for _ in range(3):  # the last ones find the export as it was
        assert clinic.wrong() == ([OUTCOME, *SENT], ["forms"])

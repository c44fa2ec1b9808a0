"""Scores that went out before their table was seen to count from 1: they are wrong on the server, and never in silence."""

import kapfhir
import pytest
from own_clinic import CONFIG
import requests

from kapfhir.config import Server, load_settings
from kapfhir.sync.action import Sign

WHO = "concept: Patient\ntable: who\nfields:\n  key: Id\n  family: Last\n"
FORMS = "concept: OutcomeAssessment\ntable: forms\nscope: {}\nfields:\n  key: Form\n  patient: Id\n  instrument: = pcl-5\n"
FORMS += "  assessed: Day\n" + "".join(f"  answers[pcl5-{n}].value: {{{{from: P{n}{{0}}}}}}\n" for n in range(1, 21))
ANSWERS = ",".join(f"P{n}" for n in range(1, 21))
FIRST = ["F-1,P-1,2026-01-05," + ",".join("12341234123412341234"), "F-2,P-1,2026-02-05," + ",".join("11112222111122221111")]
OVER = "F-9,P-1,2026-03-05," + ",".join("51112222111122221111")


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

    def map(self, codes="", scope="delta"):
        head, _, lines = FORMS.partition("  answers")
        text = head.format(scope) + ("  answers" + lines).format(codes)
        (self.maps / "forms.yaml").write_text(text, encoding="utf-8")

    def forms(self, rows):
        text = "\n".join([f"Form,Id,Day,{ANSWERS}", *rows, ""])
        (self.folder / "export/forms.csv").write_text(text, encoding="utf-8")

    def sync(self):
        """What was written, what is left, and the rows that say so."""
        settings = load_settings(self.folder / "kapfhir.toml", env={})
        with kapfhir.plan(self.folder / "export", Server(self.url, self.url), settings, ledger=self.folder / "l.sqlite") as plan:
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
    clinic.map(codes=", codes: said")
    (clinic.maps / "codes/said.csv").write_text("local,code\n1,0\n2,1\n3,2\n4,3\n5,4\n", encoding="utf-8")
    written, *left = clinic.sync()
    assert (written > 0, left) == (True, [0, []])

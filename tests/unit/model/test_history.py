"""What was taken, tried and not tolerated before treatment."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from kapfhir.model.before import Allergen, DrugClass, MedicationPurpose, MedicationStatus, Treatment, TrialOutcome
from kapfhir.model.history import Allergy, KetamineUse, MedicationHistory, Reaction, TreatmentHistory, Trial
from kapfhir.model.values import Amount, Event, ImpossibleError, Key, Ref

DRUG = MedicationHistory(
    Key("M-1"), Ref("P-1"), MedicationPurpose("current"), MedicationStatus("active"), drug_class=DrugClass("ssri")
)
ALLERGY = Allergy(Key("A-1"), Ref("P-1"), Allergen("none-known"))


def code_of(act):
    with pytest.raises(ImpossibleError) as refused:
        act()
    return refused.value.code


def codes(record):
    return [d.code for d in record.doubts()]


def test_each_has_a_code_or_a_text():
    assert code_of(lambda: replace(DRUG, drug_class=None)) == "missing-drug"
    assert replace(DRUG, drug_class=None, label="St John's wort").label
    assert code_of(lambda: TreatmentHistory(Key("T-1"), Ref("P-1"))) == "missing-treatment"
    assert code_of(lambda: replace(ALLERGY, substance=None)) == "missing-substance"
    assert code_of(Reaction) == "missing-reaction"


def test_parts_say_something_even_no_and_none():
    assert code_of(Trial) == code_of(KetamineUse) == "empty-part"
    assert Trial(adequate_dose=False).adequate_dose is False
    assert KetamineUse(lifetime_uses=0).lifetime_uses == 0
    assert code_of(lambda: KetamineUse(lifetime_uses=-1)) == "out-of-range"
    assert Trial(length=Amount(Decimal("6"), "wk")).outcome is None


@pytest.mark.parametrize("record", [DRUG, TreatmentHistory(Key("T-1"), Ref("P-1"), Treatment("ect"))], ids=["drug", "treatment"])
def test_nothing_ends_before_it_starts(record):
    day = date(2026, 1, 5)
    assert replace(record, started=day, ended=day).ended == day
    assert code_of(lambda: replace(record, started=day, ended=date(2026, 1, 4))) == "ends-before-it-starts"


def test_an_earlier_trial_of_which_nothing_is_said_is_told():
    tried = replace(DRUG, purpose=MedicationPurpose("prior-trial"), status=MedicationStatus("stopped"))
    assert codes(tried) == ["trial-without-outcome"]
    assert codes(replace(tried, trial=Trial(TrialOutcome("none")))) == []


def test_what_is_taken_now_has_not_ended():
    assert codes(DRUG) == []
    assert codes(replace(DRUG, status=MedicationStatus("stopped"))) == ["taken-yet-ended"]


def test_a_reaction_where_no_allergy_is_known_is_odd():
    assert codes(ALLERGY) == []
    reaction = (Reaction(Event("nausea")),)
    assert codes(replace(ALLERGY, reactions=reaction)) == ["reaction-without-allergy"]
    assert codes(replace(ALLERGY, substance=Allergen("ketamine"), reactions=reaction)) == []

"""Consents: FHIR's words for their status and scope, who signed, and what is odd about them."""

from dataclasses import replace
from datetime import date

import pytest

from kapfhir.mapping.codes import Codes
from kapfhir.mapping.folder import MapFolder
from kapfhir.model.before import ConsentItem, ConsentStatus, ConsentType, SignerRelation
from kapfhir.model.consent import SCOPES, STATES, Consent
from kapfhir.model.values import ImpossibleError, Key, Ref

DAY = date(2026, 1, 5)
CONSENT = Consent(Key("C-1"), Ref("P-1"), ConsentType("ketamine-off-label"), ConsentStatus("signed"), DAY)


def code_of(**changes):
    with pytest.raises(ImpossibleError) as refused:
        replace(CONSENT, **changes)
    return refused.value.code


def codes(**changes):
    return [d.code for d in replace(CONSENT, **changes).doubts()]


def test_every_status_has_a_word_of_fhir_and_every_scope_is_of_a_type():
    tables = Codes(MapFolder.over())
    assert set(STATES) == set(tables.own(ConsentStatus))
    assert set(SCOPES) < set(tables.own(ConsentType))


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("proposed", "proposed"),
        ("signed", "active"),
        ("declined", "rejected"),
        ("withdrawn", "inactive"),
        ("expired", "inactive"),
    ],
)
def test_the_status_in_the_words_of_fhir(status, state):
    assert replace(CONSENT, status=ConsentStatus(status)).state == state


@pytest.mark.parametrize(
    ("kind", "scope"), [("ketamine-off-label", "treatment"), ("research", "research"), ("release-of-information", "privacy")]
)
def test_the_scope_follows_from_the_type(kind, scope):
    assert replace(CONSENT, type=ConsentType(kind)).scope == scope


def test_the_patient_signed_unless_somebody_else_did():
    assert CONSENT.by_patient == "P-1"
    assert replace(CONSENT, relation=SignerRelation("guardian")).by_patient is None
    assert replace(CONSENT, signer="Ada Test").represented is True
    assert replace(CONSENT, signed=None, status=ConsentStatus("proposed")).by_patient is None


def test_what_can_not_be_is_refused():
    assert code_of(valid_from=DAY, valid_until=date(2026, 1, 4)) == "ends-before-it-starts"
    assert code_of(acknowledged=(ConsentItem("fasting"), ConsentItem("fasting"))) == "item-twice"


def test_what_is_odd_is_told():
    assert codes() == []
    assert codes(signed=None) == ["signed-without-date"]
    assert codes(status=ConsentStatus("proposed")) == ["signed-yet-proposed"]
    assert codes(status=ConsentStatus("proposed"), signed=None) == []

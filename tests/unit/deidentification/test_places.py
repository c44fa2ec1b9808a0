import pytest

from kapfhir.deidentification.places import coarsen_address
from kapfhir.deidentification.table import small_zips, states

WHOLE = {
    "use": "home",
    "type": "both",
    "text": "1 Nowhere Lane, 90001 Los Angeles",
    "line": ["1 Nowhere Lane"],
    "city": "Los Angeles",
    "district": "Los Angeles County",
    "state": "CA",
    "postalCode": "90001",
    "country": "US",
    "period": {"start": "2020-01-01"},
}
STATE = {"use": "home", "type": "both", "state": "CA", "country": "US"}


def test_a_patient_keeps_state_and_three_digits():
    out, done = coarsen_address(WHOLE, zips=True)
    assert out == STATE | {"postalCode": "900"}
    assert {name for name, what in done.items() if what == "dropped"} == {"text", "line", "city", "district", "period"}
    assert done["postalCode"] == "zip-3"


def test_nobody_else_keeps_a_zip():
    assert coarsen_address(WHOLE, zips=False)[0] == STATE


@pytest.mark.parametrize("zip3", sorted(small_zips()))
def test_where_few_people_live_it_is_000(zip3):
    assert coarsen_address({"postalCode": f"{zip3}12-3456"}, zips=True) == ({"postalCode": "000"}, {"postalCode": "zip-000"})


def test_the_seventeen_of_the_guidance_are_there():
    told = "036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893"
    assert small_zips() >= set(told.split())


@pytest.mark.parametrize("zip_code", ["9000", "ABCDE", "900011", "90001-", "90001 Quokka", 90001, None, ["90001"]])
def test_what_is_no_zip_is_dropped(zip_code):
    assert coarsen_address({"state": "CA", "postalCode": zip_code}, zips=True)[0] == {"state": "CA"}


@pytest.mark.parametrize("country", ["DE", "Quokka", 7])
def test_the_rule_is_for_american_codes(country):
    assert "postalCode" not in (coarsen_address({"postalCode": "90001", "country": country}, zips=True)[0] or {})


@pytest.mark.parametrize("address", [{"state": "Quokka"}, {"country": "Quokka"}, {"use": "home"}, {"Quokka": "CA"}, {}])
def test_what_is_no_state_and_no_country_is_dropped(address):
    assert coarsen_address(address, zips=True)[0] is None


def test_states_by_code_and_name():
    assert {"CA", "California", "District of Columbia", "PR"} <= states()
    assert len(states()) == 2 * 56

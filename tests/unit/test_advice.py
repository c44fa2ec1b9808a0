from kapfhir.advice import advice, all_advice


def test_a_code_has_its_advice() -> None:
    assert "codes/" in advice("unmapped-code")


def test_a_rule_of_fhir_needs_no_row() -> None:
    assert "FHIR R4" in advice("con-5")
    assert "UTF-8" in advice("utf-16")


def test_an_unknown_code_has_none() -> None:
    assert advice("no-code-of-ours") == ""


def test_every_row_says_what_it_means_and_what_to_do() -> None:
    short = [a.code for a in all_advice().values() if len(a.meaning) < 10 or len(a.advice) < 7]
    assert short == []

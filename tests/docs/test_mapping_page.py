"""The page of the mapping language knows every word that the language has, and shows none that it has not."""

import pytest
import yaml
from console import ROOT, read_blocks

from kapfhir.mapping.source.grammar import HEAD, RULE
from kapfhir.mapping.source.formats import TOKENS
from kapfhir.mapping.source.parsers import PARSERS

PAGE = ROOT / "docs" / "reference" / "mapping.md"
TEXT = PAGE.read_text("utf-8")


@pytest.fixture(scope="module")
def examples():
    return [yaml.safe_load(block.text) for block in read_blocks(PAGE) if block.language == "yaml"]


def test_the_head_of_a_source_map_shows_every_word(examples):
    assert set(examples[0]) == set(HEAD)


def test_the_example_of_a_resource_map_shows_every_word(examples):
    shown = next(e for e in examples if "resources" in e)
    assert set(shown) == {"concept", "resources"}
    assert set(shown["resources"]["dose"]) == {"resource", "title", "each", "when", "elements", "profiles", "us-core"}


@pytest.mark.parametrize("word", [w for w in RULE if w != "from"])
def test_every_word_of_a_rule_has_a_row(word):
    assert f"| `{word}: " in TEXT


def test_every_token_of_a_format_and_every_parser_is_named():
    parts = [f"`{name}` ({', '.join(f'`.{part}`' for part in parser.units)})" for name, parser in PARSERS.items()]
    assert [word for word in (" ".join(TOKENS), *parts) if word not in TEXT] == []


def test_it_is_one_page():
    assert len(TEXT.splitlines()) <= 130

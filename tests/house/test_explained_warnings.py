"""Every rule that explains a validator's warning is told in the docs, and no other."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_rule_is_told_in_the_docs():
    rules = tomllib.loads((ROOT / "tests/servers/validator/warnings.toml").read_text(encoding="utf-8"))["rule"]
    page = (ROOT / "docs/explanation/validation-servers.md").read_text(encoding="utf-8")
    table = page.partition("How often each was met")[0]
    told = [
        name
        for row in re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|", table, flags=re.MULTILINE)
        for name in row.replace("`", "").split(", ")
    ]
    assert told == [rule["name"] for rule in rules]
    assert all(rule["reason"] and rule["pattern"].startswith("^") for rule in rules)

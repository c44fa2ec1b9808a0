"""What XHTML a narrative may hold."""

import pytest

from kapfhir.fhir.rules.narrative import HEAD, TAIL, find_div_fault

GOOD = [
    "plain text",
    "caf\u00e9 &amp; &lt;b&gt; &#160; &#x27;",
    '<p class="x" style="color: red" id="a">x<br/><b>y</b></p>',
    '<table border="1"><thead><tr><th colspan="2">x</th></tr></thead></table>',
    '<a href="https://x.org/?a=1&amp;b=2" name="n">x</a>',
    '<img src="#p" alt="p"/>',
    '<p xml:lang="de" lang="de">x</p>',
]
BAD = {
    "txt-1": [
        "<script>x</script>",
        '<p onclick="x()">x</p>',
        '<a href="javascript:x()">x</a>',
        "<form><input/></form>",
        "<p>x",
        "a & b",
        "&nbsp;",
        "&reg;",
        "<iframe src='x'>x</iframe>",
        '<p xmlns="http://x.org">x</p>',
        "<?php x ?>",
        "x]]>",
        '<svg xmlns="http://www.w3.org/2000/svg">x</svg>',
    ],
    "txt-2": ["", "  \n", "<p> </p>", "<br/>"],
}


@pytest.mark.parametrize("inner", GOOD)
def test_right_narratives(inner):
    assert find_div_fault(f"{HEAD}{inner}{TAIL}") is None


@pytest.mark.parametrize(("key", "inner"), [(k, i) for k, inners in BAD.items() for i in inners])
def test_wrong_narratives(key, inner):
    assert find_div_fault(f"{HEAD}{inner}{TAIL}").code == key


@pytest.mark.parametrize(
    "div",
    [
        "x",
        "<div>x</div>",
        '<p xmlns="http://www.w3.org/1999/xhtml">x</p>',
        f"{HEAD}x{TAIL}x",
        f"{HEAD}x{TAIL}{HEAD}x{TAIL}",
        f'<!DOCTYPE div [<!ENTITY a "b">]>{HEAD}&a;{TAIL}',
    ],
)
def test_the_root_is_one_div(div):
    assert find_div_fault(div).code == "txt-1"


def test_a_document_type_that_declares_nothing_is_a_warning():
    assert find_div_fault(f"<!DOCTYPE div>{HEAD}x{TAIL}").severity == "warning"
    assert find_div_fault(f"<!DOCTYPE div>{HEAD} {TAIL}").code == "txt-2"
    for harmful in ('<!DOCTYPE div SYSTEM "x">', "<!DOCTYPE div [<!ELEMENT p ANY>]>"):
        assert find_div_fault(f"{harmful}{HEAD}x{TAIL}").severity == "error"


def test_other_prefixes_are_fine():
    assert find_div_fault('<h:div xmlns:h="http://www.w3.org/1999/xhtml"><h:p>x</h:p></h:div>') is None

"""The XHTML of a narrative: one div with content, made of the elements and attributes that R4 allows, and nothing that runs."""

from __future__ import annotations

from typing import Any
from xml.parsers import expat

from .primitives import Fault

NAMESPACE = "http://www.w3.org/1999/xhtml"
HEAD, TAIL = f'<div xmlns="{NAMESPACE}">', "</div>"
_ELEMENTS = """
a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img
kbd li map ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var
"""
_CELLS = "abbr align axis char charoff colspan headers nowrap rowspan scope span valign width"
_IN_TABLES = "caption col colgroup table tbody td tfoot th thead tr"
ELEMENTS, CELLS, IN_TABLES = (frozenset(text.split()) for text in (_ELEMENTS, _CELLS, _IN_TABLES))
ATTRIBUTES = frozenset(["accesskey", "class", "dir", "id", "lang", "style", "tabindex", "title"])
SPECIAL = {
    "a": "charset coords href hreflang name rel rev shape type",
    "area": "alt coords href nohref shape",
    "blockquote": "cite",
    "img": "alt border height ismap longdesc src usemap width",
    "map": "name",
    "ol": "type start",
    "pre": "space",
    "q": "cite",
    "table": "border cellpadding cellspacing frame rules summary width",
}
ALLOWED = {e: ATTRIBUTES | set(SPECIAL.get(e, "").split()) | (CELLS if e in IN_TABLES else set()) for e in ELEMENTS}
LINKS = frozenset(["href", "src", "cite", "longdesc"])


class _Forbidden(Exception):  # noqa: N818 - never leaves this module
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.text)
        self.fault = fault


class _Reader:
    def __init__(self) -> None:
        self.depth = 0
        self.filled = False
        self.typed = False

    def open(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if space != NAMESPACE:
            raise _Forbidden(Fault("txt-1", f"has an element that is not in the namespace {NAMESPACE}"))
        if not self.depth and local != "div":
            raise _Forbidden(Fault("txt-1", "does not have a div as its root"))
        self.depth += 1
        if local not in ELEMENTS:
            raise _Forbidden(
                Fault("txt-1", "has an element that narratives may not have", "no script, form, object or head elements")
            )
        for key, value in attributes.items():
            if key.rpartition(" ")[2] not in ALLOWED[local]:
                raise _Forbidden(Fault("txt-1", f"has an attribute that <{local}> may not have there", "no event attributes"))
            if key in LINKS and value.strip().lower().startswith(("javascript:", "vbscript:", "data:text")):
                raise _Forbidden(Fault("txt-1", "has a link that runs a script"))
        self.filled = self.filled or local == "img"

    def close(self, _name: str) -> None:
        self.depth -= 1

    def text(self, data: str) -> None:
        self.filled = self.filled or not data.isspace()

    def forbid(self, *_: Any) -> None:
        raise _Forbidden(Fault("txt-1", "has an entity, a document type that declares something, or a processing instruction"))

    def doctype(self, _name: str, system: str | None, public: str | None, declares: int) -> None:
        if system or public or declares:
            self.forbid()
        self.typed = True


def find_div_fault(div: str) -> Fault | None:
    """The first thing that is wrong with Narrative.div."""
    inner = div[len(HEAD) : -len(TAIL)]
    if div.startswith(HEAD) and div.endswith(TAIL) and "<" not in inner and "&" not in inner and ">" not in inner:
        return None if inner and not inner.isspace() else Fault("txt-2", "has no content")
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.open
    parser.EndElementHandler = reader.close
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.EntityDeclHandler = parser.ProcessingInstructionHandler = reader.forbid
    try:
        parser.Parse(div.encode(), True)
    except _Forbidden as error:
        return error.fault
    except expat.ExpatError as error:
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]:
            return Fault("txt-1", "has an entity that XML does not know", "write the character itself; &nbsp; is &#160;")
        return Fault("txt-1", "is not well-formed XHTML")
    if not reader.filled:
        return Fault("txt-2", "has no content")
    # HL7's validator passes over it; what it may declare, and so do harm with, is an error above
    return Fault("txt-1", "has a document type, which a fragment has not", "take it out", "warning") if reader.typed else None

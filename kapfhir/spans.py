"""`[window.NAME]` of the configuration: a clinic's own span after a dose, in which integration should fall."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from .model.values import Window
from .model.windows import Span

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def _exact(value: object) -> object:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


Hours = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=8784, allow_inf_nan=False)]


class WindowSettings(BaseModel):
    """From some hours after the dose to some later ones; the later bound belongs to it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: str = Field(min_length=1, description="what it is called where its code is shown")
    to_h: Hours = Field(description="the latest hours after the dose; they belong to it")
    from_h: Hours = Field(default=Decimal(0), description="the earliest hours after the dose")
    from_included: bool = Field(default=False, description="true: the earliest hours belong to it")
    anchor: Literal["start", "end"] = Field(default="start", description="counted from the start of the dose, or from its end")

    @model_validator(mode="after")
    def _in_order(self) -> WindowSettings:
        if self.to_h < self.from_h:
            raise ValueError("the window ends before it starts: to_h is below from_h")
        return self


def check_name(name: str) -> str:
    """The name of a window is its code. ValueError if it can't be one."""
    if not NAME.fullmatch(name):
        raise ValueError("a window is named in small letters, digits and single hyphens: own-12")
    return name


WindowName = Annotated[str, AfterValidator(check_name)]


def spans_of(windows: Mapping[str, WindowSettings]) -> list[Span]:
    """The clinic's own windows as spans."""
    return [Span(Window(name), w.from_h, w.to_h, w.from_included, w.anchor == "end") for name, w in windows.items()]

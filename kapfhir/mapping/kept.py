"""What was made lately, by what it was made of. Emptied when full, so memory stays flat."""

from __future__ import annotations

from typing import Any

MOST = 1024  # of each column; an export may have a thousand columns


class Kept(dict[Any, Any]):
    """Looked up as any dict; what is not there is made by who asked, and kept from then on."""

    def __init__(self, most: int = MOST) -> None:
        super().__init__()
        self.most = most

    def keep(self, key: Any, made: Any) -> Any:
        """What was made; it takes the place of all the others where there are too many."""
        if len(self) >= self.most:
            self.clear()
        self[key] = made
        return made

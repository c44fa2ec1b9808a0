"""Targets before those that point to them; what points round in a circle stays together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .store import Planned


def order(actions: Sequence[Planned]) -> list[list[Planned]]:
    """Groups in the order in which they can be sent: each points only to earlier ones, and within itself (a circle)."""
    here = {action.name: action for action in actions}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    out: list[list[Planned]] = []
    for root in here:  # Tarjan's strongly connected components, without recursion
        if root in index:
            continue
        walk: list[tuple[str, Iterator[str]]] = []

        def enter(name: str, walk: list[tuple[str, Iterator[str]]] = walk) -> None:
            index[name] = low[name] = len(index)
            stack.append(name)
            on_stack.add(name)
            walk.append((name, iter([t for t in here[name].targets if t in here])))

        enter(root)
        while walk:
            name, targets = walk[-1]
            target = next(targets, None)
            if target is not None:
                if target not in index:
                    enter(target)
                elif target in on_stack:
                    low[name] = min(low[name], index[target])
                continue
            walk.pop()
            if walk:
                low[walk[-1][0]] = min(low[walk[-1][0]], low[name])
            if low[name] == index[name]:
                at = stack.index(name)
                circle = stack[at:]
                del stack[at:]
                on_stack.difference_update(circle)
                out.append(sorted((here[n] for n in circle), key=lambda a: a.seq))
    return out

"""Reads the file that the option `explain` writes: which nodes of a model Tandem took, and why not the others."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tandem._options import PathLike

__all__ = ["Explanation", "Group", "Node", "read"]


@dataclass(frozen=True)
class Group:
    """Nodes that run as one in Tandem. Times are seconds."""

    nodes: int
    multiply_adds: int
    seconds: float
    """expected, by the cost model, with the conversions"""
    conversion_seconds: float
    """of `seconds`: to Tandem's layout and back"""
    engine_seconds: float
    """a guess of the time in the engine"""
    runs: int = 0
    measured_seconds: float | None = None
    """the fastest run; None without the option `profile`"""


@dataclass(frozen=True)
class Node:
    """A node of the model as the engine gives it, after its own optimisations."""

    name: str
    operator: str
    group: int
    """index into Explanation.groups; -1: left to the engine"""
    reason: str
    """why it was left to the engine"""
    multiply_adds: int
    seconds: float

    @property
    def claimed(self) -> bool:
        return self.group >= 0


@dataclass(frozen=True)
class Explanation:
    tandem: str
    engine: str
    isa: str
    threads: int
    multiply_adds: int
    claimed_multiply_adds: int
    groups: list[Group]
    nodes: list[Node]

    @property
    def share(self) -> float | None:
        """Tandem's share of the multiply-adds; None if the model has none."""
        return self.claimed_multiply_adds / self.multiply_adds if self.multiply_adds else None

    @property
    def claimed(self) -> int:
        """How many nodes Tandem took."""
        return sum(node.claimed for node in self.nodes)


def _known(kind: Any, members: dict[str, Any]) -> Any:
    """Members of a newer version are left out; a missing one is a TypeError."""
    return kind(**{field.name: members[field.name] for field in fields(kind) if field.name in members})


def read(path: PathLike) -> Explanation:
    """Raises OSError if there is no such file, ValueError if it holds something else.

    >>> import tandem.explain, tandem.onnxruntime
    >>> session = tandem.onnxruntime.session("model.onnx", explain="explained.json")
    >>> explanation = tandem.explain.read("explained.json")
    >>> explanation.engine
    'onnxruntime'
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        members = json.loads(text)
        members["groups"] = [_known(Group, group) for group in members["groups"]]
        members["nodes"] = [_known(Node, node) for node in members["nodes"]]
        return _known(Explanation, members)
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not what the option explain writes as JSON: {error}") from error

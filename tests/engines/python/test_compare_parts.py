"""Parts of tandem-compare by themselves: differences, turns, the file of `explain`, the text."""

from __future__ import annotations

import json
import time
import unittest

import numpy as np

import tandem.explain
from support import InFolder
from tandem.compare.comparison import Comparison, Side, Threads
from tandem.compare.differences import compare_outputs
from tandem.compare.models import Runner
from tandem.compare.report import to_json, to_text
from tandem.compare.rounds import Times, measure
from tandem.explain import Explanation, Group, Node

FLOATS = np.array([[1.0, -2.0, 4.0]], np.float32)


class Differences(unittest.TestCase):
    def one(self, expected: np.ndarray, found: np.ndarray) -> tuple[float, bool | None, bool]:
        (difference,) = compare_outputs(["y"], [expected], [found])
        return difference.largest, difference.same_top, difference.agrees

    def test_of_floats_is_a_share_of_the_largest_value(self) -> None:
        largest, same_top, agrees = self.one(FLOATS, FLOATS + np.float32(1e-3))
        self.assertAlmostEqual(largest, 1e-3 / 4, places=6)
        self.assertEqual((same_top, agrees), (True, False))
        self.assertEqual(self.one(FLOATS, FLOATS.copy()), (0.0, True, True))

    def test_another_top_answer_disagrees_however_close(self) -> None:
        scores = np.array([[1.0, 1.0 + 1e-6]], np.float32)
        self.assertEqual(self.one(scores, scores[:, ::-1])[1:], (False, False))

    def test_shapes_types_integers_and_nan_have_to_be_equal(self) -> None:
        nan = np.array([1.0, np.nan], np.float32)
        integers = np.array([1, 2], np.int64)
        empty = np.zeros((0, 4), np.float32)
        for expected, found, agrees in (
            (FLOATS, FLOATS[:, :2], False),
            (FLOATS, FLOATS.astype(np.float64), False),
            (integers, integers.copy(), True),
            (integers, integers + 1, False),
            (nan, nan.copy(), True),
            (nan, np.array([np.nan, 1.0], np.float32), False),
            (nan, np.array([1.0, np.inf], np.float32), False),
            (np.array([np.inf], np.float32), np.array([-np.inf], np.float32), False),
            (empty, empty.copy(), True),
        ):
            with self.subTest(expected=expected, found=found):
                self.assertEqual(self.one(expected, found)[2], agrees)


class Waiting(Runner):
    def __init__(self, seconds: float, log: list[str], name: str) -> None:
        self.seconds, self.log, self.name = seconds, log, name

    def run(self) -> None:
        time.sleep(self.seconds)
        if not self.log or self.log[-1] != self.name:
            self.log.append(self.name)

    def outputs(self) -> list[np.ndarray]:
        return []


class Turns(unittest.TestCase):
    def test_both_take_turns_and_go_first_in_turns(self) -> None:
        log: list[str] = []
        seen: list[int] = []
        slow, fast = measure(Waiting(0.03, log, "slow"), Waiting(0.01, log, "fast"), 3, seen.append)
        self.assertEqual("".join(name[0] for name in log), "sfsf")  # s f, f s, s f
        self.assertEqual(seen, [0, 1, 2, 3])
        self.assertGreaterEqual(slow.least, 0.03)
        self.assertGreaterEqual(fast.least, 0.01)
        self.assertGreaterEqual(len(fast.runs), 3)


MEMBERS = {
    "tandem": "0.2.0", "engine": "onnxruntime", "isa": "avx2", "threads": 1, "multiply_adds": 100,
    "claimed_multiply_adds": 90, "later": "a member of another version",
    "groups": [{"nodes": 1, "multiply_adds": 90, "seconds": 0.1, "conversion_seconds": 0.0, "engine_seconds": 0.2}],
    "nodes": [
        {"name": "a", "operator": "Conv", "group": 0, "reason": "", "multiply_adds": 90, "seconds": 0.1},
        {"name": "b", "operator": "Conv", "group": -1, "reason": "too small", "multiply_adds": 10, "seconds": 0.0},
    ],
}  # fmt: skip


class Explanations(InFolder):
    def read(self, text: str) -> Explanation:
        file = self.folder / "explained.json"
        file.write_text(text)
        return tandem.explain.read(file)

    def test_members_are_read_and_unknown_ones_left_out(self) -> None:
        explanation = self.read(json.dumps(MEMBERS))
        self.assertEqual((explanation.claimed, explanation.share), (1, 0.9))
        self.assertEqual(explanation.groups, [Group(1, 90, 0.1, 0.0, 0.2)])
        self.assertEqual(explanation.nodes[1], Node("b", "Conv", -1, "too small", 10, 0.0))

    def test_anything_else_is_an_error_with_the_files_name(self) -> None:
        without = {name: value for name, value in MEMBERS.items() if name != "isa"}
        for text in ("", "[]", "{}", json.dumps(without), '{"groups": 3, "nodes": []}'):
            with self.subTest(text=text), self.assertRaisesRegex(ValueError, "explained.json is not what"):
                self.read(text)


def comparison(nodes: list[Node]) -> Comparison:
    explanation = Explanation("0.2.0", "onnxruntime", "avx2", 1, 1000, 900, [Group(1, 900, 0.1, 0.0, 0.2)], nodes)
    row = Threads(2, Side(0.5, Times([0.004, 0.006, 0.005])), Side(0.25, Times([0.002, 0.003, 0.004])), [])
    return Comparison("m.onnx", "ONNX Runtime 1.32.0", {"x": (1, 3)}, explanation, [row])


class Text(unittest.TestCase):
    left = [Node(f"n{i}", "Sin", -1, "unknown operator", 0, 0) for i in range(5)]
    heavy = Node("h", "Conv", -1, "too small", 100, 0)

    def test_times_and_their_ratio(self) -> None:
        text = to_text(comparison([]))
        self.assertRegex(text, r"2  ONNX Runtime +4\.000 +5\.000 +500\.0\n")
        self.assertRegex(text, r"with Tandem +2\.000 +3\.000 +250\.0 +2\.00 ")
        figures = to_json(comparison([]))
        self.assertEqual(figures["threads"][0]["ratio"], 2.0)
        json.dumps(figures)

    def test_declined_nodes_stand_by_kind_the_heaviest_first(self) -> None:
        lines = to_text(comparison([*self.left, self.heavy])).splitlines()
        start = lines.index("Left to the engine: 6 nodes")
        self.assertEqual(
            [line.strip() for line in lines[start + 1 :]],
            [
                "1 Conv, 10.0 % of the multiply-adds: too small",
                "h",
                "5 Sin: unknown operator",
                "n0, n1, n2, and 2 more",
            ],
        )
        self.assertIn("n0, n1, n2, n3, n4", to_text(comparison(self.left), every=True))


if __name__ == "__main__":
    unittest.main()

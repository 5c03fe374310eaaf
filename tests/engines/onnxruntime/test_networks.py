"""The families of networks, with fixed and with open sizes: ONNX Runtime's answers, and the convolutions claimed."""

from __future__ import annotations

import unittest

from networks import NETWORKS
from support import difference, explained, random_feeds, same_bits, session

SIDE = 32
OPEN = ["n", None, "h", "w"]


class Networks(unittest.TestCase):
    pass


def check(test: unittest.TestCase, name: str) -> None:
    build, may_be_open = NETWORKS[name]
    network, outputs = build()
    channels = network.inputs
    fixed = network.model(outputs, [1, channels, SIDE, SIDE])
    report = explained(fixed, least_gain=0)
    left = [f"{n['operator']}: {n['reason']}" for n in report["nodes"] if n["group"] < 0]
    test.assertEqual(report["claimed_multiply_adds"], report["multiply_adds"], left)
    compare(test, fixed, [(1, channels, SIDE, SIDE)])
    if not may_be_open:
        return
    is_open = network.model(outputs, [OPEN[0], channels, *OPEN[2:]])
    report = explained(is_open, least_gain=0)
    test.assertEqual(report["claimed_multiply_adds"], report["multiply_adds"])
    left = {n["operator"] for n in report["nodes"] if n["group"] < 0}
    test.assertFalse(left & {"Conv", "Slice", "Split"}, left)
    compare(test, is_open, [(1, channels, SIDE, SIDE), (3, channels, 48, 32)])


def compare(test: unittest.TestCase, network: bytes, sizes: list[tuple[int, ...]]) -> None:
    alone = session(network, tandem=False)
    own = [session(network, threads, least_gain=0) for threads in (1, 3)]
    for shape in sizes:
        feeds = random_feeds({"x": shape})
        got = [each.run(None, feeds) for each in own]
        test.assertLess(difference(got[0], alone.run(None, feeds)), 1e-4)
        test.assertTrue(same_bits(got[1], got[0]), "bits differ with the number of threads")


for family in NETWORKS:
    setattr(Networks, "test_" + "".join(c if c.isalnum() else "_" for c in family), lambda self, name=family: check(self, name))


if __name__ == "__main__":
    unittest.main()

"""Real networks: the answers of ONNX Runtime, whatever the size and the number of threads, and nearly all of their work."""

from __future__ import annotations

import unittest

import numpy as np

from pictures import page
from real_models import MODELS
from support import THREADS, difference, explained, same_bits, session


class RealModels(unittest.TestCase):
    pass


def check(test: unittest.TestCase, name: str) -> None:
    real = MODELS[name]
    if real.path() is None:
        test.skipTest(f"{real.package} is not installed in the folder that TANDEM_ONNXRUNTIME_MODELS names")
    path = str(real.path())
    report = explained(path)
    test.assertLessEqual(len(report["groups"]), real.most_groups)
    test.assertGreaterEqual(report["claimed_multiply_adds"], real.least_share * report["multiply_adds"])

    alone = session(path, 2, tandem=False)
    own = [session(path, threads) for threads in THREADS]
    for seed, size in enumerate(real.sizes):
        feeds = {real.input: page(size, seed)}
        wanted = alone.run(None, feeds)
        got = own[0].run(None, feeds)
        with test.subTest(size):
            test.assertLess(difference(got, wanted), 1e-4)
            for one, other in zip(got, wanted, strict=True):
                np.testing.assert_array_equal(one.argmax(-1)[decided(other)], other.argmax(-1)[decided(other)])
            for each in own[1:]:
                test.assertTrue(same_bits(each.run(None, feeds), got), "bits differ with the number of threads")


def decided(scores: np.ndarray) -> np.ndarray:
    """Where the greatest along the last axis is ahead by more than two roundings of the comparison."""
    best = np.sort(scores, axis=-1)
    runner_up = best[..., -2] if scores.shape[-1] > 1 else best[..., -1] - np.inf
    return best[..., -1] - runner_up > 2e-4 * np.abs(scores).max()


for model_name in MODELS:
    setattr(RealModels, f"test_{model_name.replace(' ', '_')}", lambda self, name=model_name: check(self, name))


if __name__ == "__main__":
    unittest.main()

"""Random models: a session with Tandem takes what one without takes, and answers the same. TANDEM_MODELS_SEED and
TANDEM_MODELS_COUNT choose the models."""

from __future__ import annotations

import os
import unittest

from random_models import RandomModel, random_model, run
from support import difference, session

SEED = int(os.environ.get("TANDEM_MODELS_SEED", "0"))
COUNT = int(os.environ.get("TANDEM_MODELS_COUNT", "100"))


class RandomModels(unittest.TestCase):
    def test_answers_are_those_of_onnx_runtime(self) -> None:
        for seed in range(SEED, SEED + COUNT):
            made = random_model(seed)
            if made.model:
                with self.subTest(f"TANDEM_MODELS_SEED={seed} TANDEM_MODELS_COUNT=1", nodes=made.nodes):
                    self.check(made, seed)

    def check(self, made: RandomModel, seed: int) -> None:
        own = session(made.model, seed % 3 + 1, optimised=seed % 2 == 0, severity=4, least_gain=0)
        for feeds in made.feeds:
            try:
                wanted = run(made.model, feeds)
            except Exception:  # noqa: BLE001  a size that the model does not take
                continue
            self.assertLess(difference(own.run(None, feeds), wanted), 1e-4)


if __name__ == "__main__":
    unittest.main()

"""LiteRT, formerly TFLite, whose default delegate runs the network on XNNPACK."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from serve import serve


class LiteRt:
    version = version("ai-edge-litert")

    def __init__(self, folder: Path, picture: np.ndarray, threads: int) -> None:
        self.interpreter = Interpreter(str(folder / "model.tflite"), num_threads=threads)
        self.interpreter.allocate_tensors()
        self.interpreter.set_tensor(self.interpreter.get_input_details()[0]["index"], picture)
        self.dst = self.interpreter.get_output_details()[0]["index"]

    def run(self) -> None:
        self.interpreter.invoke()

    def output(self) -> np.ndarray:
        return self.interpreter.get_tensor(self.dst)


if __name__ == "__main__":
    serve(LiteRt)

"""ncnn with its defaults (packed layouts, Winograd, light mode), but float32 where it would shorten weights."""

from __future__ import annotations

from pathlib import Path

import ncnn
import numpy as np

from serve import serve


class Ncnn:
    version = ncnn.__version__

    def __init__(self, folder: Path, picture: np.ndarray, threads: int) -> None:
        self.net = ncnn.Net()
        self.net.opt.num_threads = threads
        for name in dir(self.net.opt):
            if name.startswith(("use_fp16", "use_bf16")):
                setattr(self.net.opt, name, False)
        if self.net.load_param(str(folder / "model.param")) or self.net.load_model(str(folder / "model.bin")):
            raise ValueError("the model cannot be loaded")
        self.output_name = self.net.output_names()[0]
        chw = np.ascontiguousarray(picture[0].transpose(2, 0, 1))
        self.src = ncnn.Mat(chw).clone()  # a Mat made of an array only points at it, and its channels are not aligned
        self.dst = ncnn.Mat()

    def run(self) -> None:
        extractor = self.net.create_extractor()
        extractor.input("input", self.src)
        _, self.dst = extractor.extract(self.output_name)

    def output(self) -> np.ndarray:
        return np.array(self.dst)


if __name__ == "__main__":
    serve(Ncnn)

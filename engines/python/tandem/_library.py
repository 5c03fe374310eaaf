"""Where the two plug-ins lie, and the sentence for those who cannot use them."""

from __future__ import annotations

import warnings
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent / "lib"


class Unavailable(RuntimeError):
    """Tandem cannot work in this engine or on this machine; the message is one sentence."""


def onnxruntime_library() -> Path:
    """The path of the execution provider for ONNX Runtime; the file is missing if the package was built without it.

    >>> import tandem
    >>> tandem.onnxruntime_library().name
    'libtandem_onnxruntime.so'
    """
    return _FOLDER / "libtandem_onnxruntime.so"


def tflite_library() -> Path:
    """The path of the external delegate for LiteRT and TFLite; the file is missing if the package was built without it.

    >>> import tandem
    >>> tandem.tflite_library().name
    'libtandem_tflite.so'
    """
    return _FOLDER / "libtandem_tflite.so"


def existing(library: Path) -> str:
    """The path as text. Raises Unavailable if there is no such file."""
    if not library.is_file():
        raise Unavailable(f"this installation of tandem-kernels has no {library.name}: {library} is missing")
    return str(library)


def warn_alone(reason: Unavailable) -> None:
    """Says that a model runs in the engine alone. The warning points at the caller's own line."""
    warnings.warn(f"Tandem is not used: {reason}", RuntimeWarning, stacklevel=3)

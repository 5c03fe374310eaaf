"""LiteRT and TFLite with Tandem: an external delegate that takes the convolutions of a model and what lies between.

Works with ai-edge-litert, and with tflite-runtime and tensorflow where their interpreter loads delegates. What Tandem
leaves stays with the engine, which gives it to XNNPACK as ever.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from types import ModuleType
from typing import Any, Union

from tandem._library import Unavailable, existing, tflite_library, warn_alone
from tandem._options import PathLike, to_strings

__all__ = ["delegate", "interpreter"]

# The newest first.
_ENGINES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow.lite")


def _engine() -> ModuleType:
    """The module with Interpreter and load_delegate: one that the program has imported, else one that is installed."""
    for name in _ENGINES:
        if name in sys.modules:
            return sys.modules[name]
    for name in _ENGINES:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise ImportError("tandem.tflite needs the package ai-edge-litert or tflite-runtime, and neither is installed")


def _load_delegate(engine: ModuleType, options: dict[str, str]) -> Any:
    load = engine.experimental.load_delegate if engine.__name__ == "tensorflow.lite" else engine.load_delegate
    library = existing(tflite_library())
    try:
        ctypes.CDLL(library)  # its error is a sentence; load_delegate's is not
        return load(library, options)
    except (OSError, ValueError, RuntimeError) as error:
        raise Unavailable(f"{engine.__name__} cannot load {library}: {error}") from error


def delegate(
    *,
    threads: int | None = None,
    least_gain: float | None = None,
    explain: PathLike | None = None,
    profile: bool = False,
    rounding: str | None = None,
) -> Any:
    """The delegate for one interpreter, to be handed over as `experimental_delegates=[tandem.tflite.delegate()]`.

    Args:
        threads: 1 to 256; None: as many as the interpreter's `num_threads`.
        least_gain: a group of nodes is taken if it is expected to run at least this many times as fast as in the
            engine; 0 takes all that Tandem can compute. None: 1.
        explain: a file, in which the delegate says when tensors are allocated which nodes Tandem took, and why not the
            others. JSON if its name ends in ".json", else a table; "stderr": the table, on the standard error stream.
        profile: the file of `explain` is written again when the interpreter goes, with the measured time of each group.
        rounding: how convolutions, fully connected layers, sums, products and means of 8 bits round. None or "even": as
            XNNPACK does, the fastest; "double": as the engine's reference kernels; "single": as TFLite with
            TFLITE_SINGLE_ROUNDING.

    Raises ValueError for a wrong value, ImportError if no engine is installed, tandem.Unavailable if the engine cannot
    load the delegate. interpreter() goes on without Tandem then.

    >>> from ai_edge_litert.interpreter import Interpreter
    >>> import tandem.tflite
    >>> delegates = [tandem.tflite.delegate()]
    >>> interpreter = Interpreter("model.tflite", experimental_delegates=delegates, num_threads=2)
    >>> interpreter.allocate_tensors()
    """
    return _load_delegate(_engine(), to_strings(threads, least_gain, explain, profile, rounding))


def interpreter(
    model: Union[PathLike, bytes],
    *,
    threads: int | None = None,
    least_gain: float | None = None,
    explain: PathLike | None = None,
    profile: bool = False,
    rounding: str | None = None,
    **arguments: Any,
) -> Any:
    """The engine's Interpreter with Tandem. Where Tandem cannot be used a RuntimeWarning says so, and it goes without.

    Args:
        model: the path of a model, or its bytes.
        threads: 1 to 256, for the interpreter and Tandem alike. None: as many as the engine has by itself.
        least_gain, explain, profile, rounding: see delegate().
        arguments: further ones of Interpreter, such as experimental_op_resolver_type.

    >>> import numpy, tandem.tflite
    >>> interpreter = tandem.tflite.interpreter("model.tflite", threads=2)
    >>> interpreter.allocate_tensors()
    >>> picture = numpy.zeros((1, 128, 128, 3), numpy.float32)
    >>> interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    >>> interpreter.invoke()
    >>> interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).shape
    (1, 896, 16)
    """
    engine = _engine()
    options = to_strings(threads, least_gain, explain, profile, rounding)
    delegates = list(arguments.pop("experimental_delegates", None) or [])
    try:
        # The first one is asked first, and Tandem leaves to the others what it does not take.
        delegates.insert(0, _load_delegate(engine, options))
    except Unavailable as reason:
        warn_alone(reason)
    source = {"model_content": model} if isinstance(model, bytes) else {"model_path": os.fspath(model)}
    return engine.Interpreter(**source, experimental_delegates=delegates, num_threads=threads, **arguments)

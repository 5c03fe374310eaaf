"""ONNX Runtime with Tandem: an execution provider that takes the convolutions of a model and what lies between them.

Needs onnxruntime 1.23.2 or newer. Where Tandem cannot be used, these functions say so in a RuntimeWarning of one
sentence, and the session works without Tandem. A model with operators or types that Tandem lacks keeps them in ONNX
Runtime.
"""

from __future__ import annotations

import os
import re
import warnings
from types import ModuleType
from typing import TYPE_CHECKING, Any, Union

from tandem._library import Unavailable, existing, onnxruntime_library, warn_alone
from tandem._options import MOST_THREADS, PathLike, to_strings

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, SessionOptions

__all__ = ["PROVIDER", "register", "session", "session_options"]

PROVIDER = "TandemExecutionProvider"
"""The name of the execution provider, and of its registration."""

_OLDEST = (1, 23, 2)  # 1.23.0 has no kernel that copies to a provider, 1.23.2 is the oldest that is tested
_ERRORS_ONLY = 3  # ONNX Runtime's severity of a log


def _engine() -> ModuleType:
    try:
        import onnxruntime
    except ImportError as error:
        message = "tandem.onnxruntime needs the package onnxruntime, version 1.23.2 or newer, which is not installed"
        raise ImportError(message) from error
    return onnxruntime


def _check_version(engine: ModuleType) -> None:
    version = tuple(int(part) for part in re.findall(r"\d+", engine.__version__)[:3])
    if version < _OLDEST:
        raise Unavailable(f"onnxruntime {engine.__version__} cannot run it; 1.23.2 and newer can")
    if not hasattr(engine, "register_execution_provider_library"):
        raise Unavailable(f"this build of onnxruntime {engine.__version__} cannot load execution providers")


def _devices(engine: ModuleType) -> list[Any]:
    """The devices on which Tandem runs: the CPU. Registers the library if that was not done yet."""
    _check_version(engine)

    def tandem_devices() -> list[Any]:
        return [device for device in engine.get_ep_devices() if device.ep_name == PROVIDER]

    devices = tandem_devices()
    if not devices:
        try:
            engine.register_execution_provider_library(PROVIDER, existing(onnxruntime_library()))
        except Exception as error:  # of onnxruntime's own kinds, which differ between versions
            if isinstance(error, Unavailable):
                raise
            raise Unavailable(f"onnxruntime cannot load {onnxruntime_library()}: {error}") from error
        devices = tandem_devices()
    if not devices:
        raise Unavailable("the execution provider found no CPU that it supports")
    return devices


def register() -> bool:
    """Makes Tandem known to ONNX Runtime; doing so twice is the same as once. Returns whether sessions can use it.

    From 1.25 on, ONNX Runtime also takes a registered provider by its name, with its options:

        tandem.onnxruntime.register()
        providers = [("TandemExecutionProvider", {"threads": "2"}), "CPUExecutionProvider"]
        session = onnxruntime.InferenceSession("model.onnx", providers=providers)

    >>> import tandem.onnxruntime
    >>> tandem.onnxruntime.register()
    True
    """
    try:
        _devices(_engine())
    except Unavailable as reason:
        warn_alone(reason)
        return False
    return True


def _with_tandem(
    options: SessionOptions | None,
    threads: int | None,
    least_gain: float | None,
    explain: PathLike | None,
    profile: bool,
    rounding: str | None,
) -> tuple[SessionOptions, Unavailable | None]:
    """What session_options() does, with the reason why Tandem could not be added."""
    strings = to_strings(threads, least_gain, explain, profile, rounding)
    engine = _engine()
    if options is None:
        options = engine.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
    if threads is not None:
        options.intra_op_num_threads = threads
    elif 0 < options.intra_op_num_threads <= MOST_THREADS:
        strings["threads"] = str(options.intra_op_num_threads)
    try:
        options.add_provider_for_devices(_devices(engine), strings)
    except Unavailable as reason:
        return options, reason
    return options, None


def session_options(
    options: SessionOptions | None = None,
    *,
    threads: int | None = None,
    least_gain: float | None = None,
    explain: PathLike | None = None,
    profile: bool = False,
    rounding: str | None = None,
) -> SessionOptions:
    """Adds Tandem to options with which a session is created; returns them. For code that creates sessions by itself.

    Args:
        options: changed in place; None: new ones, which log errors only, because ONNX Runtime warns of every model that
            a provider does not take as a whole.
        threads: 1 to 256, for ONNX Runtime and Tandem alike, which share its pool. None: as `options` say, else one for
            each core.
        least_gain: a group of nodes is taken if it is expected to run at least this many times as fast as in ONNX
            Runtime; 0 takes all that Tandem can compute. None: 1.
        explain: a file, in which the session says when it is created which nodes Tandem took, and why not the others.
            JSON if its name ends in ".json", else a table; "stderr": the table, on the standard error stream.
        profile: the file of `explain` is written again when the session ends, with the measured time of each group.
        rounding: how convolutions, matrix products, sums, products and means of 8 bits round. None or "even": as ONNX
            Runtime does, the fastest; "single" and "double": as TFLite does, see tandem.tflite.delegate().

    Raises ValueError for a wrong value, ImportError if onnxruntime is not installed.

    >>> import onnxruntime, tandem.onnxruntime
    >>> options = tandem.onnxruntime.session_options(threads=2)
    >>> onnxruntime.InferenceSession("model.onnx", options).get_providers()
    ['TandemExecutionProvider', 'CPUExecutionProvider']
    """
    options, reason = _with_tandem(options, threads, least_gain, explain, profile, rounding)
    if reason is not None:
        warn_alone(reason)
    return options


def session(
    model: Union[PathLike, bytes],
    options: SessionOptions | None = None,
    *,
    threads: int | None = None,
    least_gain: float | None = None,
    explain: PathLike | None = None,
    profile: bool = False,
    rounding: str | None = None,
    **arguments: Any,
) -> InferenceSession:
    """An onnxruntime.InferenceSession that runs on Tandem what is faster there.

    Args:
        model: the path of a model, or its bytes.
        options, threads, least_gain, explain, profile, rounding: see session_options().
        arguments: further ones of onnxruntime.InferenceSession, but for `providers`.

    Raises what onnxruntime.InferenceSession raises for a damaged model; ValueError for a wrong option; ImportError if
    onnxruntime is not installed.

    >>> import numpy, tandem.onnxruntime
    >>> session = tandem.onnxruntime.session("model.onnx", threads=2)
    >>> session.get_providers()
    ['TandemExecutionProvider', 'CPUExecutionProvider']
    >>> [output] = session.run(None, {"x": numpy.zeros((1, 3, 224, 224), numpy.float32)})
    >>> output.shape
    (1, 4)
    """
    if "providers" in arguments or "provider_options" in arguments:
        raise TypeError("session() names the providers itself; for others call register() and InferenceSession")
    engine = _engine()
    source = model if isinstance(model, bytes) else os.fspath(model)
    options, reason = _with_tandem(options, threads, least_gain, explain, profile, rounding)
    if reason is None:
        try:
            return engine.InferenceSession(source, options, **arguments)
        except Exception as error:  # of onnxruntime's own kinds
            if type(error).__name__ != "NotImplemented" or "Tandem: " not in str(error):
                raise
            reason = Unavailable(str(error).partition("Tandem: ")[2])
    warn_alone(reason)
    with warnings.catch_warnings():
        # ONNX Runtime warns that `providers` replaces those of the options. It shall.
        warnings.filterwarnings("ignore", message="Specified 'providers'")
        return engine.InferenceSession(source, options, providers=["CPUExecutionProvider"], **arguments)

"""Reads a PyTorch checkpoint without PyTorch: file -> {tensor name: numpy array}.

First step of the demo's way of data (checkpoint -> folded network -> C++ example). The file is the format that
`torch.save` wrote before version 1.6, five pickles and then raw little-endian storages:

    magic | protocol | system info | state dict, tensors as references to storages | storage keys in file order
    for each key: int64 element count, then the elements

A pickle can call any function it names, so only the four names that a state dict needs are let through, and each
of them stands for something harmless here.
"""

from __future__ import annotations

import collections
import os
import pickle
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_ZIP_SIGNATURE = b"PK\x03\x04"


class CheckpointError(Exception):
    """The checkpoint cannot be used; the message is one sentence for the user."""


class _Storage(NamedTuple):
    key: str
    dtype: np.dtype
    size: int


class _TensorView(NamedTuple):
    """A strided view of a storage; offset and strides count elements, as in PyTorch."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild_tensor(
    storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_autograd: Any
) -> _TensorView:
    return _TensorView(storage, offset, shape, strides)


_ALLOWED_GLOBALS: dict[str, Any] = {
    "collections.OrderedDict": collections.OrderedDict,
    "torch._utils._rebuild_tensor_v2": _rebuild_tensor,
    "torch.FloatStorage": np.dtype("<f4"),
    "torch.LongStorage": np.dtype("<i8"),
}


class _StateDictUnpickler(pickle.Unpickler):
    """Builds the state dict's structure; its tensors' bytes come later in the file."""

    def find_class(self, module: str, name: str) -> Any:
        global_name = f"{module}.{name}"
        if global_name not in _ALLOWED_GLOBALS:
            raise CheckpointError(f"it names '{global_name}', which no dictionary of tensors needs")
        return _ALLOWED_GLOBALS[global_name]

    def persistent_load(self, pid: Any) -> _Storage:
        match pid:
            case ("storage", np.dtype() as dtype, str(key), str(), int(size), None):
                return _Storage(key, dtype, size)
        raise CheckpointError(f"it refers to its storage in an unknown way: {pid!r}")


def _read_storage(file: BinaryIO, storage: _Storage) -> np.ndarray:
    size = int.from_bytes(file.read(8), "little", signed=True)
    if size != storage.size:
        raise CheckpointError(f"storage '{storage.key}' holds {size} elements instead of {storage.size}")
    data = file.read(size * storage.dtype.itemsize)
    if len(data) != size * storage.dtype.itemsize:
        raise CheckpointError(f"it ends in the middle of storage '{storage.key}'")
    return np.frombuffer(data, storage.dtype)


def _view(name: str, view: _TensorView, elements: np.ndarray) -> np.ndarray:
    """Applies a strided view after checking that it stays inside its storage."""
    if len(view.shape) != len(view.strides) or min((view.offset, *view.shape, *view.strides)) < 0:
        raise CheckpointError(f"tensor '{name}' has a malformed shape, {view.shape} with strides {view.strides}")
    last = view.offset + sum((extent - 1) * stride for extent, stride in zip(view.shape, view.strides, strict=True))
    if 0 in view.shape or last >= elements.size:
        raise CheckpointError(f"tensor '{name}' reaches outside its storage of {elements.size} elements")
    byte_strides = tuple(stride * elements.itemsize for stride in view.strides)
    return np.lib.stride_tricks.as_strided(elements[view.offset :], view.shape, byte_strides, writeable=False)


def _read(file: BinaryIO) -> dict[str, np.ndarray]:
    if file.read(len(_ZIP_SIGNATURE)) == _ZIP_SIGNATURE:
        raise CheckpointError("it is a zip; save it with torch.save(..., _use_new_zipfile_serialization=False)")
    file.seek(0)
    if _StateDictUnpickler(file).load() != _MAGIC or _StateDictUnpickler(file).load() != _PROTOCOL:
        raise CheckpointError("it is not a PyTorch checkpoint")
    system = _StateDictUnpickler(file).load()
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise CheckpointError("it was not written by a little-endian machine")
    views = _StateDictUnpickler(file).load()
    keys = _StateDictUnpickler(file).load()
    if not isinstance(views, dict) or not all(isinstance(view, _TensorView) for view in views.values()):
        raise CheckpointError("it holds something else than a dictionary of tensors")

    storages = {view.storage.key: view.storage for view in views.values()}
    if not isinstance(keys, list) or sorted(keys) != sorted(storages):
        raise CheckpointError("its list of storages is not the one its tensors use")
    elements = {key: _read_storage(file, storages[key]) for key in keys}
    if file.read(1):
        raise CheckpointError("it goes on after its last storage")
    return {name: _view(name, view, elements[view.storage.key]) for name, view in views.items()}


def read_legacy_checkpoint(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Returns the tensors of the state dict at `path`; raises CheckpointError when it is missing or damaged."""
    try:
        with Path(path).open("rb") as file:
            return _read(file)
    except CheckpointError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error}") from error
    except OSError as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: {error.strerror}") from error
    # A damaged pickle can raise nearly any exception; in every case the file is unusable.
    except Exception as error:
        raise CheckpointError(f"cannot read the checkpoint {path}: it is damaged ({error})") from error

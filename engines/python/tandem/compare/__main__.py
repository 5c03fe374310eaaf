"""The program tandem-compare."""

from __future__ import annotations

import json
import sys

from tandem.compare import CompareError
from tandem.compare.arguments import parse_arguments
from tandem.compare.comparison import compare
from tandem.compare.models import open_model
from tandem.compare.report import to_json, to_text


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    try:
        if options.plot:
            from tandem.compare import plot

            plot.check_installed()  # before minutes are spent on measuring
        model = open_model(options.model)
        comparison = compare(
            model,
            options.shape,
            options.image,
            options.threads,
            options.rounds,
            options.least_gain,
            with_timeline=options.plot is not None,
        )
        print(to_text(comparison, options.all))
        if options.json:
            options.json.write_text(json.dumps(to_json(comparison), indent=1) + "\n", encoding="utf-8")
        if options.plot:
            plot.draw(comparison, options.plot)
            print(f"\nDrawn into {options.plot}.")
    except (CompareError, OSError) as error:
        print(f"tandem-compare: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0 if comparison.agrees else 1


if __name__ == "__main__":
    sys.exit(main())

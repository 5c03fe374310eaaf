#!/usr/bin/env python3
"""Finds the hot loop of each kernel in its ISA's object file, and asks llvm-mca what it costs.

analyse_kernels.sh runs it. The hot loop is the innermost loop (a backward jump around no other) with the most, and the
densest, multiply-adds. Nothing runs: llvm-mca simulates the loop on LLVM's model of a CPU, with every load a hit in L1
and every jump foreseen.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LLVM = "-19"
ITERATIONS = 200
FULL = 0.95  # of a limit: as near as a loop comes to it that is bound by it


@dataclass(frozen=True)
class Isa:
    name: str
    label: str
    triple: str
    object: str
    cpus: tuple[str, ...]
    fma: str  # a pattern: the vector multiply-adds
    peak: tuple[str, ...]  # forms of them, with {} for the accumulator
    accumulators: int
    load: str
    store: str
    stack: str  # the stack pointer as it is written in an address


ISAS = [
    Isa(
        "neon",
        "NEON",
        "aarch64",
        "build/aarch64/kernels/CMakeFiles/tandem_isa_neon.dir/isa/neon.cpp.o",
        ("cortex-a55", "cortex-a76", "neoverse-n1", "neoverse-v2", "apple-m1"),
        r"fmla\b",
        ("fmla v{}.4s, v30.4s, v31.4s", "fmla v{}.4s, v30.4s, v31.s[0]"),
        30,
        r"ld[rpu]|ld1",
        r"st[rpu]|st1",
        "[sp",
    ),
    Isa(
        "avx2",
        "AVX2",
        "x86_64",
        "build/release/kernels/CMakeFiles/tandem_isa_avx2.dir/isa/avx2.cpp.o",
        ("znver4",),
        r"vfn?madd\d+ps",
        ("vfmadd231ps %ymm14, %ymm15, %ymm{}",),
        14,
        r".*\(.*\)(\{1to\d+\})?, *%",
        r"v?mov\w*\s+%\S+, .*\(.*\)$",
        "(%rsp",
    ),
    Isa(
        "avx512",
        "AVX-512",
        "x86_64",
        "build/release/kernels/CMakeFiles/tandem_isa_avx512.dir/isa/avx512.cpp.o",
        ("znver4",),
        r"vfn?madd\d+ps",
        ("vfmadd231ps %zmm30, %zmm31, %zmm{}",),
        30,
        r".*\(.*\)(\{1to\d+\})?, *%",
        r"v?mov\w*\s+%\S+, .*\(.*\)$",
        "(%rsp",
    ),
]

# What is shown of a function, by the name and the template arguments that follow the Simd type. Of the tiles of a matrix
# product only those with the most rows are: the others take what is left at an end.
KERNEL = re.compile(r"::(gemm_tile|depthwise_tiled|depthwise_any|global_average_pool)<.*?Simd<[^>]*>(?:, )?([^>]*)>\(")


@dataclass
class Loop:
    kernel: str
    instructions: list[str]  # a label for the head, and a jump to it, are added for llvm-mca
    fmas: int

    @property
    def heat(self) -> float:
        """Many multiply-adds, and few instructions beside them: the loops at borders have as many, among many more."""
        return self.fmas**2 / len(self.instructions)


def run(*command: str, stdin: str = "") -> str:
    try:
        return subprocess.run(command, input=stdin, check=True, capture_output=True, text=True).stdout
    except subprocess.CalledProcessError as error:
        sys.exit(f"analyse_kernels: {command[0]} failed: {error.stderr.strip()[:400]}")
    except FileNotFoundError:
        sys.exit(f"analyse_kernels: there is no {command[0]} (Debian: llvm-19)")


def functions(path: str) -> dict[str, list[tuple[int, str]]]:
    """Demangled name -> its instructions with their addresses."""
    options = ("--disassemble", "--demangle", "--no-show-raw-insn", "--no-leading-headers")
    listing = run(f"llvm-objdump{LLVM}", *options, path)
    found: dict[str, list[tuple[int, str]]] = {}
    current: list[tuple[int, str]] = []
    for line in listing.splitlines():
        if head := re.match(r"[0-9a-f]+ <(.*)>:$", line):
            current = found.setdefault(head[1], [])
        elif body := re.match(r"\s*([0-9a-f]+):\s+(.*)$", line):
            current.append((int(body[1], 16), re.sub(r"\s+", " ", body[2]).strip()))
    return found


def jump_target(instruction: str) -> int | None:
    """Of a jump within the function; calls and returns are none."""
    jump = re.match(r"(?:b|b\.\w+|cbn?z|tbn?z|j\w+)\s+(?:.*, )?(?:0x)?([0-9a-f]+) <", instruction)
    return int(jump[1], 16) if jump else None


def hot_loop(kernel: str, body: list[tuple[int, str]], isa: Isa) -> Loop | None:
    spans = []
    for address, instruction in body:
        target = jump_target(instruction)
        if target is not None and target <= address:
            spans.append((target, address))
    best = None
    for begin, end in spans:
        if any(other != (begin, end) and begin <= other[0] and other[1] <= end for other in spans):
            continue
        inside = [text for address, text in body if begin <= address <= end]
        loop = Loop(kernel, inside, sum(1 for text in inside if re.match(isa.fma, text)))
        if best is None or loop.heat > best.heat:
            best = loop
    return best


def title(match: re.Match[str]) -> tuple[str, tuple[int, ...]]:
    name, arguments = match[1], match[2]
    numbers = tuple(int(n) for n in re.findall(r"\d+", arguments))
    if name == "gemm_tile":
        segments = ", segments" if "false" in arguments else ""
        return f"gemm {numbers[0]} x {numbers[1]} vectors{segments}", numbers
    if name == "depthwise_tiled":
        return f"depthwise {numbers[0]} wide, stride {numbers[1]}, {numbers[2]} pixels", numbers
    return {"depthwise_any": "depthwise, any other", "global_average_pool": "global average pool"}[name], ()


def loops(isa: Isa) -> list[Loop]:
    found: dict[str, Loop] = {}
    tallest: dict[int, int] = {}  # vectors of a gemm tile -> its rows
    bodies = []
    for name, body in functions(isa.object).items():
        if match := KERNEL.search(name):
            text, numbers = title(match)
            bodies.append((match[1], text, numbers, body))
            if match[1] == "gemm_tile":
                tallest[numbers[1]] = max(tallest.get(numbers[1], 0), numbers[0])
    for name, text, numbers, body in bodies:
        if name == "gemm_tile" and numbers[0] != tallest[numbers[1]]:
            continue
        loop = hot_loop(text, body, isa)
        if loop is not None and (text not in found or loop.heat > found[text].heat):
            found[text] = loop
    # 8 before 12
    return sorted(found.values(), key=lambda loop: [n.zfill(3) for n in re.split(r"(\d+)", loop.kernel)])


def simulate(instructions: list[str], isa: Isa, cpu: str) -> dict:
    lines = []
    for text in instructions:
        text = re.split(r"\s*(?://|#(?= 0x|\s*\w+ <))", text)[0]  # what the disassembler adds
        lines.append(re.sub(r"(?:0x)?[0-9a-f]+ <.*>$", "loop", text))
    source = "loop:\n" + "\n".join(lines) + "\n"
    output = run(
        f"llvm-mca{LLVM}",
        f"-mtriple={isa.triple}",
        f"-mcpu={cpu}",
        f"-iterations={ITERATIONS}",
        "-json",
        stdin=source,
    )
    return json.loads(output)["CodeRegions"][0] | {"target": json.loads(output)["TargetInfo"]}


def cycles(region: dict) -> float:
    return region["SummaryView"]["TotalCycles"] / ITERATIONS


def peak(isa: Isa, cpu: str) -> float:
    """Multiply-adds a cycle of the same model, with nothing else to do and nothing to wait for."""
    return max(
        4 * isa.accumulators / cycles(simulate([form.format(i) for i in range(isa.accumulators)] * 4, isa, cpu))
        for form in isa.peak
    )


def busiest(region: dict) -> tuple[str, float]:
    """The resource that is used in the greatest share of the cycles, by the name that the model gives it."""
    names = region["target"]["Resources"]
    sums: dict[int, float] = {}
    count = len(region["Instructions"])
    for entry in region["ResourcePressureView"]["ResourcePressureInfo"]:
        if entry["InstructionIndex"] == count:  # the sums of all instructions
            sums[entry["ResourceIndex"]] = entry["ResourceUsage"]
    index = max(sums, key=lambda i: sums[i])
    return names[index], sums[index] / cycles(region)


def bound(region: dict, share: float) -> str:
    if share > FULL:
        return "FMA"
    name, pressure = busiest(region)
    if pressure > FULL:
        return re.sub(r"\W.*", "", name)  # one of several that are alike has a number behind a dot
    summary = region["SummaryView"]
    if summary["uOpsPerCycle"] > FULL * summary["DispatchWidth"]:
        return "dispatch"
    return "latency"


def table(isa: Isa) -> list[str]:
    peaks = {cpu: peak(isa, cpu) for cpu in isa.cpus}
    head = [f"{cpu} ({peaks[cpu]:.3g} a cycle)" for cpu in isa.cpus]
    lines = [
        f"## {isa.label}",
        "",
        f"| loop | multiply-adds | loads | stores | of them stack | {' | '.join(head)} |",
        f"| --- | --- | --- | --- | --- |{' --- |' * len(head)}",
    ]
    for loop in loops(isa):
        texts = loop.instructions
        stores = sum(1 for text in texts if re.match(isa.store, text))
        loads = sum(1 for text in texts if re.match(isa.load, text) and not re.match(isa.store, text))
        stack = sum(1 for text in texts if isa.stack in text)
        cells = [loop.kernel, str(loop.fmas), str(loads), str(stores), str(stack)]
        for cpu in isa.cpus:
            region = simulate(texts, isa, cpu)
            share = loop.fmas / cycles(region) / peaks[cpu]
            cells.append(f"{cycles(region):.1f}, {share:.2f}, {bound(region, share)}")
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


HEADER = """# The hot loops of the kernels, as LLVM's models see them

Generated by `scripts/analyse_kernels.sh` ({compiler}; {mca}). For each kernel the innermost loop with the
most, and the densest, multiply-adds: how many of them it has, its loads and stores, how many of those are of the stack
(spilled registers), and for each CPU the cycles of one iteration, the share of the FMA peak (the one of the same model, in
vectors a cycle, beside its name), and what binds it: FMA, or else the unit that is busy in 95 % of the cycles as the model
calls it, the dispatch, or the latency of what depends on what.

A model is no measurement: every load hits L1, every jump is foreseen, and the models are rough. LLVM gives a Cortex-A76 the
model of a Cortex-A57 and an Apple M1 that of the older Cyclone, which do fewer multiply-adds a cycle. What the table is
good for is to find the loop whose accumulators left the registers, and to rank two versions of one.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--output", type=Path, required=True, help="the markdown file to write")
    output = parser.parse_args().output
    compiler = run("g++", "-dumpfullversion").strip()
    mca = next(line for line in run(f"llvm-mca{LLVM}", "--version").splitlines() if "version" in line).strip()
    lines = [HEADER.format(compiler=f"g++ {compiler}", mca=mca.replace("Debian ", ""))]
    for isa in ISAS:
        lines += table(isa)
    output.write_text("\n".join(lines).rstrip("\n") + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

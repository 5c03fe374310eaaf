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


# The functions to show, by name and by the numbers that follow the type. Of tiles of several heights only the highest is
# shown: the others take the rows left at an end.
FP32 = ("gemm_tiles", "gemv_panels", "depthwise_tiled", "depthwise_pair", "depthwise_any_tile")
WOVEN = "Woven|depthwise_woven"  # Clang inlines the first into the second
INT8 = ("gemm_tiles", WOVEN)


@dataclass(frozen=True)
class Isa:
    label: str
    triple: str
    object: str
    cpus: tuple[str, ...]
    forms: dict[str, str]  # of the multiply-adds, the more special first: a pattern, and one with {} for the accumulator
    accumulators: int
    load: str
    store: str
    stack: str  # a pattern: the stack pointer, or the frame pointer, in an address
    kernels: tuple[str, ...] = FP32
    type: str = r"F32<[^>]*>"  # a pattern: the kernel type
    attributes: str = ""  # of the CPU, which the model may lack

    def is_fma(self, instruction: str) -> bool:
        return any(re.match(form, instruction) for form in self.forms)

    def form(self, instructions: list[str]) -> int:
        """Of a loop: the most special that it has."""
        return min(i for i, form in enumerate(self.forms) if any(re.match(form, text) for text in instructions))


ARM = ("cortex-a55", "cortex-a76", "neoverse-n1", "neoverse-v2", "apple-m1")
ARM_I8MM = ("cortex-a510", "neoverse-n2", "neoverse-v1", "neoverse-v2")


def neon(label: str, path: str, forms: dict[str, str], cpus: tuple[str, ...] = ARM, **more: object) -> Isa:
    return Isa(label, "aarch64", path, cpus, forms, 30, r"ld[rpu]|ld1", r"st[rpu]|st1", r"\[(?:sp|x29)", **more)


FMLA = {r"fmla\b.*\[": "fmla v{}.4s, v30.4s, v31.s[0]", r"fmla\b": "fmla v{}.4s, v30.4s, v31.4s"}
DOT = {r"[us]+dot\b.*\[": "sdot v{}.4s, v30.16b, v31.4b[0]", r"[us]+dot\b": "sdot v{}.4s, v30.16b, v31.16b"}
MMLA = {r"u?smmla\b": "smmla v{}.4s, v30.16b, v31.16b"}


# As analyse_kernels.sh builds them.
def arm(compiler: str, folder: str) -> list[Isa]:
    def path(isa: str, file: str) -> str:
        return f"{folder}/kernels/CMakeFiles/tandem_isa_{isa}.dir/isa/{file}.cpp.o"

    fp32 = tuple(kernel for kernel in FP32 if kernel != "depthwise_pair")
    u8 = {"kernels": INT8, "type": r"Int8<[^<]*<[^>]*>, [^>]*\)3>", "attributes": "+dotprod,+i8mm"}
    return [
        neon(f"NEON, {compiler}", path("neon", "neon"), FMLA, kernels=fp32),
        neon(f"NEON with dot products, u8, {compiler}", path("neondot", "neondot_int8"), DOT, **u8),
        neon(f"NEON with products of 2 x 2, u8, {compiler}", path("neoni8mm", "neoni8mm_int8"), MMLA | DOT, ARM_I8MM, **u8),
    ]


def x86(label: str, isa: str, cpus: tuple[str, ...], form: str, accumulators: int) -> Isa:
    path = f"build/release/kernels/CMakeFiles/tandem_isa_{isa}.dir/isa/{isa}.cpp.o"
    load, store = r".*\(.*\)(\{1to\d+\})?, *%", r"v?mov\w*\s+%\S+, .*\(.*\)$"
    return Isa(label, "x86_64", path, cpus, {r"vfn?madd\d+ps": form}, accumulators, load, store, r"\(%rsp")


ISAS = [
    *arm("g++ 12", "build/analysis/aarch64"),
    *arm("clang 19", "build/analysis/aarch64-clang"),
    x86("AVX2, g++ 12", "avx2", ("znver3", "znver4"), "vfmadd231ps %ymm14, %ymm15, %ymm{}", 14),
    x86("AVX-512, g++ 12", "avx512", ("znver4",), "vfmadd231ps %zmm30, %zmm31, %zmm{}", 30),
]


def kernel_name(isa: Isa) -> re.Pattern[str]:
    return re.compile(rf"::({'|'.join(isa.kernels)})<[^<]*::{isa.type}(?:, )?([\d, ]*)(?:\(.*?Product\)\d+, (\d+))?")


@dataclass
class Loop:
    kernel: str
    instructions: list[str]  # a label for the head, and a jump to it, are added for llvm-mca
    fmas: int

    def rank(self, isa: Isa) -> tuple[int, float]:
        """The more special the multiply-adds; then many of them, and few instructions beside them: the loops at borders
        have as many, among many more."""
        return -isa.form(self.instructions), self.fmas**2 / len(self.instructions)


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
    ends: dict[int, int] = {}  # of the loop that begins there; `continue` jumps back from its middle
    for address, instruction in body:
        target = jump_target(instruction)
        if target is not None and target <= address:
            ends[target] = address
    best = None
    for begin, end in ends.items():
        if any(begin < other and ends[other] <= end for other in ends):
            continue
        inside = [text for address, text in body if begin <= address <= end]
        loop = Loop(kernel, inside, sum(1 for text in inside if isa.is_fma(text)))
        if 2 * sum(1 for text in inside if re.match(isa.store, text)) > loop.fmas:
            continue  # of a partial vector, which passes through memory lane by lane
        if loop.fmas > 0 and (best is None or loop.rank(isa) > best.rank(isa)):
            best = loop
    return best


def title(match: re.Match[str]) -> tuple[str, tuple[int, ...]]:
    name, arguments = match[1], match[2]
    numbers = tuple(int(n) for n in re.findall(r"\d+", arguments))
    if name == "gemm_tiles":
        folded = "" if match[3] in (None, "1") else f", the last folded by {match[3]}"
        return f"gemm {numbers[0]} x {numbers[1]} vectors{folded}", numbers
    if re.fullmatch(WOVEN, name):
        return f"depthwise, stride {numbers[0] or 'any'}", numbers
    if name == "gemv_panels":
        return f"gemv, {numbers[0]} panels", numbers
    if name == "depthwise_tiled":
        return f"depthwise {numbers[0]} wide, stride {numbers[1]}", numbers
    if name == "depthwise_pair":
        return f"depthwise {numbers[0]} wide, stride {numbers[1]}, 2 rows", numbers
    return f"depthwise, any other, {numbers[0]} pixels", numbers


def loops(isa: Isa) -> list[Loop]:
    found: dict[str, Loop] = {}
    highest: dict[tuple[str, tuple[int, ...]], int] = {}  # of the tiles that differ in nothing but height
    bodies = []
    seen = set()
    pattern = kernel_name(isa)
    for name, body in functions(isa.object).items():
        if match := pattern.search(name):
            seen.add(match[1])
            text, numbers = title(match)
            # The height comes first; a tile whose kernel is known has a fixed height.
            family, height = (text, ()), 0
            if match[1] in ("gemm_tiles", "gemv_panels", "depthwise_any_tile"):
                family, height = (match[1] + (match[3] or ""), numbers[1:2] if match[1] == "gemm_tiles" else ()), numbers[0]
            bodies.append((family, height, text, body))
            highest[family] = max(highest.get(family, 0), height)
    missing = [kernel for kernel in isa.kernels if not any(re.fullmatch(kernel, name) for name in seen)]
    if missing:
        sys.exit(f"analyse_kernels: {isa.object} has no {', '.join(missing)}")
    for family, height, text, body in bodies:
        if height != highest[family]:
            continue
        loop = hot_loop(text, body, isa)
        if loop is not None and (text not in found or loop.rank(isa) > found[text].rank(isa)):
            found[text] = loop
    # 8 before 12
    return sorted(found.values(), key=lambda loop: [n.zfill(3) for n in re.split(r"(\d+)", loop.kernel)])


def simulate(instructions: list[str], isa: Isa, cpu: str) -> dict:
    lines = []
    for text in instructions:
        text = re.split(r"\s*(?://|#(?= 0x|\s*\w+ <))", text)[0]  # without the comments of the disassembler
        lines.append(re.sub(r"(?:0x)?[0-9a-f]+ <.*>$", "loop", text))
    source = "loop:\n" + "\n".join(lines) + "\n"
    output = run(
        f"llvm-mca{LLVM}",
        f"-mtriple={isa.triple}",
        f"-mcpu={cpu}",
        f"-mattr={isa.attributes}",
        f"-iterations={ITERATIONS}",
        "-json",
        stdin=source,
    )
    return json.loads(output)["CodeRegions"][0] | {"target": json.loads(output)["TargetInfo"]}


def cycles(region: dict) -> float:
    return region["SummaryView"]["TotalCycles"] / ITERATIONS


def peak(isa: Isa, cpu: str, form: str) -> float:
    """Multiply-adds a cycle of the same model, with nothing else to do and nothing to wait for."""
    return 4 * isa.accumulators / cycles(simulate([form.format(i) for i in range(isa.accumulators)] * 4, isa, cpu))


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
        return re.sub(r"\W.*", "", name)  # units of one kind have a number after a dot
    summary = region["SummaryView"]
    if summary["uOpsPerCycle"] > FULL * summary["DispatchWidth"]:
        return "dispatch"
    return "latency"


def native_cpu() -> str:
    """This machine, by the name that the models have as well."""
    # g++ 12 takes a Zen 4 for a Zen 3. LLVM writes the name of the CPU into its output.
    code = run("clang-19", "-march=native", "-S", "-emit-llvm", "-o", "-", "-x", "c", "-", stdin="void f(void) {}")
    match = re.search(r'"target-cpu"="([^"]+)"', code)
    return match[1] if match else ""


def table(isa: Isa, measured: dict[str, float]) -> list[str]:
    """measured: the share of the FMA peak that a loop reached on this machine, for the loops of one ISA."""
    peaks = {cpu: [peak(isa, cpu, form) for form in isa.forms.values()] for cpu in isa.cpus}
    here = native_cpu() if measured else ""
    head = []
    for cpu in isa.cpus:
        rates = dict.fromkeys(f"{rate:.3g}" for rate in peaks[cpu])
        head.append(f"{cpu} ({' or '.join(rates)} a cycle)")
        if cpu == here:
            head += [f"measured on a {cpu}", "error of the model"]
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
        stack = sum(1 for text in texts if re.search(isa.stack, text))
        cells = [loop.kernel, str(loop.fmas), str(loads), str(stores), str(stack)]
        for cpu in isa.cpus:
            region = simulate(texts, isa, cpu)
            share = loop.fmas / cycles(region) / peaks[cpu][isa.form(texts)]
            cells.append(f"{cycles(region):.1f}, {share:.2f}, {bound(region, share)}")
            if cpu == here:
                known = measured.get(loop.kernel)
                cells += [f"{known:.2f}", f"{share / known - 1:+.0%}"] if known else ["", ""]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


HEADER = """# The hot loops of the kernels, as LLVM's models see them

Generated by `scripts/analyse_kernels.sh` ({compiler}; {mca}). For each kernel the innermost loop with the
most, and the densest, multiply-adds: how many of them it has, its loads and stores, how many of those are of the stack
(spilled registers), and for each CPU the cycles of one iteration, the share of the FMA peak (the one of the same model, in
vectors a cycle, beside its name; of two the first is by a lane, as in a matrix product, the second by a vector), and what
binds it: FMA, or else the unit that is busy in 95 % of the cycles as the model calls it, the dispatch, or the latency of
what depends on what.

For tensors of 8 bits the multiply-adds are dot products, of four products a lane, or products of 2 x 2, of eight, and the peak
is that of the loop's own instruction. One iteration of a depthwise loop adds one row of taps to 8 outputs.

A model is no measurement: every load hits L1, every jump is foreseen, and the models are rough. LLVM gives a Cortex-A76 the
model of a Cortex-A57 and an Apple M1 that of the older Cyclone, which do fewer multiply-adds a cycle. What the table is
good for is to find the loop whose accumulators left the registers, and to rank two versions of one.

`measured` is the share of the peak that the same loop reached on the machine where this was generated, data in L1
(`bench/kernel_loops`), beside the model of that machine's CPU: how far the models can be trusted. There is no such column for
a CPU that was not at hand.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--measured", type=Path, nargs="*", default=[], help="what kernel_loops printed, a file an ISA")
    parser.add_argument("--output", type=Path, required=True, help="the markdown file to write")
    arguments = parser.parse_args()
    measured = {}
    for path in arguments.measured:
        printed = json.loads(path.read_text())
        measured[printed["isa"]] = printed["peak_fraction"]
    compiler = run("g++", "-dumpfullversion").strip()
    mca = next(line for line in run(f"llvm-mca{LLVM}", "--version").splitlines() if "version" in line).strip()
    lines = [HEADER.format(compiler=f"g++ {compiler}", mca=mca.replace("Debian ", ""))]
    for isa in ISAS:
        lines += table(isa, measured.get(Path(isa.object).name.split(".")[0], {}))
    arguments.output.write_text("\n".join(lines).rstrip("\n") + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The delegate as a guest: its options and errors, constants, resized inputs, several interpreters, what it leaves behind."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from typing import Optional
from unittest import mock

import numpy as np

import engine
from models import Model, face_like


class InFolder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def save(self, m: Model, *outputs: int) -> Path:
        return m.save(self.folder / "model.tflite", *outputs)

    def check(self, model: Path, claimed: bool = True, **options: object) -> dict:
        """The engine's outputs, and everything claimed or nothing; returns the report."""
        plain = engine.interpreter(model)
        made, report = engine.explained(model, **{"least_gain": 0, **options})
        inputs = engine.draw_inputs(plain)
        self.assertLessEqual(engine.difference(engine.run(plain, inputs), engine.run(made, inputs)), engine.TOLERANCE)
        left = [f"{n['operator']}: {n['reason']}" for n in report["nodes"] if (n["group"] >= 0) != claimed]
        self.assertEqual(left, [])
        return report


class Options(InFolder):
    def test_wrong_ones_are_named_with_what_they_may_be(self) -> None:
        for name, value, allowed in [("threads", "many", "1 to 256"), ("threads", "257", "1 to 256"), ("threads", "-1", "1 to 256"),
                                     ("threads", "2 ", "1 to 256"), ("threads", "", "1 to 256"), ("least_gain", "-1", "0 or more"),
                                     ("least_gain", "nan", "0 or more"), ("least_gain", "inf", "0 or more"),
                                     ("explain", "", "path"), ("profile", "2", "0 or 1"), ("rounding", "up", '"double"')]:
            with self.subTest(name=name, value=value), self.assertRaises(ValueError) as caught:
                engine.load_delegate(engine.LIBRARY, {name: value})
            self.assertIn(f'the option "{name}" is "{value}"', str(caught.exception))
            self.assertIn(allowed, str(caught.exception))

    def test_an_unknown_one_is_refused_with_a_list_of_those_there_are(self) -> None:
        with self.assertRaises(ValueError) as caught:
            engine.load_delegate(engine.LIBRARY, {"thread": "2"})
        self.assertIn('no option "thread"; it has threads, least_gain, explain, profile and rounding', str(caught.exception))

    def test_threads_are_the_interpreters_unless_an_option_says_otherwise(self) -> None:
        model = face_like(self.folder / "model.tflite")
        for asked, options, expected in [(None, {}, 1), (1, {}, 1), (3, {}, 3), (3, {"threads": 2}, 2), (2, {"threads": 0}, 2)]:
            with self.subTest(asked=asked, options=options):
                before = threads_of_this_process()
                made, report = engine.explained(model, asked, **options)
                self.assertEqual(report["threads"], expected)
                self.assertGreaterEqual(threads_of_this_process() - before, expected - 1)
                del made

    def test_an_impossible_gain_leaves_all_to_the_engine_with_a_reason(self) -> None:
        report = self.check(face_like(self.folder / "model.tflite"), claimed=False, least_gain=1e9)
        self.assertEqual([n["name"] for n in report["nodes"] if not n["reason"]], [])

    def test_profile_writes_the_times_when_the_interpreter_goes(self) -> None:
        file = self.folder / "explain.json"
        made = engine.interpreter(face_like(self.folder / "model.tflite"), 1, {"explain": str(file), "profile": 1, "least_gain": 0})
        self.assertEqual([g["runs"] for g in json.loads(file.read_text())["groups"]], [0])
        for _ in range(3):
            engine.run(made, engine.draw_inputs(made))
        del made
        gc.collect()
        (group,) = json.loads(file.read_text())["groups"]
        self.assertEqual(group["runs"], 3)
        self.assertGreater(group["measured_seconds"], 0)

    def test_a_table_is_for_people(self) -> None:
        file = self.folder / "explain.txt"
        engine.interpreter(face_like(self.folder / "model.tflite"), 1, {"explain": str(file)})
        self.assertIn("Conv", file.read_text())

    def test_a_report_that_cannot_be_written_is_an_error_that_names_the_file(self) -> None:
        model = face_like(self.folder / "model.tflite")
        with self.assertRaises(RuntimeError) as caught:
            engine.interpreter(model, 1, {"explain": str(self.folder / "none" / "x.json")})
        self.assertIn("none/x.json", str(caught.exception))

    def test_without_its_isa_the_interpreter_works_without_tandem(self) -> None:
        model = face_like(self.folder / "model.tflite")
        plain = engine.interpreter(model)
        with mock.patch.dict(os.environ, TANDEM_ISA="none_such"):
            made = engine.interpreter(model, 1, {})
            inputs = engine.draw_inputs(made)
            self.assertEqual(engine.difference(engine.run(plain, inputs), engine.run(made, inputs)), 0)


class Constants(InFolder):
    def test_fp16_weights_are_folded(self) -> None:
        self.check(face_like(self.folder / "model.tflite"))
        self.check(face_like(self.folder / "model.tflite", half=False))

    def test_subnormal_and_extreme_halves_are_read(self) -> None:
        m = Model()
        halves = np.array([6e-8, -6e-5, 65504, -65504, 0.0, 1.0, -0.5, 1e-7], np.float16).reshape(8, 1, 1, 1)
        filter_ = m.op("DEQUANTIZE", [m.constant(halves)], halves.shape, version=2)
        self.check(self.save(m, m.conv(m.input((1, 4, 4, 1)), 8, filter_=filter_)))

    def test_8_bit_weights_are_folded(self) -> None:
        for dtype, zero in ((np.int8, -3), (np.uint8, 121)):
            for scales in (1, 6):
                m = Model()
                stored = m.quantised(m.random.integers(0, 100, (6, 3, 3, 8)).astype(dtype),
                                     (0.01 * (1 + np.arange(scales))).tolist(), [zero] * scales)
                if scales > 1:
                    m.graph.tensors[stored].quantization.zeroPoint = [zero + i for i in range(scales)]
                filter_ = m.op("DEQUANTIZE", [stored], (6, 3, 3, 8), version=5 if scales > 1 else 2)
                with self.subTest(dtype=dtype, scales=scales):
                    self.check(self.save(m, m.conv(m.input((1, 5, 6, 8)), 6, 3, filter_=filter_)))

    def test_sparse_weights_are_folded(self) -> None:
        for half in (False, True):
            m = Model()
            dense = m.draw(12, 1, 1, 16) * (m.random.random((12, 1, 1, 16)) < 0.3)
            stored = m.sparse(dense.astype(np.float16 if half else np.float32))
            filter_ = m.op("DENSIFY", [stored], dense.shape, dtype=np.float16 if half else np.float32)
            if half:
                filter_ = m.op("DEQUANTIZE", [filter_], dense.shape, version=3)
            with self.subTest(half=half):
                self.check(self.save(m, m.conv(m.input((1, 5, 6, 16)), 12, filter_=filter_)))

    def test_weights_that_the_network_computes_stay_with_the_engine(self) -> None:
        m = Model()
        x, filter_ = m.input((1, 5, 6, 8)), m.input((12, 1, 1, 8))
        self.check(self.save(m, m.conv(x, 12, filter_=filter_)), claimed=False)


class Graphs(InFolder):
    def test_what_tandem_lacks_stays_with_the_engine_between_its_groups(self) -> None:
        m = Model()
        x = m.conv(m.input((1, 16, 16, 8)), 32, 3)
        x = m.op("SIN", [x], m.shape(x))
        model = self.save(m, m.conv(m.depthwise(x), 8))
        plain = engine.interpreter(model)
        made, report = engine.explained(model, least_gain=0)
        inputs = engine.draw_inputs(plain)
        self.assertLessEqual(engine.difference(engine.run(plain, inputs), engine.run(made, inputs)), engine.TOLERANCE)
        self.assertEqual(len(report["groups"]), 2)
        self.assertEqual([n["reason"] for n in report["nodes"] if n["group"] < 0], ["SIN: Tandem has no such operator"])

    def test_what_tflite_would_group_apart_without_weights_goes_back_to_the_engine(self) -> None:
        """The sum is a part of the convolution, but must wait for the engine's sine, so that TFLite parts them."""
        m = Model()
        x = m.input((1, 16, 16, 8))
        y = m.conv(x, 8, 3)
        model = self.save(m, m.op("ADD", [y, m.op("SIN", [x], m.shape(x))], m.shape(x)))
        plain, (made, report) = engine.interpreter(model), engine.explained(model, least_gain=0.001)
        inputs = engine.draw_inputs(plain)
        self.assertLessEqual(engine.difference(engine.run(plain, inputs), engine.run(made, inputs)), engine.TOLERANCE)
        self.assertEqual([n["group"] for n in report["nodes"]], [0, -1, -1])
        self.assertEqual(len(report["groups"]), 1)

    def test_a_tensor_inside_a_group_may_be_an_output_as_well(self) -> None:
        m = Model()
        x = m.conv(m.input((1, 8, 8, 8)), 16, 3)
        y = m.op("RELU", [x], m.shape(x))
        self.check(self.save(m, m.depthwise(y), y, x))

    def test_a_network_of_integers_is_the_engines_own_bit_by_bit(self) -> None:
        m = Model()
        x = m.input((1, 5, 6, 8), np.int32)
        model = self.save(m, m.op("ADD", [x, x], m.shape(x), dtype=np.int32))
        plain = engine.interpreter(model)
        made, report = engine.explained(model, least_gain=0)
        inputs = [np.arange(240, dtype=np.int32).reshape(1, 5, 6, 8)]
        self.assertEqual(engine.run(plain, inputs)[0].tobytes(), engine.run(made, inputs)[0].tobytes())
        self.assertEqual(report["groups"], [])

    def test_8_bits_without_a_scale_stay_with_the_engine(self) -> None:
        m = Model()
        x = m.input((1, 5, 6, 8), np.int8)
        shape = m.constant(np.int32([1, 240]))
        model = self.save(m, m.op("RESHAPE", [x, shape], (1, 240), dtype=np.int8, newShape=[1, 240]))
        made, report = engine.explained(model, least_gain=0)
        inputs = [np.arange(240).astype(np.int8).reshape(1, 5, 6, 8)]
        self.assertEqual(engine.run(made, inputs)[0].tobytes(), inputs[0].tobytes())
        self.assertEqual([n["reason"] for n in report["nodes"]], ["RESHAPE: an input of 8 bits has no scale"])

    def test_an_empty_graph(self) -> None:
        m = Model()
        x = m.input((1, 2, 2, 1))
        made, report = engine.explained(self.save(m, x), least_gain=0)
        self.assertEqual(report["nodes"], [])
        self.assertEqual(engine.run(made, [np.ones((1, 2, 2, 1), np.float32)])[0].sum(), 4)

    def test_a_damaged_file_is_the_engines_error(self) -> None:
        """In a process of its own: old engines read past the end of the file, and crash or not as memory happens to lie."""
        model = face_like(self.folder / "model.tflite")
        whole = model.read_bytes()

        def open_in_process(options: Optional[dict]) -> int:
            program = f"import engine; engine.interpreter({str(model)!r}, 1, {options})"
            return subprocess.run([sys.executable, "-c", program], stderr=subprocess.DEVNULL).returncode

        for length in (0, 7, len(whole) // 2):
            model.write_bytes(whole[:length])
            with self.subTest(length=length):
                code = open_in_process({"least_gain": 0})
                self.assertNotEqual(code, 0)
                if code < 0:
                    alone = [open_in_process(None) for _ in range(20)]
                    self.assertIn(code, alone, "the engine alone never ends like this")


class Runs(InFolder):
    def test_any_number_of_threads_gives_the_same_bits(self) -> None:
        model = face_like(self.folder / "model.tflite", size=64)
        outputs = [engine.run(made, engine.draw_inputs(made))[0].tobytes()
                   for made in (engine.interpreter(model, threads, {"least_gain": 0}) for threads in (1, 2, 3))]
        self.assertEqual(outputs[1:], outputs[:1] * 2)

    def test_inputs_are_resized(self) -> None:
        for signature in (None, (1, -1, -1, 3), (-1, -1, -1, 3)):
            m = Model()
            x = m.input((1, 16, 16, 3), signature=signature)
            x = m.conv(x, 24, 3, 2, activation="RELU6")
            y = m.conv(m.depthwise(x), 24)
            y = m.op("ADD", [x, y], m.shape(y))
            y = m.op("MAX_POOL_2D", [y], (1, 4, 4, 24), strideH=2, strideW=2, filterHeight=2, filterWidth=2)
            model = self.save(m, y, m.op("MEAN", [y, m.constant([1, 2], np.int32)], (1, 24)))
            plain = engine.interpreter(model)
            made, report = engine.explained(model, least_gain=0)
            self.assertEqual([n["reason"] for n in report["nodes"] if n["group"] < 0], [])
            for shape in [(1, 16, 16, 3), (1, 33, 18, 3), (2, 16, 16, 3), (1, 7, 64, 3), (1, 16, 16, 3)]:
                with self.subTest(signature=signature, shape=shape):
                    for each in (plain, made):
                        each.resize_tensor_input(each.get_input_details()[0]["index"], shape)
                        each.allocate_tensors()
                    inputs = engine.draw_inputs(plain)
                    self.assertLessEqual(engine.difference(engine.run(plain, inputs), engine.run(made, inputs)),
                                         engine.TOLERANCE)

    def test_sizes_that_come_with_the_run(self) -> None:
        """A reshape by an input makes the tensors after it dynamic."""
        m = Model()
        x, shape = m.input((1, 12, 4)), m.input((4,), np.int32)
        y = m.conv(m.op("RESHAPE", [x, shape], (1, 3, 4, 4)), 8, 3)
        model = self.save(m, m.op("RELU", [y], m.shape(y)))
        plain, (made, report) = engine.interpreter(model), engine.explained(model, least_gain=0)
        self.assertEqual(len(report["groups"]), 1)
        for sizes in ([1, 3, 4, 4], [1, 6, 2, 4], [3, 2, 2, 4], [1, 3, 4, 4]):
            inputs = [engine.draw_inputs(plain)[0], np.array(sizes, np.int32)]
            self.assertLessEqual(engine.difference(engine.run(plain, inputs), engine.run(made, inputs)), engine.TOLERANCE)

    def test_several_interpreters_run_at_once_on_one_delegate(self) -> None:
        model = face_like(self.folder / "model.tflite")
        delegate = engine.load_delegate(engine.LIBRARY, {"least_gain": 0})
        expected = engine.run(engine.interpreter(model), engine.draw_inputs(engine.interpreter(model)))
        worst: list[float] = []

        def work() -> None:
            made = engine.Interpreter(str(model), num_threads=2, experimental_delegates=[delegate])
            made.allocate_tensors()
            inputs = engine.draw_inputs(made)
            worst.extend(engine.difference(expected, engine.run(made, inputs)) for _ in range(20))

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(len(worst), 80)
        self.assertLessEqual(max(worst), engine.TOLERANCE)

    def test_interpreters_that_come_and_go_leave_nothing_behind(self) -> None:
        model = face_like(self.folder / "model.tflite", size=64)

        def once() -> None:
            made = engine.interpreter(model, 2, {"least_gain": 0})
            engine.run(made, engine.draw_inputs(made))
            del made
            gc.collect()

        for _ in range(20):
            once()
        memory, threads = resident_bytes(), threads_of_this_process()
        for _ in range(100):
            once()
        self.assertLessEqual(threads_of_this_process(), threads)
        # One interpreter of this model holds more than 1 MB.
        self.assertLess(resident_bytes() - memory, 8 << 20)


class Library(unittest.TestCase):
    def test_it_shows_two_functions_and_needs_the_c_library_alone(self) -> None:
        symbols = subprocess.run(["nm", "-D", "--defined-only", engine.LIBRARY], check=True, capture_output=True, text=True).stdout
        self.assertEqual(sorted(line.split()[-1] for line in symbols.splitlines()),
                         ["tflite_plugin_create_delegate", "tflite_plugin_destroy_delegate"])
        needed = subprocess.run(["readelf", "-d", engine.LIBRARY], check=True, capture_output=True, text=True).stdout
        libraries = [line.split("[")[1].split("]")[0] for line in needed.splitlines() if "(NEEDED)" in line]
        known = ("libc.so", "libm.so", "libpthread.so", "ld-linux")
        self.assertEqual([name for name in libraries if not name.startswith(known)], [])


def threads_of_this_process() -> int:
    return len(os.listdir("/proc/self/task"))


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        unittest.main()

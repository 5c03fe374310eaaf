"""What the provider is for its host: options, reports, errors, sessions and threads."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper

from small_models import mobile_network, model, weights
from support import LIBRARY, PROVIDER, devices, difference, explained, random_feeds, same_bits, session

NETWORK = mobile_network()
SIZES = ((1, 3, 64, 64), (1, 3, 32, 96), (2, 3, 65, 47), (1, 3, 64, 33))


def wrong(**options: str) -> str:
    """The sentence for wrong options; 1.23 prints it and goes on with the CPU's own provider."""
    code = f"from test_provider import *; session(NETWORK, **{options!r})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent)
    return result.stdout + result.stderr


class Library(unittest.TestCase):
    def test_shows_its_two_functions_alone(self):
        names = subprocess.run(["nm", "--dynamic", "--defined-only", LIBRARY], capture_output=True, text=True, check=True)
        self.assertEqual({line.split()[-1] for line in names.stdout.splitlines()}, {"CreateEpFactories", "ReleaseEpFactory"})

    def test_needs_the_c_library_alone(self):
        needed = subprocess.run(["readelf", "--dynamic", LIBRARY], capture_output=True, text=True, check=True).stdout
        libraries = {line.split("[")[1].rstrip("]") for line in needed.splitlines() if "(NEEDED)" in line}
        self.assertLessEqual({name.split(".so")[0] for name in libraries}, {"libc", "libm", "ld-linux-x86-64", "ld-linux-aarch64"})

    def test_is_listed_with_the_cpu(self):
        self.assertEqual({device.ep_vendor for device in devices()}, {"Tandem"})
        self.assertIn(PROVIDER, session(NETWORK).get_providers())


class OldHost(unittest.TestCase):
    """Of a version before 1.23, which has no function for plug-ins in Python: such a host is pretended."""

    def test_is_told_what_is_missing(self):
        refusals = []
        create_status = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p)(
            lambda code, sentence: refusals.append(sentence.decode()) or 1
        )
        functions = (ctypes.c_void_p * 1)(ctypes.cast(create_status, ctypes.c_void_p))  # OrtApi begins with CreateStatus
        get_api = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint32)(
            lambda version: ctypes.addressof(functions) if version <= 22 else None
        )
        get_version = ctypes.CFUNCTYPE(ctypes.c_char_p)(lambda: b"1.22.1")
        base = (ctypes.c_void_p * 2)(ctypes.cast(get_api, ctypes.c_void_p), ctypes.cast(get_version, ctypes.c_void_p))
        create = ctypes.CDLL(LIBRARY).CreateEpFactories
        create.restype = ctypes.c_void_p
        count = ctypes.c_size_t(1)
        factories = (ctypes.c_void_p * 1)()
        self.assertEqual(create(b"Tandem", base, None, factories, ctypes.c_size_t(1), ctypes.byref(count)), 1)
        self.assertEqual(count.value, 0)
        self.assertEqual(
            refusals,
            ["Tandem: the execution provider needs ONNX Runtime 1.23 or newer; this is 1.22.1, which runs without Tandem"],
        )


class Options(unittest.TestCase):
    def test_wrong_values(self):
        for options, sentence in (
            ({"least_gain": "-1"}, 'the option "least_gain" is "-1"; it may be a number of 0 or more'),
            ({"least_gain": "nan"}, 'the option "least_gain" is "nan"'),
            ({"least_gain": "1.5x"}, 'the option "least_gain" is "1.5x"'),
            ({"profile": "yes"}, 'the option "profile" is "yes"; it may be 0 or 1'),
            ({"rounding": "up"}, 'the option "rounding" is "up"; it may be "even", "single" or "double"'),
            ({"thread": "2"}, 'Tandem has no option "thread"; it has threads, least_gain, explain, profile and rounding'),
            ({"explain": "/nowhere/table"}, '"/nowhere/table"'),
        ):
            with self.subTest(options):
                self.assertIn(sentence, wrong(**options))

    def test_wrong_threads(self):
        for threads in ("-1", "257", "2.0", "", "many"):
            with self.subTest(threads):
                code = (
                    "from support import *; from test_provider import NETWORK; options = ort.SessionOptions();"
                    f"options.add_provider_for_devices(devices(), {{'threads': {threads!r}}});"
                    "ort.InferenceSession(NETWORK, options)"
                )
                result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parent)
                self.assertIn(f'the option "threads" is "{threads}"; it may be a whole number', result.stdout + result.stderr)

    def test_configuration_of_the_session(self):
        with tempfile.TemporaryDirectory() as folder:
            settings = ort.SessionOptions()
            settings.add_session_config_entry("ep.tandemexecutionprovider.explain", f"{folder}/by_configuration.json")
            settings.add_session_config_entry("ep.tandemexecutionprovider.threads", "2")
            settings.add_provider_for_devices(devices(), {})
            ort.InferenceSession(NETWORK, settings)
            self.assertEqual(json.loads(Path(folder, "by_configuration.json").read_text())["threads"], 2)

    def test_provider_by_name(self):
        if tuple(map(int, ort.__version__.split(".")[:2])) < (1, 25):
            self.skipTest(f"onnxruntime {ort.__version__} takes plug-ins by their devices alone")
        devices()
        named = ort.InferenceSession(NETWORK, providers=[(PROVIDER, {"threads": "2"}), "CPUExecutionProvider"])
        self.assertIn(PROVIDER, named.get_providers())

    def test_least_gain_that_nothing_reaches(self):
        report = explained(NETWORK, least_gain=1e9)
        self.assertEqual(report["groups"], [])
        self.assertTrue(all(node["reason"] for node in report["nodes"]))


class Reports(unittest.TestCase):
    def test_every_node_has_a_group_or_a_reason(self):
        report = explained(NETWORK, least_gain=0)
        self.assertEqual(report["engine"], "onnxruntime")
        self.assertGreater(len(report["nodes"]), 15)
        for node in report["nodes"]:
            self.assertNotEqual(node["group"] >= 0, bool(node["reason"]), node)

    def test_profile_measures_each_group(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "profile.json"
            profiled = session(NETWORK, least_gain=0, explain=path, profile=1)
            self.assertEqual([group["runs"] for group in json.loads(path.read_text())["groups"]], [0])
            for _ in range(3):
                profiled.run(None, random_feeds({"x": SIZES[0]}))
            del profiled
            gc.collect()
            [group] = json.loads(path.read_text())["groups"]
            self.assertEqual(group["runs"], 3)
            self.assertGreater(group["measured_seconds"], 0)

    def test_table_on_the_stream_once(self):
        result = subprocess.run(
            [sys.executable, "-c", "from test_provider import *; session(NETWORK, least_gain=0, explain='stderr')"],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parent,
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr.count("conv_c4"), 1, result.stderr)
        self.assertIn("Relu_y", result.stderr)


class Sessions(unittest.TestCase):
    def setUp(self):
        self.alone = session(NETWORK, tandem=False)

    def test_sizes_that_change(self):
        for threads in (1, 2, 3):
            own = session(NETWORK, threads, least_gain=0)
            for seed in range(3):
                for size in SIZES:
                    feeds = random_feeds({"x": size}, seed)
                    self.assertLess(difference(own.run(None, feeds), self.alone.run(None, feeds)), 1e-4)

    def test_more_sizes_than_plans_are_kept(self):
        own = session(NETWORK, 2, least_gain=0)
        for width in list(range(16, 60)) * 2:
            feeds = random_feeds({"x": (1, 3, 32, width)})
            self.assertLess(difference(own.run(None, feeds), self.alone.run(None, feeds)), 1e-4)

    def test_many_threads_run_one_session(self):
        for threads in (1, 2):
            own = session(NETWORK, threads, least_gain=0)
            feeds = [random_feeds({"x": size}, seed) for seed in range(4) for size in SIZES]
            wanted = [own.run(None, each) for each in feeds]
            with ThreadPoolExecutor(8) as pool:
                for _ in range(5):
                    for got, expected in zip(pool.map(lambda each: own.run(None, each), feeds), wanted, strict=True):
                        self.assertTrue(same_bits(got, expected))

    def test_several_sessions_at_once(self):
        feeds = random_feeds({"x": SIZES[0]})
        wanted = session(NETWORK, least_gain=0).run(None, feeds)

        def create_and_run(threads: int) -> list:
            return session(NETWORK, threads, least_gain=0).run(None, feeds)

        with ThreadPoolExecutor(6) as pool:
            for got in pool.map(create_and_run, [1, 2, 3] * 8):
                self.assertTrue(same_bits(got, wanted))

    def test_more_workers_than_the_pool_has_threads(self):
        feeds = random_feeds({"x": SIZES[0]})
        settings = ort.SessionOptions()
        settings.intra_op_num_threads = 1
        settings.add_provider_for_devices(devices(), {"threads": "8", "least_gain": "0"})
        got = ort.InferenceSession(NETWORK, settings).run(None, feeds)
        self.assertTrue(same_bits(got, session(NETWORK, least_gain=0).run(None, feeds)))

    def test_memory_does_not_grow_from_session_to_session(self):
        feeds = random_feeds({"x": SIZES[0]})

        def resident() -> int:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            return pages * os.sysconf("SC_PAGE_SIZE")

        def some(count: int) -> None:
            for _ in range(count):
                session(NETWORK, 2, least_gain=0).run(None, feeds)
                gc.collect()

        some(60)
        before = resident()
        some(200)
        # A network's weights are 60 KB, its tensors more.
        self.assertLess(resident() - before, 200 * 20_000)

    def test_images_that_are_empty(self):
        feeds = {"x": np.zeros((0, 3, 32, 32), np.float32)}
        self.assertEqual(session(NETWORK, least_gain=0).run(None, feeds)[0].shape, self.alone.run(None, feeds)[0].shape)

    def test_an_image_of_wrong_size_is_an_error(self):
        own = session(NETWORK, least_gain=0)
        with self.assertRaises(Exception):
            own.run(None, {"x": np.zeros((1, 4, 32, 32), np.float32)})
        feeds = random_feeds({"x": SIZES[0]})
        self.assertLess(difference(own.run(None, feeds), self.alone.run(None, feeds)), 1e-4)


class Models(unittest.TestCase):
    """Those that Tandem has nothing to give to run as if it were not there."""

    def same(self, network: bytes, feeds: dict) -> None:
        got = session(network, least_gain=0).run(None, feeds)
        wanted = session(network, tandem=False).run(None, feeds)
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_array_equal(one, other)
        self.assertEqual(explained(network, least_gain=0)["groups"], [])

    def of_type(self, tensor_type: int, array_type: type) -> None:
        nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Relu", ["c"], ["y"])]
        network = model(
            nodes,
            {"x": [1, 4, 9, 9]},
            ["y"],
            {"w": weights(1, 4, 4, 3, 3).astype(array_type)},
            types={"x": tensor_type, "y": tensor_type},
        )
        self.same(network, {"x": np.ones((1, 4, 9, 9), array_type)})

    def test_double(self):
        nodes = [helper.make_node("MatMul", ["x", "w"], ["c"]), helper.make_node("Sigmoid", ["c"], ["y"])]
        types = {"x": TensorProto.DOUBLE, "y": TensorProto.DOUBLE}
        self.same(model(nodes, {"x": [3, 4]}, ["y"], {"w": np.eye(4)}, types=types), {"x": np.ones((3, 4))})

    def test_half(self):
        self.of_type(TensorProto.FLOAT16, np.float16)

    def test_integers(self):
        nodes = [helper.make_node("Add", ["x", "n"], ["c"]), helper.make_node("Mul", ["c", "c"], ["y"])]
        types = {"x": TensorProto.INT64, "y": TensorProto.INT64}
        network = model(nodes, {"x": [5]}, ["y"], {"n": np.array([3], np.int64)}, types=types)
        self.same(network, {"x": np.arange(5)})

    def test_branches(self):
        conv = helper.make_node("Conv", ["x", "w"], ["then_y"])
        then = helper.make_graph([conv], "then", [], [helper.make_tensor_value_info("then_y", TensorProto.FLOAT, None)])
        other = helper.make_graph(
            [helper.make_node("Relu", ["x"], ["else_y"])], "else", [], [helper.make_tensor_value_info("else_y", TensorProto.FLOAT, None)]
        )
        nodes = [helper.make_node("If", ["c"], ["y"], then_branch=then, else_branch=other)]
        network = model(
            nodes, {"x": [1, 4, 9, 9], "c": [1]}, ["y"], {"w": weights(1, 4, 4, 3, 3)}, types={"c": TensorProto.BOOL}
        )
        for chosen in (True, False):
            feeds = random_feeds({"x": (1, 4, 9, 9)}) | {"c": np.array([chosen])}
            wanted = session(network, tandem=False).run(None, feeds)
            self.assertLess(difference(session(network, 2, least_gain=0).run(None, feeds), wanted), 1e-4)

    def test_loops(self):
        body_nodes = [helper.make_node("Conv", ["state", "w"], ["c"], pads=[1, 1, 1, 1]), helper.make_node("Add", ["c", "x"], ["next"])]

        def port(name, tensor_type, shape):
            return helper.make_tensor_value_info(name, tensor_type, shape)

        state = [1, 4, 9, 9]
        inputs = [port("i", TensorProto.INT64, []), port("go", TensorProto.BOOL, []), port("state", TensorProto.FLOAT, state)]
        again = helper.make_node("Identity", ["go"], ["again"])
        outputs = [port("again", TensorProto.BOOL, []), port("next", TensorProto.FLOAT, state)]
        body = helper.make_graph([again, *body_nodes], "body", inputs, outputs)
        nodes = [helper.make_node("Relu", ["x"], ["r"]), helper.make_node("Loop", ["n", "", "r"], ["y"], body=body)]
        constants = {"w": weights(1, 4, 4, 3, 3), "n": np.array(5, np.int64)}
        network = model(nodes, {"x": state}, ["y"], constants)
        feeds = random_feeds({"x": tuple(state)})
        wanted = session(network, tandem=False).run(None, feeds)
        self.assertLess(difference(session(network, 2, least_gain=0).run(None, feeds), wanted), 1e-4)

    def test_a_damaged_model_is_the_engines_error(self):
        with self.assertRaisesRegex(Exception, "INVALID_PROTOBUF|Protobuf"):
            session(NETWORK[:-100])


    def test_a_session_that_writes_compiled_models(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "network.onnx")
            path.write_bytes(NETWORK)
            settings = ort.SessionOptions()
            settings.log_severity_level = 3
            settings.add_session_config_entry("ep.context_enable", "1")
            settings.add_session_config_entry("ep.context_file_path", f"{folder}/compiled.onnx")
            settings.add_provider_for_devices(devices(), {"least_gain": "0"})
            feeds = random_feeds({"x": SIZES[0]})
            wanted = session(NETWORK, tandem=False).run(None, feeds)
            self.assertTrue(same_bits(ort.InferenceSession(str(path), settings).run(None, feeds), wanted))


class Machines(unittest.TestCase):
    """An instruction set with which Tandem gains nothing: one sentence, and the session works."""

    def run_with(self, isa: str) -> subprocess.CompletedProcess:
        code = (
            "from test_provider import *; own = session(NETWORK, severity=2, least_gain=0); feeds = random_feeds({'x': SIZES[0]});"
            "print(difference(own.run(None, feeds), session(NETWORK, tandem=False).run(None, feeds)));"
            "print(len(explained(NETWORK, least_gain=0)['groups']))"
        )
        environment = os.environ | {"TANDEM_ISA": isa}
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment, cwd=Path(__file__).parent
        )

    def test_no_vectors(self):
        result = self.run_with("scalar")
        self.assertEqual(result.stdout.split(), ["0.0", "0"], result.stderr)
        self.assertEqual(result.stderr.count("no instruction set with which Tandem is faster"), 1, result.stderr)

    def test_an_instruction_set_that_does_not_exist(self):
        result = self.run_with("mmx")
        self.assertEqual(result.stdout.split(), ["0.0", "0"], result.stderr)
        self.assertEqual(result.stderr.count("mmx"), 1, result.stderr)


if __name__ == "__main__":
    unittest.main()

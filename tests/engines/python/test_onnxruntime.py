"""tandem.onnxruntime: sessions with Tandem, and those that have to do without."""

from __future__ import annotations

import unittest
import warnings
from pathlib import Path
from unittest import mock

import numpy as np
import onnxruntime

import tandem.explain
import tandem.onnxruntime
from support import MODELS, ONNX_MODELS, InFolder, difference, drawing, needs_models, onnx_mean_of_bytes, onnx_model

BOTH = ["TandemExecutionProvider", "CPUExecutionProvider"]
ALONE = ["CPUExecutionProvider"]


def outputs(session: onnxruntime.InferenceSession, shape: tuple[int, ...]) -> list:
    return session.run(None, {session.get_inputs()[0].name: drawing(shape)})


class Sessions(InFolder):
    shape = (1, 3, 24, 20)

    def setUp(self) -> None:
        super().setUp()
        self.model = self.folder / "model.onnx"
        self.model.write_bytes(onnx_model())
        self.expected = outputs(onnxruntime.InferenceSession(str(self.model), providers=ALONE), self.shape)

    def check(self, session: onnxruntime.InferenceSession, providers: list[str] = BOTH) -> None:
        self.assertEqual(session.get_providers(), providers)
        self.assertLessEqual(difference(self.expected, outputs(session, self.shape)), 1e-4)

    def test_a_path_as_text_or_object_and_bytes_are_models(self) -> None:
        for model in (self.model, str(self.model), self.model.read_bytes()):
            with self.subTest(kind=type(model).__name__), warnings.catch_warnings():
                warnings.simplefilter("error")
                self.check(tandem.onnxruntime.session(model, threads=2))

    def test_options_of_the_caller_are_kept_and_added_to(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 3
        options.log_severity_level = 4
        explained = self.folder / "explained.json"
        self.check(tandem.onnxruntime.session(self.model, options, explain=explained, least_gain=0))
        self.assertEqual((options.intra_op_num_threads, options.log_severity_level), (3, 4))
        self.assertEqual(tandem.explain.read(explained).threads, 3)

    def test_threads_are_onnx_runtimes_and_tandems(self) -> None:
        explained = self.folder / "explained.json"
        options = tandem.onnxruntime.session_options(threads=2, explain=explained)
        self.assertEqual(options.intra_op_num_threads, 2)
        self.check(onnxruntime.InferenceSession(str(self.model), options))
        self.assertEqual(tandem.explain.read(explained).threads, 2)

    def test_a_registered_provider_is_taken_by_its_name_where_onnx_runtime_does_so(self) -> None:
        self.assertTrue(tandem.onnxruntime.register())
        self.assertTrue(tandem.onnxruntime.register())
        if tandem.onnxruntime.PROVIDER not in onnxruntime.get_available_providers():
            self.skipTest(f"onnxruntime {onnxruntime.__version__} takes no registered provider by its name")
        providers = [(tandem.onnxruntime.PROVIDER, {"threads": "2"}), *ALONE]
        self.check(onnxruntime.InferenceSession(str(self.model), providers=providers))

    def test_registering_changes_no_session_that_does_not_ask_for_it(self) -> None:
        tandem.onnxruntime.register()
        self.check(onnxruntime.InferenceSession(str(self.model)), ALONE)

    def test_everything_can_be_claimed_and_nothing(self) -> None:
        for least_gain, claimed in ((0, True), (1e3, False)):
            with self.subTest(least_gain=least_gain):
                explained = self.folder / "explained.json"
                session = tandem.onnxruntime.session(self.model, explain=explained, least_gain=least_gain)
                self.assertLessEqual(difference(self.expected, outputs(session, self.shape)), 1e-4)
                self.assertEqual({node.claimed for node in tandem.explain.read(explained).nodes}, {claimed})

    def test_wrong_options_are_named_with_what_they_may_be(self) -> None:
        for options, sentence in (
            ({"threads": 0}, "threads is 0; it may be None or a whole number from 1 to 256"),
            ({"threads": 257}, "threads is 257"),
            ({"threads": True}, "threads is True"),
            ({"threads": "2"}, "threads is '2'"),
            ({"least_gain": -1}, "least_gain is -1; it may be None or a number from 0 on"),
            ({"least_gain": float("nan")}, "least_gain is nan"),
            ({"rounding": "up"}, 'rounding is \'up\'; it may be None, "even", "single" or "double"'),
            ({"explain": ""}, 'explain is ""; it may be None, "stderr" or the path of a file'),
        ):
            with self.subTest(options=options), self.assertRaises(ValueError) as caught:
                tandem.onnxruntime.session(self.model, **options)
            self.assertIn(sentence, str(caught.exception))

    def test_a_rounding_reaches_the_operators(self) -> None:
        halves = np.float32([[[[0, 1]], [[0, -1]], [[1, 2]], [[-1, -2]]]])
        for rounding, expected in ((None, [0, 0, 2, -2]), ("even", [0, 0, 2, -2]), ("double", [1, -1, 2, -2])):
            with self.subTest(rounding=rounding):
                session = tandem.onnxruntime.session(onnx_mean_of_bytes(), least_gain=0, rounding=rounding)
                self.assertEqual(session.run(None, {"x": halves})[0].ravel().tolist(), expected)

    def test_a_damaged_and_a_missing_model_are_the_engines_errors(self) -> None:
        damaged = self.folder / "damaged.onnx"
        damaged.write_bytes(self.model.read_bytes()[:200])
        for model in (damaged, self.folder / "missing.onnx"):
            with self.subTest(model=model.name):
                with self.assertRaises(Exception) as of_engine:
                    onnxruntime.InferenceSession(str(model), providers=ALONE)
                with self.assertRaises(type(of_engine.exception)):
                    tandem.onnxruntime.session(model)

    def check_alone(self, sentence: str) -> None:
        with self.assertWarnsRegex(RuntimeWarning, f"^Tandem is not used: .*{sentence}") as caught:
            session = tandem.onnxruntime.session(self.model, threads=1)
        self.assertEqual(Path(caught.filename).name, Path(__file__).name)
        self.check(session, ALONE)
        with self.assertWarnsRegex(RuntimeWarning, sentence):
            self.assertFalse(tandem.onnxruntime.register())

    def test_an_engine_that_is_too_old_works_alone(self) -> None:
        for version in ("1.22.1", "1.23.1", "0.9"):
            with self.subTest(version=version), mock.patch.object(onnxruntime, "__version__", version):
                self.check_alone(f"onnxruntime {version} cannot run it; 1.23.2 and newer can")

    def test_a_build_of_the_engine_without_plug_ins_works_alone(self) -> None:
        register = onnxruntime.register_execution_provider_library
        del onnxruntime.register_execution_provider_library
        self.addCleanup(setattr, onnxruntime, "register_execution_provider_library", register)
        self.check_alone("this build of onnxruntime .* cannot load execution providers")

    def test_a_library_that_is_missing_or_none_leaves_the_engine_alone(self) -> None:
        none = self.folder / "none.so"
        none.write_text("no library")
        for library, sentence in (
            (self.folder / "missing.so", "missing.so is missing"),
            (none, "cannot load .*none.so"),
        ):
            with (
                self.subTest(library=library.name),
                mock.patch.object(tandem.onnxruntime, "onnxruntime_library", return_value=library),
                mock.patch.object(onnxruntime, "get_ep_devices", return_value=[]),
            ):
                self.check_alone(sentence)

    def test_a_cpu_without_a_device_leaves_the_engine_alone(self) -> None:
        with (
            mock.patch.object(onnxruntime, "get_ep_devices", return_value=[]),
            mock.patch.object(onnxruntime, "register_execution_provider_library"),
        ):
            self.check_alone("found no CPU that it supports")

    def test_a_model_that_the_provider_gives_up_runs_in_the_engine_alone(self) -> None:
        create = onnxruntime.InferenceSession

        class NotImplemented(Exception):  # noqa: A001  onnxruntime's own name
            """As onnxruntime raises it for a provider's status."""

        def giving_up(model: object, options: object, **arguments: object) -> onnxruntime.InferenceSession:
            if "providers" not in arguments:
                raise NotImplemented("[ONNXRuntimeError] : 9 : NOT_IMPLEMENTED : Tandem: Conv has nine axes")
            return create(model, options, **arguments)

        with (
            mock.patch.object(onnxruntime, "InferenceSession", giving_up),
            warnings.catch_warnings(record=True) as caught,
        ):
            warnings.simplefilter("always")
            session = tandem.onnxruntime.session(self.model)
        self.assertEqual([str(warning.message) for warning in caught], ["Tandem is not used: Conv has nine axes"])
        self.check(session, ALONE)

    def test_other_providers_are_refused(self) -> None:
        with self.assertRaisesRegex(TypeError, "names the providers itself"):
            tandem.onnxruntime.session(self.model, providers=ALONE)


@needs_models
class RealModels(unittest.TestCase):
    def test_answers_are_onnx_runtimes(self) -> None:
        for name, shape in ONNX_MODELS.items():
            with self.subTest(model=name):
                path = MODELS / name
                expected = outputs(onnxruntime.InferenceSession(str(path), providers=ALONE), shape)
                found = outputs(tandem.onnxruntime.session(path, threads=2), shape)
                self.assertLessEqual(difference(expected, found), 1e-4)


if __name__ == "__main__":
    unittest.main()

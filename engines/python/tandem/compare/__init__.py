"""tandem-compare: one model in its engine alone and in its engine with Tandem, in turns.

arguments -> models (ONNX or TFLite) -> inputs (shapes, picture) -> rounds (times) -> report (text, JSON) -> plot
"""


class CompareError(Exception):
    """The comparison cannot be made; the message is one sentence for the user."""

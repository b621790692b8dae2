"""The calibration plot is a picture any browser shows."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from lab.scoring.calibration import MARGIN, SIDE, CalibrationBin, ThresholdScore, calibration_plot

shares = st.floats(0, 1)


@given(st.lists(st.builds(CalibrationBin, st.integers(1, 10**6), shares, shares), max_size=12))
def test_a_dot_for_every_bin_inside_the_frame(bins):
    dots = ElementTree.fromstring(calibration_plot(bins)).findall("{http://www.w3.org/2000/svg}circle")
    assert len(dots) == len(bins)
    for dot, one in zip(dots, bins, strict=True):
        x, y = float(dot.get("cx")), float(dot.get("cy"))
        assert MARGIN <= x <= MARGIN + SIDE
        assert MARGIN <= y <= MARGIN + SIDE
        assert abs((x - MARGIN) / SIDE - one.score) < 0.001  # to the right: what the model says
        assert abs((MARGIN + SIDE - y) / SIDE - one.share_right) < 0.001  # upwards: what is so


def test_recall_is_of_all_mentions_and_precision_of_those_linked():
    score = ThresholdScore(0.99, offered=8, right=6, mentions=12)
    assert (score.precision, score.recall, score.f1) == (0.75, 0.5, 0.6)
    nothing = ThresholdScore(0.99, 0, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)

"""Points drawn by clicking."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

from gmm_teach.widgets.sketch import CLOUD, SIDE, SPREAD, Sketch


def shares(sketch, place):
    """Where on the picture a place of the sheet lies."""
    pixels = sketch._ax.transData.transform(place) / sketch._canvas._agg.figure.bbox.max
    return pixels[0], 1 - pixels[1]


@pytest.fixture
def sketch():
    return Sketch()


@pytest.mark.parametrize("place", [(5.0, 5.0), (0.5, 9.5), (9.0, 1.0)])
def test_a_click_puts_a_point_where_it_was(sketch, place):
    sketch.add(*shares(sketch, place))
    assert sketch.x == pytest.approx(np.array([place]))


def test_clicks_beside_the_sheet_put_nothing(sketch):
    for place in [(-1.0, 5.0), (5.0, SIDE + 0.5)]:
        sketch.add(*shares(sketch, place))
    assert sketch.x.shape == (0, 2)


def test_a_cloud_has_ten_points_around_the_click(sketch):
    sketch.clouds = True
    sketch.add(*shares(sketch, (5.0, 5.0)))
    assert sketch.x.shape == (CLOUD, 2)
    assert np.abs(sketch.x.mean(axis=0) - 5).max() < 4 * SPREAD / np.sqrt(CLOUD)
    assert len(np.unique(sketch.x, axis=0)) == CLOUD


def test_undo_takes_back_a_click_and_no_more_than_there_are(sketch):
    sketch.clouds = True
    sketch.add(*shares(sketch, (5.0, 5.0)))
    sketch.clouds = False
    sketch.add(*shares(sketch, (1.0, 1.0)))
    sketch.undo()
    assert len(sketch.x) == CLOUD
    sketch.undo()
    sketch.undo()
    assert len(sketch.x) == 0


def test_too_few_points_are_no_dataset(sketch):
    sketch.add(*shares(sketch, (5.0, 5.0)))
    with pytest.raises(ValueError, match="the sheet has 1 points, too few"):
        sketch.dataset()
    sketch.add(*shares(sketch, (6.0, 5.0)))
    assert sketch.dataset().x == pytest.approx(np.array([[5.0, 5.0], [6.0, 5.0]]))


def test_the_picture_shows_each_click(sketch):
    empty = sketch.png()
    assert imread(BytesIO(empty)).shape[:2] == (720, 1440)
    sketch.add(*shares(sketch, (5.0, 5.0)))
    assert sketch.png() != empty
    assert "1 points" in sketch.words()["sentence"]
    sketch.undo()
    assert sketch.png() == empty

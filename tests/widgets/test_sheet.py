"""Points drawn by clicking."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

from gmm_teach.widgets.sheet import CLOUD, SIDE, SPREAD, Sheet


def shares(sheet, place):
    """Where on the picture a place of the sheet lies."""
    pixels = sheet._ax.transData.transform(place) / sheet._canvas._agg.figure.bbox.max
    return pixels[0], 1 - pixels[1]


@pytest.fixture
def sheet():
    return Sheet()


@pytest.mark.parametrize("place", [(5.0, 5.0), (0.5, 9.5), (9.0, 1.0)])
def test_a_click_puts_a_point_where_it_was(sheet, place):
    sheet.add(*shares(sheet, place))
    assert sheet.x == pytest.approx(np.array([place]))


def test_clicks_beside_the_sheet_put_nothing(sheet):
    for place in [(-1.0, 5.0), (5.0, SIDE + 0.5)]:
        sheet.add(*shares(sheet, place))
    assert sheet.x.shape == (0, 2)


def test_a_cloud_has_ten_points_around_the_click(sheet):
    sheet.clouds = True
    sheet.add(*shares(sheet, (5.0, 5.0)))
    assert sheet.x.shape == (CLOUD, 2)
    assert np.abs(sheet.x.mean(axis=0) - 5).max() < 4 * SPREAD / np.sqrt(CLOUD)
    assert len(np.unique(sheet.x, axis=0)) == CLOUD


def test_undo_takes_back_a_click_and_no_more_than_there_are(sheet):
    sheet.clouds = True
    sheet.add(*shares(sheet, (5.0, 5.0)))
    sheet.clouds = False
    sheet.add(*shares(sheet, (1.0, 1.0)))
    sheet.undo()
    assert len(sheet.x) == CLOUD
    sheet.undo()
    sheet.undo()
    assert len(sheet.x) == 0


def test_too_few_points_are_no_dataset(sheet):
    sheet.add(*shares(sheet, (5.0, 5.0)))
    with pytest.raises(ValueError, match="the sheet has 1 point, too few"):
        sheet.dataset()
    sheet.add(*shares(sheet, (6.0, 5.0)))
    assert sheet.dataset().x == pytest.approx(np.array([[5.0, 5.0], [6.0, 5.0]]))


def test_the_picture_shows_each_click(sheet):
    empty = sheet.png()
    assert imread(BytesIO(empty)).shape[:2] == (720, 1440)
    sheet.add(*shares(sheet, (5.0, 5.0)))
    assert sheet.png() != empty
    assert "1 point so far" in sheet.words()["sentence"]
    sheet.undo()
    assert sheet.png() == empty

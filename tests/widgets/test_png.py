"""Pixels to PNG: two libraries must read back every pixel."""

from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread
from PIL import Image

from gmm_teach.widgets.picture import png

SHAPES = [(1, 1), (1, 7), (5, 1), (33, 20), (500, 1000)]


def pixels_of(shape, channels):
    return np.random.default_rng(0).integers(0, 256, size=(*shape, channels), dtype=np.uint8)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("channels", [3, 4])
def test_every_pixel_comes_back(shape, channels):
    pixels = pixels_of(shape, channels)
    image = Image.open(BytesIO(png(pixels)))
    image.load()  # where Pillow checks the sums of the chunks
    assert (image.format, image.mode) == ("PNG", "RGB")
    np.testing.assert_array_equal(np.asarray(image), pixels[..., :3])
    np.testing.assert_array_equal(np.round(255 * imread(BytesIO(png(pixels)))), pixels[..., :3])


def test_pixels_of_any_memory_order_come_back():
    pixels = pixels_of((8, 6), 3)
    for other in (np.asfortranarray(pixels), pixels[::-1, ::2], pixels[:, ::-1]):
        np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(png(other)))), other)


def test_a_page_that_is_mostly_white_is_small():
    page = np.full((500, 1000, 4), 255, dtype=np.uint8)
    page[100:120, 200:300, 1] = 0
    assert len(png(page)) < page.nbytes / 100

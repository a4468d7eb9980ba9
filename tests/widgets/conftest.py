"""What the tests of the widgets share."""

import pytest
from matplotlib.figure import Figure

from gmm_teach.widgets import picture


@pytest.fixture(scope="module")
def coarse_pictures():
    """Coarse pictures without a layout engine, for tests that do not look at them: these take most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(picture, "FINE", 40)
        patch.setattr(picture, "Figure", lambda **settings: Figure(**(settings | {"layout": None})))
        yield

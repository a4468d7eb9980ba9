"""What the tests of the widgets share."""

from types import SimpleNamespace

import pytest

from gmm_teach.widgets import picture


@pytest.fixture
def coarse_pictures(request, monkeypatch):
    """Coarse pictures whose panels stay where they are: sharpness and layout take most of a test's time.

    A module whose tests seldom look at pixels uses it for all; its test that does look asks for `sharp_pictures`.
    """
    if "sharp_pictures" not in request.fixturenames:
        monkeypatch.setattr(picture, "FINE", 40)
        monkeypatch.setattr(picture, "ConstrainedLayoutEngine", lambda: SimpleNamespace(execute=lambda figure: None))


@pytest.fixture
def sharp_pictures():
    """Pictures as readers get them, in a module whose other tests have coarse ones."""

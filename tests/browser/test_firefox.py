"""A player on a page of its own, in Firefox, which reads it from a file. Where there is none it is skipped."""

import pytest

from gmm_teach import Stepper, datasets

from .firefox import HOW_TO_GET_FIREFOX, find_firefox, running_firefox
from .jupyterlab import PATIENCE_TO_RUN

pytestmark = pytest.mark.skipif(find_firefox() is None, reason=HOW_TO_GET_FIREFOX)

BUTTON = "() => [...document.querySelectorAll('.gmm-player button')].find(button => button.textContent === '{}')"
PICTURE = "() => [...document.querySelectorAll('.gmm-player img')].some(image => image.complete && image.naturalWidth)"
WORDS = "() => document.querySelector('.gmm-sentence').textContent"
CHANGED = "() => document.querySelector('.gmm-sentence').textContent !== {!r}"


@pytest.fixture
def firefox(tmp_path):
    profile = tmp_path / "profile"
    profile.mkdir()
    with running_firefox(profile, PATIENCE_TO_RUN) as firefox:
        yield firefox


def step_and_back(firefox):
    """Press Step and Back on the first player, and see that its words change and return."""
    firefox.wait_for(PICTURE)
    first = firefox.evaluate(WORDS)
    firefox.click(BUTTON.format("Step"))
    firefox.wait_for(CHANGED.format(first))
    firefox.click(BUTTON.format("Back"))
    firefox.click(BUTTON.format("Back"))
    firefox.wait_for(f"() => !({CHANGED.format(first)})()")


def test_a_player_works_on_a_page_of_its_own(firefox, tmp_path):
    post = datasets.load_post()
    page = tmp_path / "player.html"
    page.write_text(Stepper(post.x, post.start).freeze(), encoding="utf-8")
    firefox.go(page.as_uri())
    step_and_back(firefox)

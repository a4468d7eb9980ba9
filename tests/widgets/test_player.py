"""What the kernel tells the browser, and the player that needs no kernel."""

import json
import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from matplotlib.image import imread

from gmm_teach import Stepper, datasets, starts
from gmm_teach.datasets import gallery
from gmm_teach.widgets.playback import Playback
from gmm_teach.widgets.player import frozen_place
from gmm_teach.widgets.stepper import _frames_to_keep

pytestmark = pytest.mark.usefixtures("coarse_pictures")


@pytest.fixture
def stepper(post):
    return Stepper(post.x, post.start)


@pytest.fixture
def sent(stepper, monkeypatch):
    """What the player sends, as it is sent."""
    messages = []
    monkeypatch.setattr(type(stepper.player), "send", lambda _, content: messages.append(content))
    return messages


def frames_of(html):
    """The place of a frozen player, what it is told, and its frames."""
    place = re.search(r"<div id='([^']+)'>", html).group(1)
    data = json.loads(re.search(r"<script type='application/json'>(.*?)</script>", html, re.DOTALL).group(1))
    assert f"startFrozen(document.getElementById('{place}').firstChild);" in html
    return place, data["told"], data["frames"]


def test_a_frame_is_sent_when_the_browser_asks(stepper, sent):
    stepper.player._on_message(None, {"kind": "want", "frame": 3, "edition": stepper.player.edition}, None)
    (content,) = sent
    words, png = stepper._draw(3)
    address = content.pop("picture")
    assert address.startswith("data:image/png;base64,")
    assert b64decode(address.partition(",")[2]) == png
    assert content == words | {"frame": 3, "edition": stepper.player.edition}
    assert stepper.frame == -1  # it was only asked for


def test_a_question_about_an_earlier_run_gets_no_answer(stepper, sent):
    edition = stepper.player.edition
    stepper.begin(2)
    stepper.player._on_message(None, {"kind": "want", "frame": 20, "edition": edition}, None)
    assert sent == []


@pytest.mark.slow
@pytest.mark.usefixtures("sharp_pictures")
def test_a_frozen_player_holds_every_frame(stepper):
    stepper.go(5)
    html = stepper.freeze()
    place, told, frames = frames_of(html)
    assert html.count(place) == 2  # the element, and the call
    assert len(frames) == 26
    assert (told["position"]["frame"], told["first_frame"], told["last_frame"]) == (-1, -1, 24)
    assert stepper.frame == 5
    for number, frame in enumerate(frames, start=-1):
        words, png = stepper._draw(number)
        assert {name: frame[name] for name in words} == words
        kept = imread(BytesIO(b64decode(frame["picture"].partition(",")[2])))
        assert kept.shape[:2] == (720, 1440)
        assert np.abs(kept[..., :3] - imread(BytesIO(png))[..., :3]).mean() < 0.01  # 128 colours are enough


@pytest.mark.usefixtures("sharp_pictures")
def test_a_screen_that_is_not_sharp_gets_fewer_pixels_but_not_in_a_frozen_page(stepper):
    stepper.go(3)
    edition = stepper.player.edition
    stepper.player.fine = False
    assert imread(BytesIO(stepper._draw(3)[1])).shape[:2] == (500, 1000)
    assert (stepper.frame, stepper.player.edition) == (3, edition + 1)
    stepper.restyle(soft=True)
    assert imread(BytesIO(stepper._draw(3)[1])).shape[:2] == (500, 1000)
    kept = frames_of(stepper.freeze(1))[2][0]["picture"]
    assert imread(BytesIO(b64decode(kept.partition(",")[2]))).shape[:2] == (720, 1440)
    stepper.restyle(lecture=True)  # where the picture is larger than usual
    assert imread(BytesIO(stepper._draw(3)[1])).shape[:2] == (720, 1440)


@pytest.mark.slow
def test_a_frozen_player_is_small_plain_and_needs_no_network(stepper):
    html = stepper.freeze()
    assert html.isascii()
    assert len(html) / 25 * 30 < 3e6
    assert "://" not in html
    assert re.findall("<script[^>]*>", html) == ["<script type='application/json'>", "<script>"]
    assert html.count("</script>") == 2


def test_a_frozen_page_has_a_language_and_a_title(stepper):
    assert stepper.freeze(1).startswith("<!doctype html>\n<html lang='en'>\n<title>EM, step by step</title>\n")


@pytest.mark.slow
def test_two_frozen_players_do_not_share_their_place(stepper):
    assert frames_of(stepper.freeze(1))[0] != frames_of(stepper.freeze(1))[0]


@pytest.mark.slow
def test_a_long_run_is_cut_and_says_so(stepper):
    _, told, frames = frames_of(stepper.freeze(last_step=2))
    assert (told["last_frame"], len(frames)) == (4, 6)
    assert "This player ends here" in frames[-1]["sentence"]
    assert "This player ends here" not in frames_of(stepper.freeze())[2][-1]["sentence"]


def test_a_sheet_in_the_place_of_the_run_is_not_frozen(stepper):
    stepper.more.data.drawing.value = True
    with pytest.raises(ValueError, match="put it away"):
        stepper.freeze(1)
    stepper.more.data.drawing.value = False
    assert len(frames_of(stepper.freeze(1))[2]) == 4


@pytest.mark.parametrize(("last_step", "error"), [(-1, ValueError), (1.5, TypeError), (None, TypeError)])
def test_a_bad_last_step_is_named(stepper, last_step, error):
    with pytest.raises(error, match="last_step"):
        stepper.freeze(last_step)


@pytest.mark.parametrize("evil", ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028</SCRIPT "])
def test_names_of_columns_stay_words(post, evil):
    stepper = Stepper(post.x, post.start, columns=[evil, "'><b>"], max_steps=1)
    html = stepper.freeze()
    assert "<b>" not in html.partition("<script")[0]  # nor out of the alternative text
    # a script ends at "</script", unless "<!--" and "<script" came before
    marks = [mark.lower() for mark in re.findall(r"<!--|</?script", html, re.IGNORECASE)]
    assert marks == ["<script", "</script"] * 2
    assert frames_of(html)[2][0]["alt"] == stepper._draw(-1)[0]["alt"]


def test_the_ordinary_picture_is_that_of_the_frame(stepper):
    stepper.go(4)
    bundle = stepper.player.still_bundle()
    words, png = stepper._draw(4)
    assert bundle["text/plain"] == words["alt"]
    assert np.abs(imread(BytesIO(bundle["image/png"]))[..., :3] - imread(BytesIO(png))[..., :3]).mean() < 0.01
    assert f"id='{stepper.player.still}'" in bundle["text/html"]
    assert words["position"] in bundle["text/html"]


def test_showing_a_stepper_leaves_the_widget_and_the_picture(stepper, monkeypatch):
    shown = []
    monkeypatch.setattr("gmm_teach.widgets.stepper.display", lambda bundle, raw: shown.append(bundle))
    stepper._ipython_display_()
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
    assert "image/png" in shown[1]


@pytest.mark.usefixtures("sharp_pictures")
def test_the_timeline_covers_the_curve(stepper):
    line = stepper.player.timeline
    ax = stepper._picture._curve_ax
    for t in (0, 5, 12):
        across = line["left"] + (t - line["first"]) / (line["last"] - line["first"]) * (line["right"] - line["left"])
        pixel = ax.transData.transform((t, -3000.0))[0] / ax.figure.bbox.width
        assert across == pytest.approx(pixel)


def test_what_the_browser_runs_is_plain_ascii(stepper):
    assert stepper.player._esm.isascii()
    assert stepper.player._css.isascii()


def test_earlier_editions_never_come_back(post, stepper):
    editions = [stepper.player.edition]
    for act in (
        lambda: stepper.restyle(soft=True),
        lambda: stepper.begin(starts.random_points(post.x, 3, 1)),
        lambda: stepper.use(datasets.load_old_faithful()),
        stepper.forget_earlier,
    ):
        act()
        editions.append(stepper.player.edition)
    assert editions == sorted(set(editions))


@pytest.mark.parametrize("last_step", [0, 2, 7, 40])
def test_a_film_with_its_end_is_no_longer_and_has_the_frames_of_the_run(stepper, last_step):
    (plain, contents), (told, with_end) = stepper.film(last_step), stepper.film(last_step, with_end=True)
    kept = told["kept"]
    assert len(kept) == len(with_end) == len(contents)
    assert told["last_frame"] == plain["last_frame"]
    assert kept == sorted(set(kept))
    assert kept[:2] == [-1, 0]
    for number, (words, _) in zip(kept, with_end, strict=True):
        assert words["position"] == stepper._say(number)["position"]
    if last_step >= 2:
        assert kept[-1] == 24
        assert "Converged" in with_end[-1][0]["sentence"]


def test_a_film_says_at_each_gap_what_it_leaves_out(stepper):
    told, contents = stepper.film(9, with_end=True)
    found = set()
    for number, following, (words, _) in zip(told["kept"], [*told["kept"][1:], None], contents, strict=True):
        left_out = set(range(number + 1, 25 if following is None else following))
        assert ("This player leaves" in words["sentence"]) == bool(left_out)
        numbers = [int(digits) for digits in re.findall(r"\d+", words["sentence"].partition("This player")[2])]
        if left_out:
            first, *last, after = numbers
            assert left_out == set(range(2 * first - 1, 2 * (last or [first])[0] + 1))
            assert following == 2 * after - 1
            found |= left_out
    assert found | set(told["kept"]) == set(range(-1, 25))


@pytest.mark.parametrize(
    "make",
    [gallery.equal_components, gallery.poor_and_good_maximum, gallery.wild_units, gallery.overlapping_clusters],
)
def test_the_players_of_the_site_reach_the_end_of_every_case(make):
    case = make()
    for start in case.starts:
        playback = Playback(case.data.x, start, max_steps=1000)  # as notebook 09 does
        assert playback.converged
        kept = _frames_to_keep(playback, 26)
        assert kept[-1] == playback.last_frame
        assert len(kept) == min(26, len(playback.states) - 1) * 2 + 2
        assert max(np.diff(kept)) - 1 <= 2 * np.ceil(len(playback.states) / 12)  # no gap is much longer than others


@pytest.mark.usefixtures("sharp_pictures")
def test_telephones_get_the_same_frames_with_the_panels_stacked(stepper):
    kept = []
    keep = lambda png: kept.append(png) or f"{len(kept)}.png"  # noqa: E731
    html = frozen_place(*stepper.film(1), keep, stepper.film(1, narrow=True))
    data = json.loads(re.search(r"<script type='application/json'>(.*?)</script>", html, re.DOTALL)[1])
    assert [[frame["picture"], frame["narrow"]] for frame in data["frames"]] == [
        [f"{i}.png", f"{i + 4}.png"] for i in range(1, 5)
    ]
    shapes = [imread(BytesIO(png)).shape[:2] for png in kept]
    assert shapes == [(720, 1440)] * 4 + [(1296, 720)] * 4
    wide, narrow = data["told"], data["told"] | data["on_phones"]
    assert (wide["narrow"], narrow["narrow"]) == (False, True)
    assert wide["timeline"]["left"] > wide["panel"]["right"]  # side by side
    assert narrow["timeline"]["top"] > narrow["panel"]["bottom"]  # stacked
    assert "points" not in narrow["panel"]  # they are the same, and come once


@pytest.mark.usefixtures("sharp_pictures")
def test_a_narrow_live_player_freezes_the_geometry_of_what_it_freezes(stepper):
    wide, _ = stepper.film(0)
    stepper.player.narrow = True
    again, _ = stepper.film(0)
    assert again["panel"] == wide["panel"]
    assert again["timeline"] == wide["timeline"]

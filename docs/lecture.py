"""The deck of the 50-minute lecture in docs/teaching.md: its slides in the order of the plan, one question on each.

`python docs/make_slides.py lecture` makes the page. A slide is its words, the notes for the lecturer, and the code,
if any, whose output it shows. No slide shows the answer to its question.
"""

# ruff: noqa: E501  (the words of a slide stay in one piece)
from nbformat import v4

SET_UP = """\
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import HTML

from gmm_teach import Mixture, Stepper, datasets, plots, run_em, starts
from gmm_teach.widgets import explorers

LARGE = {"font.size": 20, "axes.labelsize": 22}  # to be read from the last row
post = datasets.load_post()
x, start = post.x, post.start
run = run_em(x, start)


def draw(*panels, height=5.4):
    with plt.rc_context(LARGE):
        size = (11 if len(panels) > 1 else 7, height)
        figure, axes = plt.subplots(1, len(panels), figsize=size, layout="constrained", squeeze=False)
        for ax, (title, T, mixture) in zip(axes[0], panels, strict=True):
            plots.style_axes(ax, "x", "y")
            ax.tick_params(labelsize=18)
            plots.draw_points(ax, x, T)
            if mixture is not None:
                plots.draw_ellipses(ax, mixture)
                plots.draw_means(ax, mixture.means)
            ax.set_title(title, loc="left")
            ax.set_aspect("equal", "datalim")  # so that a round cluster is round
        plt.show()


def player(last_step):
    with plt.rc_context({"font.size": 14, "axes.labelsize": 15}):
        stepper = Stepper(x, start, columns=post.columns)
        stepper.restyle(lecture=True)
        return HTML(stepper.freeze(last_step))"""

BOUND = """\
two_groups = np.concatenate([np.linspace(-3, -1, 12), np.linspace(1, 3, 8)])[:, None]
bound = explorers.BoundExplorer(two_groups, Mixture([0.5, 0.5], [[0.3], [0.0]], [[[0.36]], [[6.25]]]))
bound"""

CURVE = """\
with plt.rc_context(LARGE):
    figure, ax = plt.subplots(figsize=(11, 4.2), layout="constrained")
    plots.style_axes(ax, "step t", "log L (nats)")
    ax.tick_params(labelsize=18)
    plots.draw_log_likelihood(ax, [state.log_likelihood for state in run.states[:8]])
    plt.show()"""
STYLE = """<style>
.reveal section:not(:has(img)) p { font-size: 36px; } .reveal section:not(:has(img)) table { font-size: 34px !important; }
.reveal section:has(.gmm-player) h3, .reveal section:has(.film) h3 { margin: 0; }
.reveal .gmm-player details, .reveal .gmm-player > button { display: none; } /* the slide asks itself, and has no link to copy */
.reveal .gmm-lecture:not(:fullscreen) :is(.gmm-stage, .gmm-picture img) { width: 900px; } /* as large as there is room */
.reveal .film img { max-height: 560px; }
</style>"""

SLIDES = [
    # (words, notes, code)
    (
        f"{STYLE}\n\n# Watch EM learn\n\nNobody has labelled these 1100 points.",
        "4 minutes with the next one.",
        'draw(("", None, None))',
    ),
    (
        "## How many groups do you see?\n\nHow would you tell a computer what a group is?",
        '"Three"; then distances to a centre, which is K-means. That assigns the upper points of the tall group to the wrong one.',
        'draw(("", None, None), height=4.8)',
    ),
    (
        "### E step. Now guess: which will the M step change more, crosses or ellipses?",
        "13 minutes for the three predictions. The ellipses: no cross moves by more than 0.013, and log L rises by 966.5.",
        "player(1)",
    ),
    (
        "### The next E step: will it move a cross or an ellipse? Will the curve rise?",
        "Nothing moves, and log L stays; 23 points change colour, 21 of them from orange to green.",
        "player(2)",
    ),
    (
        "### The crosses moved by 0.01. In the second step: less, as much, or more?",
        "Cross 1 moves by 0.54, forty times as far. Then guess when it is finished: it looks so at 3, and is at 12.",
        "player(12)",
    ),
    (
        "## Why did no cross move in step 1?\n\nWere the crosses right, then?",
        "4 minutes. K-means had stopped there, and round, equal clusters agree with it. No: cross 1 still has 0.93 to go.",
        'draw(("t = 0", run.states[0].responsibilities, start), ("t = 1", run.states[1].responsibilities, '
        "run.states[1].mixture), height=4.6)",
    ),
    (
        "## If you had the labels\n\nWhat would you do with these points?",
        "7 minutes with the next one. A mean and a covariance for each group: half of EM.",
        'draw(("", np.eye(3)[post.labels], None), height=4.8)',
    ),
    (
        "## A Gaussian mixture\n\nA label $k$ is drawn with probability $\\pi_k$, then a point from the Gaussian $f_k$ with mean $m_k$ and covariance $\\Sigma_k$.\n\n"
        "$$p(x) = \\sum_{k=1}^{K} \\pi_k \\, f_k(x)$$\n\n"
        "We see the point, but not its label. $\\theta$ is all the $\\pi_k$, $m_k$ and $\\Sigma_k$ together.",
        "On the board: the density of a Gaussian.",
        None,
    ),
    (
        "## Guess the three shares\n\n$$T_k = \\frac{\\pi_k f_k(x)}{\\sum_j \\pi_j f_j(x)}$$\n\n"
        "| | 1, green | 2, orange | 3, purple |\n|:--|--:|--:|--:|\n| squared distance | 9.6 | 11.0 | 10.2 |\n\n"
        "All $\\pi_k = \\frac13$, all $\\Sigma_k = I$, so $f_k(x) = \\frac{1}{2\\pi} e^{-\\frac12 \\lVert x - m_k \\rVert^2}$.",
        "8 minutes with the next two. Most guess something sharper.",
        None,
    ),
    (
        "## The E step, for one point\n\n| | 1, green | 2, orange | 3, purple | sum |\n|:--|--:|--:|--:|--:|\n"
        "| squared distance | 9.61 | 11.04 | 10.15 | |\n| $f_k(x)$ | 0.00131 | 0.00064 | 0.00099 | |\n"
        "| $\\pi_k f_k(x)$ | 0.000435 | 0.000213 | 0.000331 | 0.000979 |\n| $T_k$ | **0.44** | **0.22** | **0.34** | 1 |\n\n"
        "Green counts it as 0.44 of a point, orange as 0.22, purple as 0.34.",
        "",
        None,
    ),
    (
        "## The M step\n\n$$S_k = \\sum_i T_{k,i} \\qquad m_k = \\frac{1}{S_k} \\sum_i T_{k,i} \\, x_i$$\n\n"
        "$$\\Sigma_k = \\frac{1}{S_k} \\sum_i T_{k,i} \\, (x_i - m_k)(x_i - m_k)^\\top \\qquad \\pi_k = \\frac{S_k}{n}$$\n\n"
        "A weighted mean, a weighted covariance around the *new* mean, and a share of the points. Our point goes into all three: with weight 0.44, 0.22 and 0.34.",
        "Neither labels nor parameters are known, so EM alternates.",
        None,
    ),
    (
        "## Can the curve ever go down?\n\n$\\log L(\\theta) = \\sum_i \\log \\sum_k \\pi_k f_k(x_i)$, the fit of $\\theta$ to the points",
        '4 minutes. Hands go up for "no", but no reason is found. That is the next picture.',
        CURVE,
    ),
    (
        "### The left hill is higher. Where will the dot end?",
        "6 minutes. Space shows the next jump. It ends on the right, six nats lower: EM climbs, and never crosses a valley.",
        BOUND,
    ),
    (
        "## The same points, two starts\n\nSo what do you do in practice?",
        "4 minutes. Start several times, and keep the best. 18 of 20 end on the good hill, 2 end 625 nats lower.",
        "low = run_em(x, starts.random_points(x, 3, 4)).states[-1]\n"
        'draw(*((f"log L = {s.log_likelihood:.0f}", s.responsibilities, s.mixture) for s in (run.states[-1], low)), height=4.6)',
    ),
]


def notebook():
    """Return the deck as a notebook whose cells are slides."""
    cells = [v4.new_code_cell(SET_UP, metadata={"slideshow": {"slide_type": "skip"}})]
    for words, notes, code in SLIDES:
        cells.append(v4.new_markdown_cell(words, metadata={"slideshow": {"slide_type": "slide"}}))
        if code:
            hidden = {"slideshow": {"slide_type": "-"}, "tags": ["hide-input"]}
            cells.append(v4.new_code_cell(code, metadata=hidden))
        if notes:
            cells.append(v4.new_markdown_cell(notes, metadata={"slideshow": {"slide_type": "notes"}}))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})

"""The glossary: every term is complete, in code it is what it says, and each letter of the table leads to its term."""

import re
from pathlib import Path

import numpy as np
import pytest

from gmm_teach import (
    CollapsedComponent,
    bound,
    datasets,
    e_step,
    fit,
    known,
    m_step,
    plots,
    priors,
    rate,
    run_em,
    selection,
    starts,
    updates,
)
from gmm_teach.blocks import sufficient_statistics
from gmm_teach.covariances import diag_m_step, spherical_m_step, tied_m_step
from gmm_teach.kmeans import lloyd

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
TERMS = dict(re.findall(r"^### (.+)\n\n((?:.+\n?|\n(?!#))+)", PAGE, re.MULTILINE))
SHAPE = re.compile(r"`([^`]+)`(?:[^·`]*?, of \(([\w, ]+)\))")


@pytest.fixture(scope="module")
def names():
    """What the glossary's code may speak of, for iris, where n, d and K are all different."""
    x = datasets.load_iris().x
    run = run_em(x, 3)
    mixture = run.states[-1].mixture
    responsibilities, _ = e_step(x, mixture)
    k, i = 1, 7
    return dict(
        x=x,
        run=run,
        mixture=mixture,
        responsibilities=responsibilities,
        others=responsibilities,
        labels=mixture.predict(x),
        state=run.states[-1],
        k=k,
        i=i,
        weights=responsibilities[:, k],
        mean=mixture.means[k],
        precision=np.linalg.inv(mixture.covariances[k]),
        sums=responsibilities.sum(axis=0),
        centres=mixture.means,
        sufficient_statistics=sufficient_statistics,
        CollapsedComponent=CollapsedComponent,
        bound=bound,
        e_step=e_step,
        fit=fit,
        known=known,
        m_step=m_step,
        plots=plots,
        priors=priors,
        rate=rate,
        selection=selection,
        starts=starts,
        updates=updates,
        diag_m_step=diag_m_step,
        spherical_m_step=spherical_m_step,
        tied_m_step=tied_m_step,
        lloyd=lloyd,
    )


def test_there_are_terms():
    assert len(TERMS) == len(re.findall(r"^### ", PAGE, re.MULTILINE)) > 40


@pytest.mark.parametrize("term", TERMS)
def test_a_term_has_its_place_and_its_meaning(term):
    first, *meaning = TERMS[term].strip().split("\n\n")
    assert re.search(r"\[\d\d[^]]*\]\(\.\./notebooks/\d\d[a-z]?_\w+\.ipynb(#[^)]+)?\)$", first)
    (meaning,) = meaning
    assert meaning.endswith(".")
    assert 6 <= len(meaning.split()) <= 65


@pytest.mark.parametrize("term", TERMS)
def test_its_code_runs(term, names):
    for code in re.findall(r"`([^`]+)`", TERMS[term].split("\n\n")[0]):
        assert eval(code, dict(names)) is not None


@pytest.mark.parametrize("term", [term for term in TERMS if SHAPE.search(TERMS[term])])
def test_its_array_has_the_shape_that_it_says(term, names):
    sizes = {"n": 150, "d": 4, "K": 3}
    for code, shape in SHAPE.findall(TERMS[term].split("\n\n")[0]):
        array = re.sub(r"\[(?:i|k|i, k)\]$", "", code)  # the shape is that of the whole array
        assert np.shape(eval(array, dict(names))) == tuple(sizes[size] for size in re.findall(r"\w", shape))


def test_the_table_of_letters_leads_to_terms_with_these_letters():
    rows = re.findall(r"^\| (\$.+?) \| (.+?) \| (\$.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    assert len(rows) > 8
    for letters, links in [pair for row in rows for pair in (row[:2], row[2:])]:
        for letter in re.findall(r"\$(.+?)\$", letters):
            texts = [TERMS[term] for term in TERMS if term.lower() in re.findall(r"\[(.+?)\]", links.lower())]
            assert texts, links
            letter = letter.split(",")[0].removesuffix("(x)")
            assert any(f"${letter}" in text or letter in text for text in texts), f"{letter} is not in {links}"


def test_q_plus_h_and_the_bound_are_what_the_glossary_says(names):
    log_likelihood = names["mixture"].log_likelihood(names["x"])
    arguments = names["x"], names["mixture"], names["responsibilities"]
    q, h = bound.expected_log_joint(*arguments), bound.cross_entropy(*arguments)
    assert np.isclose(q + h, log_likelihood, rtol=1e-12)
    assert np.isclose(q + bound.entropy(names["responsibilities"]), bound.lower_bound(*arguments), rtol=1e-12)

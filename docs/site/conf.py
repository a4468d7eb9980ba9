"""Sphinx settings of the site; docs/site/build.py calls Sphinx with them."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

from docutils import nodes

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

project = "gmm_teach"
author = "The gmm_teach authors"
project_copyright = author
version = release = version_of("gmm-teach")

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
]
html_theme = "pydata_sphinx_theme"
html_title = "gmm_teach"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "navigation_with_keys": False,  # the arrow keys are the stepper's
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_align": "left",
}

nb_execution_mode = "off"  # build.py has run them
myst_enable_extensions = ["dollarmath", "amsmath", "html_image"]
myst_heading_anchors = 4
nb_merge_streams = True

mathjax_path = "mathjax/tex-chtml-full.js"

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False


def lead_to_source(app, env, node, content):
    """Let a link to a file of the module lead to the page that shows it."""
    target = node.get("reftarget", "")
    if target.startswith("../") and "gmm_teach/" in target and target.endswith(".py"):
        module = target.rsplit("gmm_teach/", 1)[1].removesuffix(".py")
        page = f"_modules/gmm_teach/{module}"
        address = app.builder.get_relative_uri(node["refdoc"], page)
        return nodes.reference("", "", content, refuri=address, internal=True)
    return None


def setup(app):
    """Tell Sphinx of the above."""
    app.connect("missing-reference", lead_to_source)

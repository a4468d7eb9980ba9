"""Sphinx settings of the site; docs/site/build.py calls Sphinx with them."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

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
html_static_path = ["static", str(ROOT / "build" / "site-static")]  # the second is made by build.py
html_css_files = ["site.css", "player.css", "notebooks.css"]
html_js_files = [("player.js", {"defer": "defer"})]
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

mathjax_path = "mathjax/tex-chtml.js"

autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False

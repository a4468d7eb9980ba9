"""Sphinx settings of the site; docs/site/build.py calls Sphinx with them.

With the tag ``lite`` the site has JupyterLite in its folder ``lite``, and every notebook's page leads there.
"""

import sys
from html import escape
from importlib.metadata import version as version_of
from pathlib import Path
from textwrap import shorten
from urllib.parse import urlsplit

from docutils import nodes

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE)]
import place  # noqa: E402

import gmm_teach  # noqa: E402

project = "gmm_teach"
author = "The gmm_teach authors"
project_copyright = author
version = release = version_of("gmm-teach")
language = "en"

extensions = [
    "myst_nb",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
]
viewcode_follow_imported_members = False  # pages are of the modules themselves; partial would lead to functools
templates_path = [str(HERE / "templates")]  # absolute, since autosummary looks beside the pages
nitpicky = True  # a cross reference that leads nowhere is a warning, and so an error
nitpick_ignore_regex = [("py:.*", r"(numpy|sklearn|scipy|matplotlib|dask)\..*")]  # named; their pages are elsewhere

HERE_ON_GITHUB = place.repository()
HOME = place.site(HERE_ON_GITHUB)
ON_GITHUB = place.known(HERE_ON_GITHUB)  # else every address of it would lead nowhere

html_theme = "pydata_sphinx_theme"
html_title = "gmm_teach"
html_baseurl = HOME if ON_GITHUB else ""
html_favicon = "static/icon.svg"
html_static_path = ["static", str(ROOT / "build" / "site-static")]  # the second is made by build.py
html_css_files = ["site.css", "player.css"]
html_js_files = [(name, {"defer": "defer"}) for name in ("player.js", "for_everyone.js")]  # in this order
html_search_scorer = str(HERE / "scorer.js")
html_show_sourcelink = False
html_copy_source = False
html_sidebars = {"**": ["site-nav"]}
html_additional_pages = {"404": "404.html"}
html_context = {"root": urlsplit(HOME).path, "default_mode": "auto"}
html_theme_options = {
    "logo": {"text": "gmm_teach", "image_light": "_static/icon.svg", "image_dark": "_static/icon.svg", "alt_text": ""},
    "navigation_with_keys": False,  # the arrow keys are the stepper's
    "navbar_center": [],  # the pages stand at the left, in their groups
    "navbar_persistent": ["search-button"],
    "article_header_end": ["open-notebook"],
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "icon_links": [{"name": "The code on GitHub", "url": place.code(HERE_ON_GITHUB), "icon": "fa-solid fa-code"}]
    if ON_GITHUB
    else [],
    "footer_start": ["copyright"],
    "footer_end": [],
}

nb_execution_mode = "off"  # build.py has run them
myst_enable_extensions = ["dollarmath", "amsmath", "html_image"]
myst_heading_anchors = 4
nb_merge_streams = True

mathjax_path = "mathjax/tex-chtml.js"

autosummary_generate = True
autodoc_typehints = "none"
add_module_names = False
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False

WITH_CLUSTERS = "notebooks/14_beyond_one_machine"
LONGEST = 160  # letters of a description


def add_to_page(app, pagename, templatename, context, doctree):
    """Add the description of a page; and to a notebook's page, where that notebook can be opened."""
    if doctree is not None:
        first = next((p.astext() for p in doctree.findall(nodes.paragraph) if p.astext().strip()), pagename)
        description = escape(shorten(first, LONGEST, placeholder=" …"), quote=True)
        context["metatags"] = context.get("metatags", "") + f'<meta name="description" content="{description}">'
    if pagename.startswith("notebooks/"):
        file = f"{pagename}.ipynb"
        context["opens"] = {
            "lite": f"lite/notebooks/index.html?path={file}&run" if app.tags.has("lite") else None,
            "binder": place.binder(HERE_ON_GITHUB, file) if ON_GITHUB else None,
            "colab": place.colab(HERE_ON_GITHUB, file) if ON_GITHUB else None,
            "file": file,
            "clusters": pagename == WITH_CLUSTERS,
        }


def find_by_public_name(app, env, node, contnode):
    """Let ``gmm_teach.fit``, as readers import it, lead to ``gmm_teach.blocks.fit``, where it is explained."""
    package, _, rest = node["reftarget"].partition(".")
    public = getattr(gmm_teach, rest.split(".")[0], None) if package == "gmm_teach" else None
    if node.get("refdomain") != "py" or not hasattr(public, "__module__"):  # a module has none, nor an alias
        return None
    full = f"{public.__module__}.{rest}"
    return env.domains["py"].resolve_xref(env, node["refdoc"], app.builder, node["reftype"], full, node, contnode)


def leave_formulas_alone(app, doctree):
    """Hand each formula to MathJax as Jupyter does; Sphinx would put lines into an environment that allows no tag."""
    for formula in doctree.findall(nodes.math_block):
        if not formula.get("no-wrap", formula.get("nowrap")):  # the second is MyST's name for it
            formula["no-wrap"] = True
            formula.children = [nodes.Text(rf"\[{formula.astext()}\]")]


def setup(app):
    """Join what is above to Sphinx."""
    app.connect("html-page-context", add_to_page)
    app.connect("doctree-read", leave_formulas_alone)
    app.connect("missing-reference", find_by_public_name)

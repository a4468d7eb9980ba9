"""A notebook of the tests' own, whose one cell a test fills, and whose kernel it may ask."""

import ast
import json
import time

from .jupyterlab import IN_TIME, PATIENCE
from .player import PlayerOnPage

IMPORTS = """
import json
from IPython.display import display
from gmm_teach import Mixture, Stepper, datasets, e_step, m_step
post = datasets.load_post()
"""
SETUP, CELL = 0, 1  # then more than a screen of prose, so that the notebook can scroll
PROSE = "\n\n".join(["Prose."] * 60)

RUN = """async () => {
  const notebook = jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = %d;
  notebook.activeCell.model.sharedModel.setSource(%s);
  await jupyterapp.commands.execute('notebook:run-cell');
}"""

ASK = """async () => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const asked = { code: '', silent: true, store_history: false, user_expressions: { it: %s } };
  const reply = await kernel.requestExecute(asked).done;
  const { status, data, evalue } = reply.content.user_expressions.it;
  return status === 'ok' ? data['text/plain'] : JSON.stringify('error: ' + evalue);
}"""

NOTEBOOK = """() => {
  const { content } = jupyterapp.shell.currentWidget;
  const sources = content.widgets.map(cell => cell.model.sharedModel.getSource());
  const { activeCellIndex, mode, outerNode } = content;
  return JSON.stringify({ activeCellIndex, mode, sources, scrolled: outerNode.scrollTop });
}"""


class Bench:
    """The notebook, open.

    Parameters
    ----------
    notebook : NotebookPage
    """

    def __init__(self, notebook):
        self.notebook, self.page = notebook, notebook.page
        self.output = self.page.locator(".jp-Cell").nth(CELL).locator(".jp-Cell-outputArea")

    def run(self, code, cell=CELL):
        """Let a cell have this code, run it, and wait until it is done."""
        self.page.evaluate(IN_TIME, [RUN % (cell, json.dumps(code)), PATIENCE])

    def show(self, stepper="Stepper(post.x, post.start)", before=""):
        """Make the kernel's `stepper`, show it in the place of the one before, and return its player."""
        self.run(f"{before}\nstepper = {stepper}\nstepper".strip())
        player = PlayerOnPage(self.output)
        player.expect_frame(-1)
        return player

    def ask(self, expression):
        """What an expression is in the kernel, by way of JSON."""
        script = ASK % json.dumps(f"json.dumps({expression})")
        return json.loads(ast.literal_eval(self.page.evaluate(IN_TIME, [script, PATIENCE])))

    def expect(self, expression, value):
        """Wait until an expression has this value in the kernel, which hears of moves a little later."""
        deadline = time.monotonic() + PATIENCE
        while (found := self.ask(expression)) != value:
            assert time.monotonic() < deadline, f"{expression} is {found}, not {value}"
            self.page.wait_for_timeout(50)

    def state(self, scroll=True):
        """What JupyterLab's own keys could change: the active cell, the mode, the cells, and how far it is scrolled."""
        state = json.loads(self.page.evaluate(NOTEBOOK))
        return state if scroll else state | {"scrolled": None}

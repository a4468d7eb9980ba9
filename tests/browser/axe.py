"""What keeps readers out of a page, as axe-core finds it: https://github.com/dequelabs/axe-core says what it checks."""

from pathlib import Path

AXE = Path(__file__).parents[2] / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
HOW_TO_GET_AXE = "axe-core is not in build/axe/node_modules: npm install --no-save --prefix build/axe axe-core@4"
FAULTS = """async part => {
  const {violations} = await axe.run(part || document, {resultTypes: ['violations'], preload: false});
  return violations.filter(fault => ['serious', 'critical'].includes(fault.impact))
    .map(fault => `${fault.id} (${fault.nodes.length}): ` +
      fault.nodes.slice(0, 3).map(node => node.target.join(' ') + ' ' + node.html.slice(0, 90)).join(' | '));
}"""


def faults(page, part=None):
    """Return the serious and critical faults of a page, or of the part that a CSS selector names."""
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=AXE)
    return page.evaluate(FAULTS, part)

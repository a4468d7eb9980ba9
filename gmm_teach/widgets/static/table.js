// The table of parameters: a click on a cell asks about its component. By keyboard the cells are one stop for Tab, arrows go
// from cell to cell, and Enter asks.
import { ARROWS, element, take, withModifier } from "./elements.js";
import WORDS from "./words.json" with { type: "json" };

export class Cells {
  // ask(k, column) asks about component k; close() puts the card away.
  constructor(ask, close) {
    this.box = element("div", "gmm-table");
    this.here = [1, 0]; // row and column of the cell that has the focus, or will have it
    this.box.addEventListener("click", ({ target }) => {
      const cell = target.closest("td, th");
      if (cell && this.asks && cell.parentElement.rowIndex > 0) ask(cell.parentElement.rowIndex - 1, cell.cellIndex);
    });
    this.box.addEventListener("keydown", (event) => {
      if (!this.asks || withModifier(event)) return;
      const [row, column] = this.here;
      if (event.key in ARROWS) take(event, () => this.go(row + ARROWS[event.key][1], column + ARROWS[event.key][0]));
      else if (event.key === "Enter" || event.key === " ") take(event, () => ask(row - 1, column));
      else if (event.key === "Escape") take(event, close);
    });
    this.box.addEventListener("focusin", ({ target }) => {
      this.here = [target.parentElement.rowIndex, target.cellIndex];
      this.mark();
    });
  }

  // A frame's table; where its cells can be asked, the focus stays in its place.
  show(html, asks) {
    const focused = this.box.contains(document.activeElement);
    this.box.innerHTML = html;
    this.asks = asks && this.rows.length > 1;
    if (!this.asks) return;
    const table = this.box.querySelector("table");
    table.setAttribute("role", "grid");
    table.setAttribute("aria-label", WORDS.table.label);
    table.dataset.lmSuppressShortcuts = true; // Jupyter's own shortcuts must not take these keys
    this.go(...this.here, focused);
  }

  get rows() {
    return this.box.querySelector("table")?.rows ?? [];
  }

  go(row, column, focus = true) {
    const within = (number, low, high) => Math.min(Math.max(number, low), high);
    this.here = [within(row, 1, this.rows.length - 1), within(column, 0, this.rows[0].cells.length - 1)];
    this.mark();
    if (focus) this.focus();
  }

  focus() {
    this.cell.focus();
  }

  get cell() {
    return this.rows[this.here[0]].cells[this.here[1]];
  }

  mark() {
    for (const cell of this.box.querySelectorAll("td, th")) cell.tabIndex = -1;
    this.cell.tabIndex = 0;
  }
}

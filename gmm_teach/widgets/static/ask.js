// The layer over the picture and the card below it: click a point, a cross or a row of the table, and see its numbers.
// The points come once for a run, the parameters with every frame; Bayes' rule is done here, with or without a kernel.
import { ARROWS, drawn, element } from "./elements.js";
import { drawPucks } from "./move.js";

const NEAR = 14; // pixels between a click and what it may mean
const SMALLEST_LOG = -708.396; // of a density: below it double precision loses digits, and soon all of them

// Four digits, or as many as show a hundredth of a width: coordinates of maps and times need more.
export function inPrint(value, width = Infinity) {
  const digits = Math.max(4, Math.ceil(Math.log10(Math.abs(value) / width)) + 2);
  return String(Number(value.toPrecision(Math.min(digits, 15)))).replaceAll("-", "\u2212");
}

function vector(values, widths) {
  return `(${values.map((value, j) => inPrint(value, widths[j])).join(", ")})`;
}

function widthsOf(covariance) {
  return covariance.map((row, j) => Math.sqrt(row[j]));
}

// log f(x) of a Gaussian, by the Cholesky factor of its covariance, row by row.
export function logDensity(x, mean, covariance) {
  const factor = covariance.map((row) => [...row]);
  const z = [];
  let log = -0.5 * x.length * Math.log(2 * Math.PI);
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j <= i; j++) {
      for (let k = 0; k < j; k++) factor[i][j] -= factor[i][k] * factor[j][k];
      factor[i][j] = i === j ? Math.sqrt(factor[i][i]) : factor[i][j] / factor[j][j];
    }
    z[i] = x[i] - mean[i];
    for (let k = 0; k < i; k++) z[i] -= factor[i][k] * z[k];
    z[i] /= factor[i][i];
    log -= Math.log(factor[i][i]) + 0.5 * z[i] ** 2;
  }
  return log;
}

// Bayes' rule for one point; theta is [proportions, means, covariances].
export function share(x, [proportions, means, covariances]) {
  const logProportions = proportions.map(Math.log);
  const logDensities = means.map((mean, k) => logDensity(x, mean, covariances[k]));
  const logs = logDensities.map((log, k) => logProportions[k] + log);
  const highest = Math.max(...logs);
  const scaled = logs.map((log) => Math.exp(log - highest));
  const sum = scaled.reduce((a, b) => a + b);
  const logSum = highest + Math.log(sum);
  return { logProportions, logDensities, logs, logSum, scaled, sum, shares: scaled.map((value) => value / sum) };
}

// Between the coordinates of the data and pixels on the picture. One coordinate is drawn along the foot of its axis.
class Panel {
  constructor(panel, box) {
    const [x0, x1] = panel.xlim;
    const [y0, y1] = panel.ylim;
    this.axes = panel.axes;
    this.edges = [panel.left * box.width, panel.top * box.height, panel.right * box.width, panel.bottom * box.height];
    const [left, top, right, bottom] = this.edges;
    this.scale = [(right - left) / (x1 - x0), (top - bottom) / (y1 - y0)];
    this.zero = [left - x0 * this.scale[0], bottom - y0 * this.scale[1]];
  }

  place(x) {
    return [0, 1].map((side) => this.zero[side] + this.scale[side] * (side in this.axes ? x[this.axes[side]] : 0));
  }

  // The coordinates that are drawn.
  data(place) {
    return this.axes.map((_, side) => (place[side] - this.zero[side]) / this.scale[side]);
  }

  has([across, down]) {
    const [left, top, right, bottom] = this.edges;
    return across >= left && across <= right && down >= top && down <= bottom;
  }

  // How far apart two places look; where one coordinate is drawn, its height says nothing.
  distance(a, b) {
    return this.axes.length === 2 ? Math.hypot(a[0] - b[0], a[1] - b[1]) : Math.abs(a[0] - b[0]);
  }
}

export class Layer {
  // show(frame) puts a frame on the page; onMove(message), if there is one, asks the kernel to move a component.
  constructor(film, parts, show, onMove) {
    Object.assign(this, { film, ...parts, showFrame: show, onMove, asked: null, pucks: [], points: [] });
    this.card = element("div", "gmm-card", { hidden: true });
    this.drawing = drawn("svg", { class: "gmm-layer" });
    this.lines = drawn("g", {});
    this.drawing.append(this.lines);
    this.picture.append(this.drawing);
    this.picture.after(this.card);
    this.picture.addEventListener("keydown", (event) => this.onKey(event));
    this.card.addEventListener("keydown", (event) => event.key === "Escape" && this.take(event, () => this.close()));
    this.table.addEventListener("click", (event) => this.onTable(event));
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.image);
  }

  take(event, act) {
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  // A frame has come to be shown.
  show(frame) {
    const panel = this.film.get("panel");
    if (panel !== this.known) {
      this.known = panel;
      const numbers = panel?.points ? new Float64Array(Uint8Array.from(atob(panel.points), (c) => c.charCodeAt(0)).buffer) : [];
      this.points = Array.from({ length: numbers.length / panel?.columns?.length || 0 }, (_, i) =>
        Array.from(numbers.subarray(i * panel.columns.length, (i + 1) * panel.columns.length)));
    }
    this.frame = frame;
    if (!this.held) this.theta = frame.theta;
    const many = { point: this.points.length, component: this.theta?.[0].length ?? 0 };
    if (this.asked && this.asked.number >= many[this.asked.kind]) this.close();
    this.draw();
    this.write();
  }

  get alive() {
    return this.theta && this.points.length > 0;
  }

  draw() {
    const box = this.image.getBoundingClientRect();
    this.drawing.setAttribute("viewBox", `0 0 ${box.width || 1} ${box.height || 1}`);
    this.lines.replaceChildren();
    this.table.tabIndex = this.table.scrollWidth > this.table.clientWidth ? 0 : -1; // for arrow keys to scroll it
    if (this.theta) {
      this.panel = new Panel(this.known, box);
      if (this.asked) this[this.asked.kind === "point" ? "drawPoint" : "drawComponent"](this.asked.number);
    }
    drawPucks(this);
  }

  line(from, to, width, k) {
    const [x1, y1] = from;
    const [x2, y2] = to;
    this.lines.append(drawn("line", { x1, y1, x2, y2, stroke: this.known.marks[k][0], "stroke-width": width }));
  }

  ring([cx, cy], radius) {
    this.lines.append(drawn("circle", { cx, cy, r: radius, class: "gmm-ring" }));
  }

  drawPoint(i) {
    const here = this.panel.place(this.points[i]);
    share(this.points[i], this.theta).shares.forEach((T, k) => {
      if (T > 0.002) this.line(here, this.panel.place(this.theta[1][k]), 1 + 6 * T, k);
    });
    this.ring(here, 9);
  }

  drawComponent(k) {
    const mean = this.panel.place(this.theta[1][k]);
    for (const [, T, x] of this.frame.updates[k]?.[2] ?? []) {
      this.line(mean, this.panel.place(x), 0.5 + 2 * T, k);
      this.ring(this.panel.place(x), 6);
    }
    this.ring(mean, 14);
  }

  ask(kind, number, part = "") {
    this.asked = { kind, number, part };
    this.draw();
    this.write();
  }

  close() {
    const inside = this.card.contains(document.activeElement);
    this.asked = null;
    this.draw();
    this.write();
    if (inside) this.picture.focus();
  }

  // A click on the picture, in shares of it. True where it asked something, or put the card away.
  click(across, down) {
    if (!this.alive || this.film.get("tool")) return false;
    const box = this.image.getBoundingClientRect();
    const place = [across * box.width, down * box.height];
    if (!this.panel.has(place)) return false;
    const [i, distance] = this.nearest((there) => this.panel.distance(place, there));
    if (distance <= NEAR) this.ask("point", i);
    else if (this.asked) this.close();
    return true;
  }

  // The point on the panel for which `far` is least, and how far it is.
  nearest(far) {
    let best = [-1, Infinity];
    this.points.forEach((x, i) => {
      const place = this.panel.place(x);
      const distance = this.panel.has(place) ? far(place) : Infinity;
      if (distance < best[1]) best = [i, distance];
    });
    return best;
  }

  onKey(event) {
    if (event.target !== this.picture || !this.alive || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter") this.take(event, () => this.ask("point", this.mostShared()));
    else if (event.key === "Escape" && this.asked) this.take(event, () => this.close());
    else if (event.key in ARROWS && this.asked?.kind === "point") this.take(event, () => this.walk(ARROWS[event.key]));
  }

  // The point whose largest responsibility is least: the one to ask about first.
  mostShared() {
    const largest = this.points.map((x) => (this.panel.has(this.panel.place(x)) ? Math.max(...share(x, this.theta).shares) : 2));
    return largest.indexOf(Math.min(...largest));
  }

  // On to the nearest point that lies more this way than any other way.
  walk([across, down]) {
    const here = this.panel.place(this.points[this.asked.number]);
    const [next] = this.nearest((place) => {
      const [dx, dy] = [place[0] - here[0], this.panel.axes.length === 2 ? place[1] - here[1] : 0];
      const [ahead, aside] = [dx * across + dy * down, Math.abs(dx * down) + Math.abs(dy * across)];
      return ahead > 0 && aside <= ahead ? Math.hypot(ahead, 2 * aside) : Infinity;
    });
    if (next >= 0) this.ask("point", next);
  }

  onTable({ target }) {
    const cell = target.closest("td, th");
    const k = cell ? cell.parentElement.rowIndex - 1 : -1;
    if (!this.alive || k < 0) return;
    const parts = ["", "proportion", ...this.theta[1][k].map(() => "mean")];
    const drawnParts = ["", "proportion", ...this.panel.axes.map(() => "mean")];
    this.ask("component", k, drawnParts[cell.cellIndex] ?? (cell.cellIndex < parts.length ? "mean" : "covariance"));
  }

  // The card.

  write() {
    this.card.hidden = !this.asked || !this.alive;
    if (this.card.hidden) return;
    const close = element("button", "gmm-button gmm-close", { type: "button", textContent: "\u00d7", title: "Close (Escape)" });
    close.setAttribute("aria-label", "Close");
    close.onclick = () => this.close();
    // the first line is spoken, so it must stay while what it says changes
    this.spoken ??= element("div", "gmm-spoken");
    this.spoken.setAttribute("aria-live", "polite");
    if (!this.spoken.isConnected) this.card.append(this.spoken);
    const { kind, number, part } = this.asked;
    const [words, ...rest] = kind === "point" ? this.aboutPoint(number) : this.aboutComponent(number, part);
    if (this.spoken.textContent !== words) this.spoken.textContent = words;
    this.card.replaceChildren(close, this.spoken, ...rest);
  }

  aboutPoint(i) {
    const x = this.points[i];
    const { logProportions, logDensities, logs, logSum, scaled, sum, shares } = share(x, this.theta);
    const far = logSum < SMALLEST_LOG;
    const K = shares.map((_, k) => k + 1);
    const widths = this.theta[2].map(widthsOf);
    const narrowest = x.map((_, j) => Math.min(...widths.map((all) => all[j])));
    const coordinates = this.known.columns.map((name, j) => `${name} ${inPrint(x[j], narrowest[j])}`).join(", ");
    const percents = K.map((k) => `${inPrint(Math.round(1000 * shares[k - 1]) / 10)} % to component ${k}`).join(", ");
    const words = `Point x[${this.known.rows?.[i] ?? i}]: ${coordinates}. By Bayes\u2019 rule it belongs ${percents}.`;
    const table = element("table", "");
    const row = (name, values, last = "") => {
      const made = table.insertRow();
      made.append(element("th", "", { scope: "row", innerHTML: name }));
      for (const value of [...values, last]) made.insertCell().append(value);
    };
    row("component", shares.map((_, k) => this.mark(k)), "sum");
    row("log \u03c0<sub>k</sub>", logProportions.map((log) => inPrint(log)));
    row("log f<sub>k</sub>(x)", logDensities.map((log) => inPrint(log)));
    row("log \u03c0<sub>k</sub> f<sub>k</sub>(x)", logs.map((log) => inPrint(log)), far ? "" : `log: ${inPrint(logSum)}`);
    if (!far) row("\u03c0<sub>k</sub> f<sub>k</sub>(x)", logs.map((log) => inPrint(Math.exp(log))), inPrint(Math.exp(logSum)));
    const bars = shares.map((T, k) => {
      const bar = element("span", "gmm-share");
      bar.style.cssText = `background:${this.known.marks[k][0]};width:${100 * T}%`;
      const cell = element("span", "gmm-shares");
      cell.append(bar, inPrint(T));
      return cell;
    });
    row("T<sub>k</sub>", bars, "1");
    const [tops, below] = far ? [scaled, sum] : [logs.map(Math.exp), Math.exp(logSum)];
    const rule = K.map((k) => `T<sub>${k}</sub> = ${inPrint(tops[k - 1])} / ${inPrint(below)} = ${inPrint(shares[k - 1])}`);
    const why = "So far from every mean, \u03c0<sub>k</sub> f<sub>k</sub>(x) rounds to 0 in double precision, and Bayes\u2019 rule " +
      "would read 0 / 0. So the largest logarithm is subtracted first: ";
    return [words, table, element("div", "", { innerHTML: (far ? why : "") + rule.join("; ") })];
  }

  mark(k) {
    const [color, symbol] = this.known.marks[k];
    const mark = element("span", "gmm-symbol", { textContent: symbol });
    mark.style.color = color;
    const both = element("span", "");
    both.append(mark, ` ${k + 1}`);
    return both;
  }

  aboutComponent(k, part) {
    const [proportions, means, covariances] = this.theta;
    const c = k + 1;
    const widths = widthsOf(covariances[k]);
    const update = this.frame.updates[k];
    if (!update || this.held) {
      const why = this.frame.updates.length ? "it has no share of any point" : "no M step has been done yet";
      return [`Component ${c}: ${why}. Its mean is ${vector(means[k], widths)}, its proportion ${inPrint(proportions[k])}.`];
    }
    const [S, total, terms] = update;
    const quotient = total.map((value) => value / S);
    const matrix = `(${covariances[k].map((row) => row.map((value) => inPrint(value)).join(", ")).join("; ")})`;
    const heavy = terms.map(([i, T, x]) => `${inPrint(T)} \u00b7 x[${i}] ${vector(x, widths)}`).join(" + ");
    const lines = {
      mean: `m<sub>${c}</sub> = \u03a3<sub>i</sub> T<sub>i${c}</sub> x<sub>i</sub> / S<sub>${c}</sub> = ` +
        `${vector(total, widths.map((width) => S * width))} / ${inPrint(S)} = ${vector(quotient, widths)}<br>heaviest terms: ${heavy} + \u2026`,
      covariance: `<b>\u03a3</b><sub>${c}</sub> = \u03a3<sub>i</sub> T<sub>i${c}</sub> (x<sub>i</sub> \u2212 m<sub>${c}</sub>)` +
        `(x<sub>i</sub> \u2212 m<sub>${c}</sub>)<sup>T</sup> / S<sub>${c}</sub> = ${matrix}, around the new mean`,
      proportion: `\u03c0<sub>${c}</sub> = S<sub>${c}</sub> / n = ${inPrint(S)} / ${this.known.n} = ${inPrint(S / this.known.n)}`,
    };
    const words = `Component ${c}, as the last M step made it: its responsibilities sum to S = ${inPrint(S)} of ${this.known.n} points.`;
    const rest = Object.entries(lines).map(([name, innerHTML]) => element("div", name === part ? "gmm-this" : "", { innerHTML }));
    if (quotient.some((value, j) => Math.abs(value - means[k][j]) > 1e-5 * (Math.abs(value) + Math.sqrt(covariances[k][j][j]))))
      rest.push(element("div", "", { textContent: `But the M step in use gave the mean ${vector(means[k], widths)}.` }));
    return [words, ...rest];
  }

  remove() {
    this.resized.disconnect();
  }
}

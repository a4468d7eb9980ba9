// The layer over the picture: click a point, a cross or a cell of the table, and a card shows its numbers.
// The points come once for a run, the parameters with every frame; Bayes' rule is done here, with or without a kernel.
import { aboutComponent, aboutPoint, share } from "./card.js";
import { ARROWS, button, drawn, element, take, withModifier } from "./elements.js";
import { drawPucks } from "./move.js";
import WORDS from "./words.json" with { type: "json" };

const NEAR = 14; // pixels between a click and what it may mean

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
    this.stage.append(this.drawing);
    this.picture.after(this.card);
    this.picture.addEventListener("keydown", (event) => this.onKey(event));
    this.card.addEventListener("keydown", (event) => event.key === "Escape" && take(event, () => this.close()));
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.image);
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

  // Ask about a point or a component; `asker` has the focus back when the card is closed.
  ask(kind, number, part = "", asker = this.picture) {
    Object.assign(this, { asked: { kind, number, part }, asker });
    this.draw();
    this.write();
  }

  close() {
    const inside = this.card.contains(document.activeElement);
    this.asked = null;
    this.draw();
    this.write();
    if (inside) this.asker.focus();
  }

  // A click on the picture. True where it asked something, or put the card away.
  tap({ clientX, clientY }) {
    if (!this.alive || this.film.get("tool")) return false;
    const box = this.image.getBoundingClientRect();
    const place = [clientX - box.left, clientY - box.top];
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
    if (event.target !== this.picture || !this.alive || withModifier(event)) return;
    if (event.key === "Enter") take(event, () => this.ask("point", this.mostShared()));
    else if (event.key === "Escape" && this.asked) take(event, () => this.close());
    else if (event.key in ARROWS && this.asked?.kind === "point") take(event, () => this.walk(ARROWS[event.key]));
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

  askCell(k, column, cells) {
    const parts = ["", "proportion", ...this.panel.axes.map(() => "mean")];
    this.ask("component", k, parts[column] ?? "covariance", cells);
  }

  // The card.

  write() {
    this.card.hidden = !this.asked || !this.alive;
    if (this.card.hidden) return;
    const close = button("\u00d7", WORDS.card.close_title, "gmm-close");
    close.setAttribute("aria-label", WORDS.card.close);
    close.onclick = () => this.close();
    // the first line is spoken, so it must stay while what it says changes
    this.spoken ??= element("div", "gmm-spoken");
    this.spoken.setAttribute("aria-live", "polite");
    if (!this.spoken.isConnected) this.card.append(this.spoken);
    const [words, ...rest] = this.answer(this.asked);
    if (this.spoken.textContent !== words) this.spoken.textContent = words;
    this.card.replaceChildren(close, this.spoken, ...rest);
  }

  answer({ kind, number, part }) {
    if (kind === "point") return aboutPoint(this.known.rows?.[number] ?? number, this.points[number], this.theta, this.known);
    const updates = this.held ? [] : this.frame.updates; // what a hand holds no M step has made
    return aboutComponent(number, part, this.theta, updates, this.known);
  }

  remove() {
    this.resized.disconnect();
  }
}

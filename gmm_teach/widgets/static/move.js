// Pucks on the means and two handles on each ellipse: drag them, or move them by arrow keys. A tap on a puck asks.
// While one moves, the kernel draws what it means, at most one frame at a time; on release EM starts there.
import { ARROWS, drawn, say, take, withModifier } from "./elements.js";
import WORDS from "./words.json" with { type: "json" };

const DRAGGED = 4; // pixels that a hand may shake without moving anything
const NUDGE = { false: 4, true: 20 }; // pixels that an arrow key moves, without and with shift
const REST = 400; // ms after the last arrow key, when the hand has let go
const APART = 24; // pixels from a mean to its handles at the least, so that a finger can tell them apart

// The axes of an ellipse as they look: lengths (of one standard deviation) and directions, from its covariance in pixels.
export function axesOf([[a, b], [, c]]) {
  const middle = (a + c) / 2;
  const apart = Math.hypot((a - c) / 2, b);
  const angle = Math.atan2(2 * b, a - c) / 2;
  return [
    { length: Math.sqrt(middle + apart), way: [Math.cos(angle), Math.sin(angle)] },
    { length: Math.sqrt(Math.max(middle - apart, 0)), way: [-Math.sin(angle), Math.cos(angle)] },
  ];
}

// The covariance of component k in the coordinates that are drawn, in pixels; one coordinate has no height.
function covarianceOnPanel({ theta, panel }, k) {
  const { axes, scale } = panel;
  const at = (i, j) => (i in axes && j in axes ? scale[i] * scale[j] * theta[2][k][axes[i]][axes[j]] : 0);
  return [[at(0, 0), at(0, 1)], [at(1, 0), at(1, 1)]];
}

export function drawPucks(layer) {
  const K = layer.theta && layer.panel ? layer.theta[0].length : 0;
  const handles = layer.onMove && K > 0 ? layer.panel.axes.length : 0;
  layer.drawing.classList.toggle("gmm-movable", handles > 0);
  while (layer.pucks.length > K) layer.pucks.pop().forEach((puck) => puck.remove());
  while (layer.pucks.length < K) {
    const k = layer.pucks.length;
    layer.pucks.push([-1, 0, 1].map((axis) => newPuck(layer, k, axis)));
  }
  layer.pucks.forEach((pucks, k) => {
    const mean = layer.panel.place(layer.theta[1][k]);
    const ways = axesOf(covarianceOnPanel(layer, k));
    pucks.forEach((puck, i) => {
      const place = i === 0 ? mean : endOf(layer, mean, ways[i - 1]);
      puck.place = place;
      puck.setAttribute("transform", `translate(${place})`);
      puck.style.color = layer.known.marks[k][0];
      const shown = i <= handles && (named(layer, i) || !layer.known.hands) && !layer.film.get("tool") && layer.panel.has(place);
      puck.style.display = shown ? "" : "none";
    });
  });
}

// Where a handle lies: two standard deviations out, as the dashed ellipse does, or one where that is off the panel.
function endOf(layer, mean, { length, way }) {
  const out = (far) => mean.map((value, side) => value + far * way[side]);
  if (layer.reach) return out(layer.reach * length);
  return out(Math.max((layer.panel.has(out(2 * length)) ? 2 : 1) * length, APART));
}

// An explorer says in words what can be dragged.
function named(layer, i) {
  return layer.known.hands?.[i];
}

function newPuck(layer, k, axis) {
  const puck = drawn("g", { class: axis < 0 ? "gmm-puck" : "gmm-handle", tabindex: 0, role: "button" });
  const name = named(layer, axis + 1);
  const ofMean = !layer.alive ? WORDS.hands.mean_to_drag : layer.onMove ? WORDS.hands.mean : WORDS.hands.mean_to_ask;
  const ofComponent = axis < 0 ? ofMean : WORDS.hands.axis;
  const words = say(name ? WORDS.hands.named : ofComponent, { name, k: k + 1, axis: axis + 1 });
  puck.setAttribute("aria-label", words);
  // what is seen, and around it what a finger may touch
  const seen = drawn("circle", { class: "gmm-seen", r: axis < 0 ? 13 : 5 });
  puck.append(Object.assign(drawn("title", {}), { textContent: words }), drawn("circle", { class: "gmm-target", r: 13 }), seen);
  puck.setAttribute("data-lm-suppress-shortcuts", "true");
  const ask = () => axis < 0 && layer.alive && layer.ask("component", k, "", puck);

  // Chromium heeds no touch-action on a part of a drawing, and would scroll; no click follows then
  puck.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  puck.grab = (event) => {
    puck.focus({ preventScroll: true });
    puck.setPointerCapture(event.pointerId);
    puck.done = false;
    layer.grip = { puck, from: [event.clientX, event.clientY], place: puck.place };
  };
  puck.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    nearestTo(layer, event, puck).grab(event);
  });
  puck.addEventListener("pointermove", (event) => {
    const { grip } = layer;
    if (grip?.puck !== puck || !layer.onMove) return;
    const by = [event.clientX - grip.from[0], event.clientY - grip.from[1]];
    if (!layer.held && Math.hypot(...by) < DRAGGED) return;
    move(layer, k, axis, grip.place.map((value, side) => value + by[side]));
  });
  const tap = (event) => (axis < 0 ? ask() : layer.tap(event)); // or what lies below a handle
  puck.addEventListener("pointerup", (event) => {
    if (layer.grip?.puck !== puck) return;
    layer.grip = null;
    puck.done = Boolean(layer.held) || event.pointerType === "touch"; // then a click means nothing more
    if (layer.held) release(layer);
    else if (puck.done) tap(event);
  });
  puck.addEventListener("click", (event) => {
    if (!puck.done) tap(event);
    puck.done = false;
  });
  puck.addEventListener("pointercancel", () => letBe(layer));

  puck.addEventListener("keydown", (event) => {
    if (withModifier(event)) return;
    if (event.key in ARROWS && layer.onMove) {
      const by = ARROWS[event.key].map((way) => NUDGE[event.shiftKey] * way);
      take(event, () => move(layer, k, axis, puck.place.map((value, side) => value + by[side])));
    } else if (event.key === "Enter" || event.key === " ") take(event, ask);
    else if (event.key === "Escape" && (layer.held || layer.asked)) take(event, () => (layer.held ? letBe(layer) : layer.close()));
  });
  puck.addEventListener("keyup", (event) => {
    if (event.key in ARROWS && layer.held && !layer.grip) layer.rest = setTimeout(() => release(layer), REST);
  });
  puck.addEventListener("blur", () => layer.held && !layer.grip && release(layer));
  layer.drawing.append(puck);
  return puck;
}

// Targets may overlap: a finger means the puck or handle whose middle is nearest.
function nearestTo(layer, event, touched) {
  const box = layer.drawing.getBoundingClientRect();
  const at = [event.clientX - box.left, event.clientY - box.top];
  const far = ({ place }) => Math.hypot(place[0] - at[0], place[1] - at[1]);
  const shown = layer.pucks.flat().filter((puck) => puck.style.display !== "none");
  return shown.reduce((best, puck) => (far(puck) < far(best) ? puck : best), touched);
}

// The hand holds a puck, or a handle (axis 0 or 1), at a place.
function move(layer, k, axis, place) {
  if (layer.held?.released) return;
  clearTimeout(layer.rest);
  const { panel } = layer;
  const mean = panel.place(layer.theta[1][k]);
  if (layer.held?.component !== k || layer.held.axis !== axis) {
    layer.film.play(false);
    const [proportions, means, covariances] = structuredClone(layer.theta);
    layer.theta = [proportions, means, covariances];
    Object.assign(layer, { held: { component: k, axis }, reach: undefined });
    if (axis >= 0) {
      const ways = axesOf(covarianceOnPanel(layer, k));
      layer.reach = Math.hypot(...[0, 1].map((side) => endOf(layer, mean, ways[axis])[side] - mean[side])) / ways[axis].length;
      layer.across = ways[1 - axis].length;
    }
  }
  const { axes, scale } = panel;
  if (axis < 0) {
    layer.held.mean = panel.data(place);
    axes.forEach((j, side) => (layer.theta[1][k][j] = layer.held.mean[side]));
  } else {
    const away = [place[0] - mean[0], axes.length === 2 ? place[1] - mean[1] : 0];
    const far = Math.max(Math.hypot(...away), DRAGGED);
    const [u, v] = [away[0] / far, away[1] / far];
    const [along, across] = [(far / layer.reach) ** 2, layer.across ** 2];
    const pixels = [[along * u * u + across * v * v, (along - across) * u * v], [0, along * v * v + across * u * u]];
    pixels[1][0] = pixels[0][1];
    layer.held.covariance = axes.map((_, i) => axes.map((__, j) => pixels[i][j] / (scale[i] * scale[j])));
    if (axes.length === 1) layer.held.covariance = [[along / scale[0] ** 2]];
    axes.forEach((a, i) => axes.forEach((b, j) => (layer.theta[2][k][a][b] = layer.held.covariance[i][j])));
  }
  layer.draw();
  layer.write();
  follow(layer, { ...layer.held, done: false });
}

// Ask the kernel what it means. While an answer is on its way, only the last wish is kept.
async function follow(layer, wish) {
  layer.wish = wish;
  if (layer.following) return;
  layer.following = true;
  while (layer.wish) {
    const asked = layer.wish;
    layer.wish = null;
    const answer = await layer.onMove(asked);
    if (answer?.refused) letBe(layer, answer.refused);
    else if (answer && layer.held) layer.showFrame(answer);
    if (asked.done) letGo(layer);
  }
  layer.following = false;
}

function letGo(layer) {
  Object.assign(layer, { held: null, reach: undefined, grip: null });
}

function release(layer) {
  clearTimeout(layer.rest);
  if (!layer.held || layer.held.released) return;
  layer.held.released = true;
  follow(layer, { ...layer.held, done: true });
}

// Back to the frame as it was, with a word why, if there is one.
function letBe(layer, why) {
  letGo(layer);
  layer.wish = null;
  const frame = layer.film.held.get(layer.film.frame);
  if (frame) layer.showFrame(why ? { ...frame, sentence: say(WORDS.hands.refused, { why }), wrong: true } : frame);
}

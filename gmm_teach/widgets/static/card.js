// What the card below the picture says: Bayes' rule for a point, or the M step for a component, with the numbers in it.
import { element, say } from "./elements.js";
import WORDS from "./words.json" with { type: "json" };

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

// Both return what is spoken, then the elements below it. `panel` is what the player knows of the run and its points.

export function aboutPoint(row, x, theta, panel) {
  const { logProportions, logDensities, logs, logSum, scaled, sum, shares } = share(x, theta);
  const far = logSum < SMALLEST_LOG;
  const widths = theta[2].map(widthsOf);
  const narrowest = x.map((_, j) => Math.min(...widths.map((all) => all[j])));
  const coordinates = panel.columns.map((name, j) => `${name} ${inPrint(x[j], narrowest[j])}`).join(", ");
  const percents = shares.map((T, k) => say(WORDS.card.share, { percent: inPrint(Math.round(1000 * T) / 10), k: k + 1 })).join(", ");
  const words = say(WORDS.card.point, { row, coordinates, shares: percents });

  const table = element("table", "");
  const addRow = (name, values, last = "") => {
    const made = table.insertRow();
    made.append(element("th", "", { scope: "row", innerHTML: name }));
    for (const value of [...values, last]) made.insertCell().append(value);
  };
  addRow(WORDS.card.component, shares.map((_, k) => mark(k, panel)), WORDS.card.sum);
  addRow("log \u03c0<sub>k</sub>", logProportions.map((log) => inPrint(log)));
  addRow("log f<sub>k</sub>(x)", logDensities.map((log) => inPrint(log)));
  addRow("log \u03c0<sub>k</sub> f<sub>k</sub>(x)", logs.map((log) => inPrint(log)));
  const products = logs.map(Math.exp);
  if (!far) addRow("\u03c0<sub>k</sub> f<sub>k</sub>(x)", products.map((product) => inPrint(product)), inPrint(Math.exp(logSum)));
  addRow("T<sub>k</sub>", shares.map((T, k) => bar(T, panel.marks[k][0])), "1");

  const [tops, below] = far ? [scaled, sum] : [products, Math.exp(logSum)];
  const rule = shares.map((T, k) => `T<sub>${k + 1}</sub> = ${inPrint(tops[k])} / ${inPrint(below)} = ${inPrint(T)}`).join("; ");
  return [
    words,
    table,
    element("div", "", { innerHTML: (far ? WORDS.card.far : "") + rule }),
    element("div", "", { textContent: say(WORDS.card.adds, { log: inPrint(logSum) }) }),
  ];
}

function bar(T, color) {
  const filled = element("span", "gmm-share");
  filled.style.cssText = `background:${color};width:${100 * T}%`;
  const cell = element("span", "gmm-shares");
  cell.append(filled, inPrint(T));
  return cell;
}

function mark(k, panel) {
  const [color, symbol] = panel.marks[k];
  const made = element("span", "gmm-symbol", { textContent: symbol });
  made.style.color = color;
  const both = element("span", "");
  both.append(made, ` ${k + 1}`);
  return both;
}

// `updates` has what the last M step summed for each component, null where there was nothing to sum, and is empty before
// the first. `part`, the mean, the covariance or the proportion, is what was asked about.
export function aboutComponent(k, part, [proportions, means, covariances], updates, panel) {
  const c = k + 1;
  const widths = widthsOf(covariances[k]);
  const mean = vector(means[k], widths);
  if (!updates[k]) {
    const why = updates.length ? WORDS.card.no_share : WORDS.card.not_made;
    return [say(why, { k: c, mean, proportion: inPrint(proportions[k]) })];
  }
  const [S, total, terms] = updates[k];
  const quotient = total.map((value) => value / S);
  const matrix = `(${covariances[k].map((row) => row.map((value) => inPrint(value)).join(", ")).join("; ")})`;
  const heavy = terms.map(([i, T, x]) => `${inPrint(T)} \u00b7 x[${i}] ${vector(x, widths)}`).join(" + ");
  const sumOf = (what) => `\u03a3<sub>i</sub> T<sub>i${c}</sub> ${what} / S<sub>${c}</sub>`;
  const away = `(x<sub>i</sub> \u2212 m<sub>${c}</sub>)`;
  const lines = {
    mean: `m<sub>${c}</sub> = ${sumOf("x<sub>i</sub>")} = ${vector(total, widths.map((width) => S * width))} / ${inPrint(S)} = ` +
      `${vector(quotient, widths)}<br>${WORDS.card.heaviest}: ${heavy} + \u2026`,
    covariance: `<b>\u03a3</b><sub>${c}</sub> = ${sumOf(`${away}${away}<sup>T</sup>`)} = ${matrix}, ${WORDS.card.new_mean}`,
    proportion: `\u03c0<sub>${c}</sub> = S<sub>${c}</sub> / n = ${inPrint(S)} / ${panel.n} = ${inPrint(S / panel.n)}`,
  };
  const rest = Object.entries(lines).map(([name, innerHTML]) => element("div", name === part ? "gmm-this" : "", { innerHTML }));
  if (quotient.some((value, j) => Math.abs(value - means[k][j]) > 1e-5 * (Math.abs(value) + Math.sqrt(covariances[k][j][j]))))
    rest.push(element("div", "", { textContent: say(WORDS.card.another_mean, { mean }) }));
  return [say(WORDS.card.made, { k: c, S: inPrint(S), n: panel.n }), ...rest];
}

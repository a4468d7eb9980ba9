// The parts of the player that touch no page: the film, Bayes' rule for one point, and the axes of an ellipse.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { logDensity, share } from "../../gmm_teach/widgets/static/card.js";
import { Film } from "../../gmm_teach/widgets/static/film.js";
import { axesOf } from "../../gmm_teach/widgets/static/move.js";

globalThis.Image = class {
  decode() {
    return Promise.resolve();
  }
};

let asked, film, told;

// A model as frozen.js has one: a move changes the position, and the film hears of it.
beforeEach(() => {
  asked = [];
  told = { position: { edition: 0, frame: 0, stride: 2 }, first_frame: -1, last_frame: 7, ahead: 3, interval: 5, working: false };
  const model = {
    get: (name) => told[name],
    move(position) {
      told.position = position;
      film.moved();
    },
  };
  film = new Film(model, async (number) => {
    asked.push(number);
    return { picture: `data:${number}` };
  });
});

// Until no frame is wanted, whatever the machine is doing.
async function rest() {
  while (film.loading) await new Promise((done) => setImmediate(done));
}

test("Step does M and E, Back takes back as much", () => {
  film.step();
  assert.equal(film.frame, 2);
  film.back();
  assert.equal(film.frame, 0);
});

test("a half-step is taken back as one, and Step goes on to the next E step", () => {
  film.halfStep();
  assert.equal(film.frame, 1);
  film.step();
  assert.equal(film.frame, 2);
  film.halfStep();
  film.back();
  assert.equal(film.frame, 2);
});

test("from the start before any E step, Step leads to the first whole step", () => {
  film.go(-1);
  film.step();
  assert.equal(film.frame, 2);
});

test("no move leaves the run", () => {
  film.go(99);
  assert.equal(film.frame, 7);
  assert.ok(film.atEnd);
  film.go(-99);
  assert.equal(film.frame, -1);
});

test("a tour has no half-steps", () => {
  told.tour = true;
  film.step();
  assert.equal(film.frame, 1);
  film.step();
  film.back();
  assert.equal(film.frame, 1);
});

test("the frame to be shown is asked for first, then those that may come next, each once", async () => {
  await rest();
  assert.deepEqual(asked, [0, 2, 1, -1]);
});

test("a new run forgets the frames of the old one", async () => {
  await rest();
  told.position = { edition: 1, frame: 0, stride: 2 };
  film.moved();
  assert.equal(film.held.size, 0);
  await rest();
  assert.deepEqual(asked, [0, 2, 1, -1, 0, 2, 1, -1]);
});

test("a frame that comes too late is not kept", async () => {
  await rest();
  film.held.clear();
  const due = [];
  film.fetch = () => new Promise((done) => due.push(done));
  film.load();
  told.position = { edition: 1, frame: 0, stride: 2 }; // a new run begins while the kernel draws a frame of the old one
  due[0]({ picture: "data:old" });
  while (due.length < 2) await new Promise((done) => setImmediate(done));
  assert.equal(film.held.size, 0);
});

test("what is pressed while the kernel works is done afterwards", () => {
  told.working = true;
  film.press((one) => one.step());
  assert.equal(film.frame, 0);
  told.working = false;
  film.changed();
  assert.equal(film.frame, 2);
});

test("Play steps to the end and stops there", async () => {
  film.play(true);
  while (film.playing) await new Promise((done) => setTimeout(done, 1));
  assert.equal(film.frame, 7);
});

test("a move of the program stops Play, one of the reader does not", () => {
  film.play(true);
  film.step();
  assert.ok(film.playing);
  told.position = { edition: 0, frame: 5, stride: 2 };
  film.moved();
  assert.ok(!film.playing);
});

test("no more than 60 frames are held, and the farthest goes first", async () => {
  await rest();
  for (let number = 100; number < 157; number++) film.held.set(number, {});
  film.release();
  assert.equal(film.held.size, 60);
  assert.ok(!film.held.has(156) && film.held.has(0));
});

test("a log density is that of the Gaussian", () => {
  // variances 4 and 9, correlation 1/2: the determinant is 27, and the quadratic form of (2, 3) is 4/3
  const log = logDensity([3, 4], [1, 1], [[4, 3], [3, 9]]);
  assert.ok(Math.abs(log - (-Math.log(2 * Math.PI) - Math.log(27) / 2 - 2 / 3)) < 1e-12);
});

test("Bayes' rule: shares sum to 1, follow the proportions, and survive a point far out", () => {
  const unit = [[1, 0], [0, 1]];
  const same = share([5, 5], [[0.25, 0.75], [[0, 0], [0, 0]], [unit, unit]]);
  assert.ok(Math.abs(same.shares[0] - 0.25) < 1e-12);
  const { shares, logSum } = share([1e3, 0], [[0.5, 0.5], [[0, 0], [1, 0]], [unit, unit]]);
  assert.ok(Math.abs(shares[0] + shares[1] - 1) < 1e-12 && shares[1] > 0.999);
  assert.ok(Number.isFinite(logSum));
});

test("the axes of an ellipse are its eigenvectors, as long as its standard deviations", () => {
  const [long, short] = axesOf([[5, 4], [4, 5]]);
  assert.ok(Math.abs(long.length - 3) < 1e-12 && Math.abs(short.length - 1) < 1e-12);
  assert.ok(Math.abs(long.way[0] - long.way[1]) < 1e-12);
});

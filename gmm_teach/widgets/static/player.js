// What a reader sees and presses: five buttons, a slider, a picture, its words and its table.
// The frames come from elsewhere: live.js asks the kernel for them, frozen.js has them in the page.
// A frame number counts half-steps: 2t is theta^(t) after its E step, 2t + 1 is theta^(t+1) after its M step.

const HELD_AT_MOST = 60;

// The position in a run, and the frames that the browser holds.
class Film {
  // fetch(number): a promise of the frame {picture, alt, position, sentence, wrong, question, table}; nothing if it is too late.
  // moved(): called when the reader, not the program, has moved.
  constructor(fetch, moved = () => {}) {
    Object.assign(this, { fetch, moved, held: new Map(), views: new Set(), playing: false, loading: false });
  }

  // Take over what the program says: the run (its edition), the position in it, and how to show it.
  take(told) {
    if (told.edition !== this.edition) this.held.clear();
    if (told.edition !== this.edition || told.frame !== this.frame) this.play(false);
    Object.assign(this, told);
    this.load();
    this.tell();
  }

  tell() {
    for (const view of this.views) view();
  }

  // The moves. Each says where it leads, and whether it is a half-step, which Back would take back.

  go(number, stride = this.stride) {
    const within = Math.min(Math.max(number, 0), this.last_frame);
    if (within === this.frame) return;
    Object.assign(this, { frame: within, stride });
    this.load(); // first of all, since the reader waits for the picture
    this.moved();
    this.tell();
  }

  halfStep() { this.go(this.frame + 1, 1); }

  halfStepBack() { this.go(this.frame - 1, 1); }

  // How many frames a whole step has. A tour, unlike EM, has no half-steps.
  get whole() { return this.tour ? 1 : 2; }

  get afterStep() { return this.frame + this.whole - (this.frame % this.whole); }

  step() { this.go(this.afterStep, this.whole); }

  back() { this.go(this.frame - (this.frame % this.whole ? 1 : this.stride)); }

  get atEnd() { return this.frame === this.last_frame; }

  play(on) {
    clearTimeout(this.timer);
    this.playing = on && !this.atEnd;
    if (this.playing) this.timer = setTimeout(() => this.tick(), this.interval);
    this.tell();
  }

  tick() {
    if (this.held.has(this.frame)) this.step(); // else wait for the picture: none is skipped
    this.play(true);
  }

  // One frame at a time: the one to be shown, then those that the next press may ask for.

  get wanted() {
    const after = this.afterStep;
    const likely = [after, this.frame + 1, this.frame - 1, this.frame - 2, after + 2, after + 4];
    return [this.frame, ...likely.slice(0, this.ahead)].find(
      (number) => number >= 0 && number <= this.last_frame && !this.held.has(number),
    );
  }

  async load() {
    if (this.loading) return;
    this.loading = true;
    for (let number = this.wanted; number !== undefined; number = this.wanted) {
      const edition = this.edition;
      const frame = await this.fetch(number);
      if (!frame || edition !== this.edition) continue;
      const image = new Image(); // kept, so that the browser keeps the decoded picture
      image.src = frame.picture;
      if (number !== this.frame) await image.decode().catch(() => {}); // the one to be shown is decoded where it is
      if (edition !== this.edition) continue;
      this.held.set(number, { ...frame, image });
      this.release();
      if (number === this.frame) this.tell();
    }
    this.loading = false;
  }

  release() {
    if (this.held.size <= HELD_AT_MOST) return;
    const away = (number) => Math.abs(number - this.frame);
    const farthest = [...this.held.keys()].reduce((a, b) => (away(a) > away(b) ? a : b));
    this.held.delete(farthest);
  }
}

const BUTTONS = [
  // text, tooltip, what it does, when it can be pressed
  ["Back", "Take back the last step, or half-step", (film) => film.back(), (film) => film.frame > 0],
  ["E step", "Share each point out among the components", (film) => film.halfStep(), (film) => film.frame % 2 === 1],
  ["M step", "Fit each component to its share of the points", (film) => film.halfStep(),
    (film) => film.frame % 2 === 0 && !film.atEnd],
  ["Step", "Both: M step, then E step", (film) => film.step(), (film) => !film.atEnd],
  ["Play", "Step on until EM stops", (film) => film.play(!film.playing), (film) => !film.atEnd],
];

const KEYS = {
  ArrowLeft: (film) => film.halfStepBack(),
  ArrowRight: (film) => film.halfStep(),
  PageUp: (film) => film.back(), // PageUp and PageDown are what a lecturer's remote sends
  PageDown: (film) => film.step(),
  Home: (film) => film.go(0),
  End: (film) => film.go(film.last_frame),
  " ": (film) => film.play(!film.playing),
};

const KEYS_IN_WORDS = "Keys: left and right arrow for half-steps, space for play, home and end.";

// The same for a tour, which EM's buttons and half-steps have no part in.
const TOUR_TITLES = { Back: "The position before", Step: "The next position", Play: "Go on to the last position" };
const TOUR_KEYS_IN_WORDS = "Keys: left and right arrow to step, space for play, home and end.";

function element(tag, className, properties = {}) {
  return Object.assign(document.createElement(tag), { className }, properties);
}

// Put a player of the film into `parent`. onClick(across, down) hears of clicks on the picture, in shares of it.
// Returns a function that takes the player off again.
function mount(film, parent, onClick = () => {}) {
  const root = element("div", "gmm-player");
  const bar = element("div", "gmm-bar");
  const keysInWords = film.tour ? TOUR_KEYS_IN_WORDS : KEYS_IN_WORDS;
  const buttons = BUTTONS.map(([text, titleForEM, act, possible]) => {
    const title = film.tour ? TOUR_TITLES[text] : titleForEM;
    const hidden = title === undefined;
    const button = element("button", "gmm-button", { type: "button", textContent: text, title, hidden });
    button.onclick = () => possible(film) && act(film);
    bar.append(button);
    return button;
  });
  const slider = element("input", "gmm-slider", { type: "range", min: 0, step: 1 });
  slider.title = film.tour ? "Positions of the tour" : "Half-steps of the run";
  slider.setAttribute("aria-label", film.tour ? "position in the tour" : "position in the run, in half-steps");
  slider.oninput = () => film.go(Number(slider.value));
  const position = element("span", "gmm-position");
  bar.append(slider, position);
  const sentence = element("div", "gmm-sentence");
  sentence.setAttribute("aria-live", "polite");
  const question = element("details", "gmm-question");
  question.append(element("summary", "", { textContent: "Predict" }), element("span", ""));
  const picture = element("div", "gmm-picture", { tabIndex: 0, title: keysInWords });
  picture.setAttribute("role", "group");
  picture.setAttribute("aria-label", keysInWords);
  const image = element("img", "widget-image", { draggable: false, alt: "" });
  picture.append(image);
  const table = element("div", "gmm-table");
  root.append(bar, sentence, question, picture, table);

  // Jupyter's own shortcuts must not take these keys.
  for (const focusable of [...buttons, slider, picture, question.firstChild])
    focusable.setAttribute("data-lm-suppress-shortcuts", "true");

  root.addEventListener("keydown", (event) => {
    const pressesItself = event.key === " " && ["BUTTON", "SUMMARY"].includes(event.target.tagName);
    if (!KEYS[event.key] || pressesItself || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    KEYS[event.key](film);
  });

  image.onclick = (event) => {
    const box = image.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    const { left, top, right, bottom, first, last } = film.timeline;
    if (across >= left && across <= right && down >= top && down <= bottom)
      film.go(2 * Math.round(first + ((across - left) / (right - left)) * (last - first)));
    else onClick(across, down);
  };

  let shown;
  async function show(frame, number) {
    shown = frame;
    image.src = frame.picture;
    image.alt = frame.alt;
    position.textContent = frame.position;
    sentence.textContent = frame.sentence;
    sentence.classList.toggle("gmm-wrong", frame.wrong);
    if (root.dataset.shown !== String(number)) question.open = false;
    question.lastChild.textContent = frame.question;
    table.innerHTML = frame.table;
    await image.decode().catch(() => {});
    if (shown === frame) root.dataset.shown = number;
  }

  function view() {
    root.dataset.frame = film.frame;
    root.classList.toggle("gmm-lecture", film.lecture);
    root.classList.toggle("gmm-tool", film.tool);
    buttons.forEach((button, i) => button.setAttribute("aria-disabled", String(!BUTTONS[i][3](film))));
    buttons[4].textContent = film.playing ? "Pause" : "Play";
    slider.max = film.last_frame;
    slider.value = film.frame;
    const frame = film.held.get(film.frame);
    root.setAttribute("aria-busy", String(!frame));
    if (frame && frame !== shown) show(frame, film.frame);
  }

  // A page with light text is a dark page, whoever made it.
  function followTheme() {
    if (!root.isConnected) return; // it has gone since, and what is on no page has no colour
    const [red, green, blue] = getComputedStyle(parent).color.match(/[\d.]+/g).map(Number);
    root.classList.toggle("gmm-dark", red + green + blue > 3 * 128);
  }
  const themes = new MutationObserver(() => setTimeout(followTheme, 100));
  for (const node of [document.documentElement, document.body]) themes.observe(node, { attributes: true });

  parent.append(root);
  requestAnimationFrame(followTheme);
  film.views.add(view);
  if (film.last_frame !== undefined) view();
  return () => {
    film.views.delete(view);
    themes.disconnect();
    root.remove();
  };
}

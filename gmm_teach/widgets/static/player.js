// What a reader sees and presses: five buttons, a slider, a picture, its words and its table.
// The frames come from elsewhere: live.js asks the kernel for them, frozen.js has them in the page.
import { Layer } from "./ask.js";
import { button, element, withModifier } from "./elements.js";
import { Cells } from "./table.js";
import WORDS from "./words.json" with { type: "json" };

// Name, what it does, when it can be pressed; a tour has no half-steps, and no words for them.
const BUTTONS = [
  ["back", (film) => film.back(), (film) => film.frame > film.first],
  ["e_step", (film) => film.halfStep(), (film) => film.beforeEStep && !film.atEnd],
  ["m_step", (film) => film.halfStep(), (film) => !film.beforeEStep && !film.atEnd],
  ["step", (film) => film.step(), (film) => !film.atEnd],
  ["play", (film) => film.play(!film.playing), (film) => !film.atEnd],
];

const KEYS = {
  ArrowLeft: (film) => film.halfStepBack(),
  ArrowRight: (film) => film.halfStep(),
  PageUp: (film) => film.back(), // PageUp and PageDown are what a lecturer's remote sends
  PageDown: (film) => film.step(),
  Home: (film) => film.go(film.first),
  End: (film) => film.go(film.last),
  " ": (film) => film.play(!film.playing),
};

// Put a player of the film into `parent`. onClick(across, down) hears of clicks on the picture, in shares of it;
// onMove is the layer's. Returns a function that takes the player off again.
export function mount(film, parent, onClick = () => {}, onMove = null) {
  const root = element("div", "gmm-player");
  const bar = element("div", "gmm-bar");
  const tour = film.get("tour");
  const inHand = tour && film.first === film.last; // an explorer that is alive: hands move it, and nothing steps
  const words = tour ? WORDS.tour : WORDS.player;
  const keys = inHand ? WORDS.explorer.keys : words.keys;
  bar.hidden = inHand;
  const buttons = BUTTONS.map(([name, act, possible]) => {
    const made = button(WORDS.player[name], words[`${name}_title`] ?? "");
    made.hidden = !(`${name}_title` in words);
    made.onclick = () => film.press(() => possible(film) && act(film));
    bar.append(made);
    return made;
  });
  const slider = element("input", "gmm-slider", { type: "range", step: 1, title: words.slider_title });
  slider.setAttribute("aria-label", words.slider);
  slider.oninput = () => {
    const number = Number(slider.value);
    film.press(() => film.go(number));
  };
  const position = element("span", "gmm-position");
  const working = element("span", "gmm-working", { textContent: WORDS.player.working });
  const whole = button(WORDS.player.full_screen, "", "gmm-whole-screen");
  whole.onclick = () => (document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen());
  bar.append(slider, position, working, whole);
  const sentence = element("div", "gmm-sentence");
  sentence.setAttribute("aria-live", "polite");
  const question = element("details", "gmm-question");
  question.append(element("summary", "", { textContent: WORDS.player.predict }), element("span", ""));
  const picture = element("div", "gmm-picture", { tabIndex: inHand ? -1 : 0, title: keys });
  picture.setAttribute("role", "group");
  picture.setAttribute("aria-label", keys);
  const stage = element("div", "gmm-stage"); // as large as the image, also where the picture scrolls
  const image = element("img", "widget-image", { draggable: false, alt: "" });
  stage.append(image);
  picture.append(stage);
  const cells = new Cells((k, column) => layer.askCell(k, column, cells), () => layer.close());
  const side = element("div", "gmm-side"); // an explorer's picture leaves room beside it
  side.append(sentence, cells.box);
  if (tour) root.append(bar, picture, side);
  else root.append(bar, sentence, question, picture, cells.box);
  const layer = new Layer(film, { picture, stage, image }, (frame) => show(frame, film.frame), onMove);

  // Jupyter's own shortcuts must not take these keys.
  for (const focusable of [...buttons, slider, picture, question.firstChild])
    focusable.setAttribute("data-lm-suppress-shortcuts", "true");

  root.addEventListener("keydown", (event) => {
    const pressesItself = event.key === " " && ["BUTTON", "SUMMARY"].includes(event.target.tagName);
    if (inHand || !KEYS[event.key] || pressesItself || withModifier(event)) return;
    event.preventDefault();
    event.stopPropagation();
    film.press(KEYS[event.key]);
  });

  image.onclick = (event) => {
    const box = image.getBoundingClientRect();
    const across = (event.clientX - box.left) / box.width;
    const down = (event.clientY - box.top) / box.height;
    const { left, top, right, bottom, first, last } = film.get("timeline");
    const step = Math.round(first + ((across - left) / (right - left)) * (last - first));
    if (across >= left && across <= right && down >= top && down <= bottom) film.press(() => film.go(film.fromRun(2 * step)));
    else if (!layer.tap(event)) onClick(across, down);
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
    layer.show(frame);
    cells.show(frame.table, layer.alive);
    await image.decode().catch(() => {});
    if (shown === frame) root.dataset.shown = number;
  }

  function view() {
    root.dataset.frame = film.frame;
    root.classList.toggle("gmm-explorer", Boolean(tour));
    root.classList.toggle("gmm-lecture", film.get("lecture"));
    root.classList.toggle("gmm-tool", film.get("tool"));
    root.classList.toggle("gmm-narrow", film.get("narrow"));
    buttons.forEach((button, i) => button.setAttribute("aria-disabled", String(!BUTTONS[i][2](film))));
    buttons[4].textContent = WORDS.player[film.playing ? "pause" : "play"];
    slider.min = film.first;
    slider.max = film.last;
    slider.value = film.frame;
    const frame = film.held.get(film.frame);
    root.setAttribute("aria-busy", String(!frame || film.get("working")));
    if (frame && frame !== shown) show(frame, film.frame);
  }

  // A page with light text is a dark page, however it was made.
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
  view();
  return () => {
    film.views.delete(view);
    themes.disconnect();
    layer.remove();
    root.remove();
  };
}

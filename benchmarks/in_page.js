// What the benchmark does in a page, alike for all steppers.
//
// A click is timed from just before it is dispatched, here in the page, to changed pixels. In every animation frame the
// picture's mark is looked at, and where it has changed the clock stops in the frame after, when the change has been
// painted. The mark of an image is its address, once it is loaded: every new picture has a new one; the clock goes on
// until the image is decoded. The mark of a canvas is a hash of the pixels at its top, where the titles are: they are
// another at every step. To read those takes 0.3 ms, and to ask for the decoding of a decoded image 0.5 ms.
(pictureSelector) => {
  const REST = 300;  // ms without a message to or from the kernel
  const PATIENCE = 30000;
  const TOP = 60;  // rows of a canvas that hold the titles, and every step has its own

  const frame = () => new Promise(requestAnimationFrame);
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const panel = () => jupyterapp.shell.currentWidget;
  const kernel = panel().sessionContext.session.kernel;
  const player = () => document.querySelector('.gmm-player');

  let heard = performance.now(), wanted = 0;
  kernel.anyMessage.connect((_, {msg, direction}) => {
    heard = performance.now();
    if (direction === 'send' && msg.content.data && msg.content.data.content &&
      msg.content.data.content.kind === 'want') wanted += 1;
  });

  const picture = () => document.querySelector(pictureSelector);

  // An image's mark is its address: every new picture is a new blob: or data: address. A canvas' is a hash.
  function mark() {
    const seen = picture();
    if (!seen) return null;
    if (seen.tagName === 'IMG') return seen.complete && seen.naturalWidth ? seen.src : null;
    const ratio = seen.height / seen.getBoundingClientRect().height;
    const pixels = seen.getContext('2d').getImageData(0, 0, seen.width, Math.ceil(TOP * ratio)).data;
    let hash = 0;
    for (const word of new Uint32Array(pixels.buffer)) hash = (Math.imul(hash, 31) + word) | 0;
    return hash;
  }

  // The time of the frame after the one with the change; null if none came.
  async function changed(before, patience) {
    const deadline = performance.now() + patience;
    for (;;) {
      await frame();
      const now = mark();
      if (now !== null && now !== before) break;
      if (performance.now() > deadline) return null;
    }
    const seen = picture();
    // an image that is loaded may not be decoded yet; a picture that took its place meanwhile is as good
    if (seen.tagName === 'IMG') await seen.decode().catch(() => {});
    await frame();
    return performance.now();
  }

  function button(text) {
    const found = Array.from((player() || panel().content.node).querySelectorAll('button'))
      .find(button => button.textContent.trim() === text);
    if (!found) throw new Error('no button ' + text);
    if (found.disabled || found.ariaDisabled === 'true') throw new Error('the button ' + text + ' is grey');
    return found;
  }

  function slideOursTo(halfStep) {
    const slider = player().querySelector('input[type=range]');
    slider.value = halfStep;
    for (const type of ['input', 'change']) slider.dispatchEvent(new Event(type, {bubbles: true}));
  }

  // One step to the right; the slider of ipywidgets takes it from the keyboard only.
  function slide() {
    if (player()) slideOursTo(2 * stepShown() + 2);
    else {
      document.querySelector('.noUi-handle').dispatchEvent(
        new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true, cancelable: true}));
    }
  }

  const act = what => what === 'slider' ? slide() : button(what).click();

  const shownIsAsked = () => !player() || player().dataset.shown === player().dataset.frame;

  async function rest() {
    const deadline = performance.now() + PATIENCE;
    while (performance.now() - heard < REST || kernel.status !== 'idle' || mark() === null || !shownIsAsked()) {
      if (performance.now() > deadline) throw new Error('the stepper never came to rest');
      await pause(20);
    }
  }

  // Milliseconds from one action to the frame after the one that shows what it changed.
  async function time(what) {
    await rest();
    await pause(17 * Math.random());  // readers do not wait for the beat of the screen either
    const before = mark();
    wanted = 0;
    const start = performance.now();
    act(what);
    const end = await changed(before, PATIENCE);
    if (end === null) throw new Error('the picture did not change after ' + what);
    await rest();
    return end - start;
  }

  // Do something many times, each as soon as the picture of the time before is there.
  async function repeat(what, times) {
    for (let i = 0; i < times; i++) {
      const before = mark();
      act(what);
      if (await changed(before, PATIENCE) === null) throw new Error('the picture did not change after ' + what);
    }
    await rest();
  }

  // Milliseconds from the last of many clicks on Step until the picture changed for the last time.
  async function backlog(clicks, gap) {
    await rest();
    let seen = mark(), end = null;
    const start = performance.now();
    for (let i = 0; i < clicks; i++) {
      await pause(start + i * gap - performance.now());
      act('Step');
    }
    for (;;) {
      const time = await changed(seen, 2000);
      if (time !== null) { end = time; seen = mark(); }
      else if (stepShown() === clicks) break;
      else if (performance.now() - start > PATIENCE) throw new Error('only step ' + stepShown() + ' was reached');
    }
    await rest();
    return end - (start + (clicks - 1) * gap);
  }

  // The times at which ours changed its picture while it played, until it had done so often enough; then back to 0.
  async function playing(times) {
    await rest();
    let before = mark();
    const found = [], deadline = performance.now() + PATIENCE;
    act('Play');
    while (found.length < times && performance.now() < deadline) {
      await frame();
      const now = mark();
      if (now !== null && now !== before) { found.push(performance.now()); before = now; }
    }
    if (found.length < times) throw new Error('only ' + found.length + ' pictures were played');
    act('Pause');
    await rest();
    slideOursTo(0);
    await rest();
    return found;
  }

  // A hand on the cross of a component. What it does goes through the player's own listeners.
  const cross = k => player().querySelectorAll('.gmm-puck')[k];
  function middle(k) {
    const {left, top, width, height} = cross(k).getBoundingClientRect();
    return [left + width / 2, top + height / 2];
  }
  function hand(type, [clientX, clientY]) {
    cross(0).setPointerCapture = () => {};  // which wants a real pointer
    cross(0).dispatchEvent(
      new PointerEvent(type, {pointerId: 1, button: 0, clientX, clientY, bubbles: true, cancelable: true}));
  }

  // Milliseconds from each of some movements of the hand to the picture that follows it, the hand at rest before each.
  async function drag(times) {
    await rest();
    const [x, y] = middle(0), found = [];
    hand('pointerdown', [x, y]);
    for (let i = 0; i <= times; i++) {
      await rest();
      await pause(17 * Math.random());
      const before = mark(), start = performance.now();
      hand('pointermove', [x + 8 * (i + 1), y]);
      const end = await changed(before, PATIENCE);
      if (end === null) throw new Error('the picture did not follow the hand');
      if (i > 0) found.push(end - start);  // the first takes hold
    }
    hand('pointercancel', [x, y]);
    await rest();
    return found;
  }

  // The times at which the picture changed while the hand moved in every frame of the screen, for so many milliseconds.
  async function dragging(duration) {
    await rest();
    const [x, y] = middle(0), found = [], start = performance.now();
    hand('pointerdown', [x, y]);
    let before = mark();
    for (let now = start; now - start < duration; now = performance.now()) {
      const turn = (now - start) / 500;
      hand('pointermove', [x + 60 * Math.sin(turn) + 8, y + 40 * Math.sin(2 * turn)]);
      await frame();
      const seen = mark();
      if (seen !== null && seen !== before) { found.push(performance.now()); before = seen; }
    }
    hand('pointercancel', [x, y]);
    await rest();
    return found;
  }

  // Milliseconds from a click on the middle of each component in turn to the frame after the one with the card.
  async function asked(times) {
    const found = [], card = player().querySelector('.gmm-card');
    for (let i = 0; i < times; i++) {
      await rest();
      await pause(17 * Math.random());
      const before = card.textContent, [clientX, clientY] = middle(i % 3), start = performance.now();
      picture().dispatchEvent(new MouseEvent('click', {clientX, clientY, bubbles: true}));
      do await frame(); while (card.hidden || card.textContent === before);
      await frame();
      found.push(performance.now() - start);
    }
    return found;
  }

  // The lowest and the highest that the page was, looked at in every frame until asked.
  let heights = null;
  const height = () => document.querySelector('.jp-WindowedPanel-outer').scrollHeight;
  function watchHeight() {
    const look = () => {
      if (!heights) return;
      const now = height();
      heights = [Math.min(heights[0], now), Math.max(heights[1], now)];
      requestAnimationFrame(look);
    };
    heights = [Infinity, 0];
    look();
  }
  function lowestAndHighest() {
    const found = heights;
    heights = null;
    return found;
  }

  // Run code in the notebook's last code cell, whose output is shown.
  async function run(source) {
    const notebook = panel().content;
    notebook.activeCellIndex = 1;
    notebook.activeCell.model.sharedModel.setSource(source);
    const wentWell = await jupyterapp.commands.execute('notebook:run-cell');
    if (!wentWell) throw new Error('the cell raised: ' + source);
    await rest();
  }

  // The value of an expression in the kernel, as text; nothing is shown.
  async function ask(code, expression) {
    const future = kernel.requestExecute({code, store_history: false, user_expressions: {value: expression}});
    const value = (await future.done).content.user_expressions.value;
    if (value.status !== 'ok') throw new Error(value.ename + ': ' + value.evalue);
    return value.data['text/plain'];
  }

  const stepShown = () => player() ? Number(player().dataset.shown) / 2 :
    Number(document.querySelector('.widget-readout').textContent);

  // How many frames our stepper has asked the kernel for since the last click that was timed.
  const framesWanted = () => wanted;

  window.bench = {time, repeat, backlog, playing, watchHeight, lowestAndHighest, run, ask, stepShown, framesWanted, drag, dragging,
    asked};
}

// The position in a run, the frames that the browser holds, and the moves. Nothing here touches a page.
// A frame number counts half-steps: -1 is the start before any E step, 2t is theta^(t) after its E step,
// 2t + 1 is theta^(t+1) after its M step.

const HELD_AT_MOST = 60;

export class Film {
  // model: get(name) and move(position). The position {edition, frame, stride} lives there, and only there.
  // fetch(number): a promise of the frame {picture, alt, position, sentence, ...}; of nothing if it is too late.
  constructor(model, fetch) {
    const state = { held: new Map(), views: new Set(), pressed: [], playing: false, loading: false, moving: false };
    Object.assign(this, { model, fetch }, state);
    this.moved();
  }

  get(name) { return this.model.get(name); }

  get edition() { return this.get("position").edition; }

  get frame() { return this.get("position").frame; }

  get first() { return this.get("first_frame"); }

  get last() { return this.get("last_frame"); }

  // Where the kernel works on another run, the moves wait for it: none is lost, and none is of the old run.
  press(move) {
    if (this.get("working")) this.pressed.push(move);
    else move(this);
  }

  // The program has changed something other than the position.
  changed() {
    if (!this.get("working")) this.pressed.splice(0).forEach((move) => move(this));
    this.load();
    this.tell();
  }

  // The position has changed, by the reader or by the program.
  moved() {
    if (this.edition !== this.heldEdition) this.held.clear(); // Play goes on, in the new run
    else if (!this.moving) this.play(false);
    this.heldEdition = this.edition;
    this.load(); // first of all, since the reader waits for the picture
    this.tell();
  }

  tell() {
    for (const view of this.views) view();
  }

  // The moves. Each says where it leads, and whether it is a half-step, which Back would take back.

  go(number, stride = this.get("position").stride) {
    const frame = Math.min(Math.max(number, this.first), this.last);
    if (frame === this.frame) return;
    this.moving = true;
    this.model.move({ edition: this.edition, frame, stride });
    this.moving = false;
  }

  // A frozen player may leave out frames of a run: `kept` are the numbers in the run of those that it has. One that it has
  // not is that before the gap.
  fromRun(frame) {
    const kept = this.get("kept");
    return kept ? this.first + kept.findLastIndex((number) => number <= frame) : frame;
  }

  get frameInRun() { return this.get("kept")?.[this.frame - this.first] ?? this.frame; }

  halfStep() { this.go(this.frame + 1, 1); }

  halfStepBack() { this.go(this.frame - 1, 1); }

  get atEnd() { return this.frame === this.last; }

  get beforeEStep() { return this.frame % 2 !== 0; }

  // A tour, unlike EM, has no half-steps.
  get whole() { return this.get("tour") ? 1 : 2; }

  get afterStep() {
    if (this.get("tour")) return this.frame + 1;
    if (this.frame < 0) return 2; // the first E step, then M and E
    return this.frame + (this.beforeEStep ? 1 : 2);
  }

  step() { this.go(this.afterStep, this.whole); }

  back() { this.go(this.frame - (this.beforeEStep && !this.get("tour") ? 1 : this.get("position").stride)); }

  play(on) {
    clearTimeout(this.timer);
    this.playing = on && !this.atEnd;
    if (this.playing) this.timer = setTimeout(() => this.tick(), this.get("interval"));
    this.tell();
  }

  tick() {
    if (this.held.has(this.frame)) { // else wait for the picture: none is skipped
      if (this.frame < 0) this.halfStep(); // the points receive their colours before anything moves
      else this.step();
    }
    this.play(true);
  }

  // One frame at a time: the one to be shown, then those that the next press may ask for.

  get wanted() {
    const after = this.afterStep;
    const likely = [after, this.frame + 1, this.frame - 1, this.frame - 2, after + 2, after + 4];
    return [this.frame, ...likely.slice(0, this.get("ahead"))].find(
      (number) => number >= this.first && number <= this.last && !this.held.has(number),
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

// A player whose frames come from the kernel, drawn when they are asked for. anywidget calls what is exported here.
const TOLD = ["edition", "frame", "stride", "last_frame", "interval", "ahead", "timeline", "lecture", "tool"];

export default () => {
  const waiting = new Map(); // frame number -> what to call when it comes
  let film;
  return {
    initialize({ model }) {
      const fetch = (number) =>
        new Promise((done) => {
          waiting.set(number, done);
          model.send({ kind: "want", frame: number, edition: model.get("edition") });
        });
      film = new Film(fetch, () => {
        model.set({ frame: film.frame, stride: film.stride }); // at once, since each change is heard above
        model.save_changes();
      });
      const take = () => film.take(Object.fromEntries(TOLD.map((name) => [name, model.get(name)])));
      model.on("msg:custom", ({ frame, edition, ...content }) => {
        if (edition !== model.get("edition") || !waiting.has(frame)) return;
        waiting.get(frame)(content);
        waiting.delete(frame);
      });
      model.on("change:edition", () => {
        for (const tooLate of waiting.values()) tooLate();
        waiting.clear();
      });
      for (const name of TOLD) model.on(`change:${name}`, take);
      if (window.devicePixelRatio <= 1 && model.get("fine")) {
        model.set("fine", false); // such a screen could not show a finer picture, which takes longer to draw
        model.save_changes();
      }
      take();
    },
    render({ model, el }) {
      // The ordinary picture in the cell's output stays until a frame has come: without a kernel none ever does.
      const still = `#${model.get("still")}`;
      const hidden = element("style", "", {
        textContent: `.jp-OutputArea-child:has(${still}), ${still} { display: none; }`,
      });
      const hide = () => film.held.size > 0 && el.append(hidden);
      film.views.add(hide);
      hide();
      const remove = mount(film, el, (across, down) => model.send({ kind: "click", across, down }));
      return () => {
        film.views.delete(hide);
        remove();
      };
    },
  };
};

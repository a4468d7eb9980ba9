// A player whose frames come from the kernel, drawn when they are asked for. anywidget calls what is exported here.
import { Film } from "./film.js";
import { element } from "./elements.js";
import { mount } from "./player.js";

// What the program may change; the position, which the reader changes too, is heard of by itself.
const SETTINGS = ["first_frame", "last_frame", "interval", "ahead", "timeline", "lecture", "tool", "narrow", "working"];

export default () => {
  const waiting = new Map(); // frame number -> what to call when it comes
  let film;
  let moved = () => {}; // what to call when the kernel has followed a hand
  return {
    initialize({ model }) {
      const fetch = (number) =>
        new Promise((done) => {
          waiting.set(number, done);
          model.send({ kind: "want", frame: number, edition: model.get("position").edition });
        });
      model.on("msg:custom", ({ frame, edition, ...content }) => {
        if (content.followed) moved(content);
        if (edition !== model.get("position").edition || !waiting.has(frame)) return;
        waiting.get(frame)(content);
        waiting.delete(frame);
      });
      model.on("change:edition", () => {
        for (const tooLate of waiting.values()) tooLate();
        waiting.clear();
        moved();
      });
      if (window.devicePixelRatio <= 1 && model.get("fine")) {
        model.set("fine", false); // such a screen could not show a finer picture, which takes longer to draw
        model.save_changes();
      }
      const move = (position) => {
        model.set({ position });
        model.save_changes();
      };
      film = new Film({ get: (name) => model.get(name), move }, fetch);
      model.on("change:position", () => film.moved());
      for (const name of SETTINGS) model.on(`change:${name}`, () => film.changed());
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
      const onClick = (across, down) => model.send({ kind: "click", across, down });
      const onMove = (message) =>
        new Promise((done) => {
          moved = done;
          model.send({ kind: "move", edition: model.get("position").edition, ...message });
        });
      const remove = mount(film, el, onClick, onMove);
      requestAnimationFrame(() => {
        const narrow = el.clientWidth < 500;
        if (el.clientWidth === 0 || narrow === model.get("narrow")) return; // not on the page, or as it is
        model.set({ narrow });
        model.save_changes();
      });
      return () => {
        film.views.delete(hide);
        remove();
      };
    },
  };
};

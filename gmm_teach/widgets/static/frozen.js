// A player whose words are all in the page, its pictures too or in files beside it: no kernel, no network.
import { Film } from "./film.js";
import { mount } from "./player.js";

export function startFrozen(place) {
  const { told, frames } = JSON.parse(place.querySelector("script").textContent);
  // The pictures beside a long page are many. The first waits until the reader is near, the others for a hand.
  const near = new Promise((resolve) => {
    const seen = (entries) => entries.some((entry) => entry.isIntersecting) && resolve();
    new IntersectionObserver(seen, { rootMargin: "50%" }).observe(place);
  });
  let touched;
  const hand = new Promise((resolve) => (touched = resolve));
  for (const event of ["pointerenter", "focusin"]) place.addEventListener(event, touched, { once: true });
  const move = (position) => {
    told.position = position;
    touched();
    film.moved();
  };
  const film = new Film({ get: (name) => told[name], move }, async (number) => {
    const frame = frames[number - told.first_frame];
    if (!frame.picture.startsWith("data:")) await (number === told.position.frame ? near : hand);
    return frame;
  });
  place.replaceChildren();
  mount(film, place);
}

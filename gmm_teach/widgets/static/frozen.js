// A player whose words are all in the page, its pictures too or in files beside it: no kernel, no network.
import { Film } from "./film.js";
import { button } from "./elements.js";
import { mount } from "./player.js";
import WORDS from "./words.json" with { type: "json" };

const PHONES = "(max-width: 500px)"; // as in player.css: they get pictures whose panels are stacked, where there are some

export function startFrozen(place) {
  const { told, frames, on_phones } = JSON.parse(place.querySelector("script").textContent);
  if (on_phones && matchMedia(PHONES).matches) {
    Object.assign(told, on_phones, { panel: { ...told.panel, ...on_phones.panel } });
    for (const frame of frames) frame.picture = frame.narrow;
  }
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
  addLinks(film, place);
}

// A page's address may end in #t=5.5: the M step after step 5 is done; of a tour, its position 5. The second player of a
// page is meant by #t=5.5&player=2.
function addLinks(film, place) {
  const number = Array.from(document.querySelectorAll(".gmm-frozen")).indexOf(place) + 1;
  const [halves, first] = film.get("tour") ? [1, 1] : [2, 0]; // a tour's positions count from 1
  const follow = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const t = parseFloat(asked.get("t"));
    if (Number.isNaN(t) || Number(asked.get("player") ?? 1) !== number) return;
    film.go(film.fromRun(Math.round(halves * t) - first));
    place.scrollIntoView();
  };
  const copy = button(WORDS.link.copy, WORDS.link.copy_title);
  copy.onclick = async () => {
    history.replaceState(null, "", `#t=${(film.frameInRun + first) / halves}${number > 1 ? `&player=${number}` : ""}`);
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    copy.textContent = copied ? WORDS.link.copied : WORDS.link.in_the_bar;
    setTimeout(() => (copy.textContent = WORDS.link.copy), 2000);
  };
  place.querySelector(".gmm-player").append(copy); // below all else, where it moves nothing
  window.addEventListener("hashchange", follow);
  follow();
}

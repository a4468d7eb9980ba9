// A player whose words are all in the page, its pictures too or in files beside it: no kernel, no network.
import { Film } from "./film.js";
import { element } from "./elements.js";
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
  const copy = element("button", "gmm-button", { type: "button", textContent: "Copy link", title: "A link to this page at this step" });
  copy.onclick = async () => {
    history.replaceState(null, "", `#t=${(film.frameInRun + first) / halves}${number > 1 ? `&player=${number}` : ""}`);
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    copy.textContent = copied ? "Link copied" : "Link is in the address bar";
    setTimeout(() => (copy.textContent = "Copy link"), 2000);
  };
  place.querySelector(".gmm-player").append(copy); // below all else, where it moves nothing
  window.addEventListener("hashchange", follow);
  follow();
}

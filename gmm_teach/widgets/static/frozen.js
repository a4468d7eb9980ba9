// A player whose words are all in the page, its pictures too or in files beside it: no kernel, no network.
function startFrozen(place) {
  const { told, frames } = JSON.parse(place.querySelector("script").textContent);
  // The pictures beside a long page are many. The first waits until the reader is near, the others for a hand.
  const near = new Promise((resolve) => {
    const seen = (entries) => entries.some((entry) => entry.isIntersecting) && resolve();
    new IntersectionObserver(seen, { rootMargin: "50%" }).observe(place);
  });
  let touched;
  const hand = new Promise((resolve) => (touched = resolve));
  for (const event of ["pointerenter", "focusin"]) place.addEventListener(event, touched, { once: true });
  const film = new Film(async (number) => {
    if (!frames[number].picture.startsWith("data:")) await (number === film.frame ? near : hand);
    return frames[number];
  }, touched);
  film.take(told);
  place.replaceChildren();
  mount(film, place);
}

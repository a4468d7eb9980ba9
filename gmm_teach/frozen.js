// A player whose words are all in the page, its pictures too or in files beside it: no kernel, no network.
function startFrozen(place) {
  const { told, frames } = JSON.parse(place.querySelector("script").textContent);
  // All pictures of a long page would be many: all but the first wait until the reader is near.
  const near = new Promise((resolve) => {
    const seen = (entries) => entries.some((entry) => entry.isIntersecting) && resolve();
    new IntersectionObserver(seen, { rootMargin: "50%" }).observe(place);
  });
  const film = new Film(async (number) => {
    if (number > 0) await near;
    return frames[number];
  });
  Object.assign(film, told);
  place.replaceChildren();
  mount(film, place);
  film.take(told);
}

// A player whose words are all in the page, its pictures too or in files beside it: no kernel, no network.
function startFrozen(place) {
  const { told, frames } = JSON.parse(place.querySelector("script").textContent);
  // The pictures beside a long page are many: they wait until the reader is near.
  const near = new Promise((resolve) => {
    const seen = (entries) => entries.some((entry) => entry.isIntersecting) && resolve();
    new IntersectionObserver(seen, { rootMargin: "50%" }).observe(place);
  });
  const film = new Film(async (number) => {
    if (!frames[number].picture.startsWith("data:")) await near;
    return frames[number];
  });
  Object.assign(film, told);
  place.replaceChildren();
  mount(film, place);
  film.take(told);
}

// A player whose frames are all in the page: no kernel, no network.
function startFrozen(id, told, frames) {
  const film = new Film(async (number) => frames[number]);
  const place = document.getElementById(id);
  place.replaceChildren();
  mount(film, place);
  film.take(told);
}

// What the theme and the players leave out, above all for readers who hear the page, or have no mouse.

// The arrows beside the groups of pages have no name.
document.querySelectorAll("nav.bd-links summary").forEach((summary) => {
  const group = summary.closest("li").querySelector("a").textContent.trim();
  summary.setAttribute("aria-label", `Pages of ${group}`);
});

// A folded cell is said otherwise than it is written.
document.querySelectorAll(".cell summary[aria-label]").forEach((summary) => summary.removeAttribute("aria-label"));

// A reader without a mouse would pass all the pages and links before the first stepper.
const stepper = document.querySelector("article .gmm-player");
if (stepper) {
  stepper.id ||= "first-stepper";
  const skip = `<a class="btn btn-primary" href="#${stepper.id}">Skip to the first stepper</a>`;
  document.querySelector("#pst-skip-link").insertAdjacentHTML("beforeend", skip);
}

// What scrolls sideways must be reached by the keyboard.
document.querySelectorAll(".gmm-table, div.math").forEach((wide) => (wide.tabIndex = 0));

// What the search quotes of a page is plain text, in which a formula would stand as it is typed; and no code.
if (typeof Search !== "undefined") {
  const { htmlToText } = Search;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll(".cell_input, .highlight, summary, .gmm-open").forEach((code) => code.remove());
    return htmlToText(page.documentElement.outerHTML, anchor).replace(/\\\(.*?\\\)|\\\[.*?\\\]/gs, "…");
  };
}

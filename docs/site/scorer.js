// In which order the search lists what it finds: the glossary, the lessons, then all else. The numbers are Sphinx's own.
globalThis.Scorer = {
  score: ([page, , , , score]) =>
    score + (page === "docs/glossary" ? 30 : page.startsWith("notebooks/") ? 20 : page.startsWith("docs/") ? 10 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

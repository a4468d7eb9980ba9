// What the other files make their parts of a page with.

export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function element(tag, className, properties = {}) {
  return Object.assign(document.createElement(tag), { className }, properties);
}

// A part of a drawing, in SVG.
export function drawn(tag, attributes) {
  const { namespaceURI } = element("div", "", { innerHTML: "<svg></svg>" }).firstChild;
  const made = document.createElementNS(namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

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

// A button with its words, and more of them when the mouse rests there.
export function button(textContent, title, className = "") {
  return element("button", `gmm-button ${className}`.trim(), { type: "button", textContent, title });
}

// Words from words.json with values in their gaps.
export function say(words, values) {
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// A key that is dealt with here, and nowhere else.
export function take(event, act) {
  event.preventDefault();
  event.stopPropagation();
  act();
}

export const withModifier = (event) => event.ctrlKey || event.altKey || event.metaKey;

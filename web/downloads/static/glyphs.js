// One shape per state, so that nobody needs the colours: drawn on a grid of 12.
const SVG = "http://www.w3.org/2000/svg";
const DISC = "M6 0a6 6 0 1 1 0 12a6 6 0 0 1 0-12z";
const RING = "M6 0a6 6 0 1 1 0 12a6 6 0 0 1 0-12zm0 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 0 0 0-9z";
const SHAPES = {
  PENDING: `${RING}M6 4.5a1.5 1.5 0 1 1 0 3a1.5 1.5 0 0 1 0-3z`,
  STARTED: `${DISC}M4.6 3.4v5.2l4.2-2.6z`,
  RETRY: `${DISC}M6 2.6a3.4 3.4 0 1 0 3.4 3.4h-1.3a2.1 2.1 0 1 1-2.1-2.1v1.3l2.5-2l-2.5-2z`,
  SUCCESS: `${DISC}M2.9 6.2l.9-.9l1.5 1.5l3-3l.9.9l-3.9 3.9z`,
  FAILURE: `${DISC}M3.4 4.3l.9-.9l1.7 1.7l1.7-1.7l.9.9l-1.7 1.7l1.7 1.7l-.9.9l-1.7-1.7l-1.7 1.7l-.9-.9l1.7-1.7z`,
  REVOKED: `${DISC}M3 5.3h6v1.4h-6z`,
  PAUSED: `${DISC}M3.8 3.5h1.5v5h-1.5zM6.7 3.5h1.5v5h-1.5z`,
  GONE: RING,
};

export function glyph() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("class", "glyph");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

export function draw(svg, state) {
  svg.firstChild.setAttribute("d", SHAPES[state] ?? RING);
}

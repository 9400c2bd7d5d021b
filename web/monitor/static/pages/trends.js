// Two minutes of a figure, kept in the page, drawn as a line.

const KEPT_S = 120;
const trends = new Map();

/** Remember a value; one per second at most. */
export function note(name, value, now) {
  if (value === null) return;
  const points = trends.get(name) || [];
  trends.set(name, points);
  const last = points.at(-1);
  if (last && now - last[0] < 1) last[1] = value;
  else points.push([now, value]);
  while (points.length && points[0][0] < now - KEPT_S) points.shift();
}

export function forget(kept) {
  for (const name of trends.keys()) if (!kept.has(name)) trends.delete(name);
}

/** Draw into an <svg class="trend"> of 100 × 30; the scale begins at 10 %. */
export function draw(svg, name, now) {
  const points = trends.get(name) || [];
  const most = Math.max(10, ...points.map((point) => point[1]));
  const line = points.map(([at, value]) => {
    const x = 100 - ((now - at) / KEPT_S) * 100;
    return `${Math.max(0, x).toFixed(1)},${(28 - (value / most) * 25).toFixed(1)}`;
  });
  const [area, stroke] = svg.children;
  const enough = line.length > 1;
  stroke.setAttribute("points", enough ? line.join(" ") : "");
  const ends = enough ? [line[0].split(",")[0], line.at(-1).split(",")[0]] : [];
  area.setAttribute("points", enough ? `${ends[0]},30 ${line.join(" ")} ${ends[1]},30` : "");
}

export function canvas(label) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "trend");
  svg.setAttribute("viewBox", "0 0 100 30");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  for (const kind of ["polygon", "polyline"]) {
    svg.append(document.createElementNS("http://www.w3.org/2000/svg", kind));
  }
  return svg;
}

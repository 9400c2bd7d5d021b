// A series of numbers at even distances, drawn as a line; null is where it was not measured.

/** Draw into a `canvas` of pages/trends.js (100 × 30). One known point draws nothing. */
export function drawSeries(svg, values) {
  const signature = values.join();
  if (svg.drawn === signature) return;
  svg.drawn = signature;
  const known = values.map((value, at) => [at, value]).filter(([, value]) => value !== null);
  const most = Math.max(1, ...known.map(([, value]) => value));
  const last = Math.max(1, values.length - 1);
  const line = known.map(([at, value]) => `${((at / last) * 100).toFixed(1)},${(28 - (value / most) * 25).toFixed(1)}`);
  const [area, stroke] = svg.children;
  const enough = line.length > 1;
  stroke.setAttribute("points", enough ? line.join(" ") : "");
  const ends = enough ? [line[0].split(",")[0], line.at(-1).split(",")[0]] : [];
  area.setAttribute("points", enough ? `${ends[0]},30 ${line.join(" ")} ${ends[1]},30` : "");
}

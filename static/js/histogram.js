// Drawing a range over the histogram narrows the search to it; the ends snap to the bars.
const LEAST_PX = 6; // less is a click
let drawing = null;

function timeAt(chart, clientX) {
  const box = chart.svg.getBoundingClientRect();
  const share = Math.min(Math.max((clientX - box.left) / box.width, 0), 1);
  return chart.since + (chart.until - chart.since) * share;
}

// The bars between two times; they are aligned to UTC, the first and the last are cut at the chart's ends.
function barsBetween(chart, one, other) {
  const first = Math.floor(Math.min(one, other) / chart.width) * chart.width;
  const last = Math.ceil(Math.max(one, other) / chart.width) * chart.width;
  return [Math.max(first, chart.since), Math.min(last, chart.until)];
}

function chartAt(target) {
  const svg = target.closest?.(".histogram__chart");
  const figure = svg?.closest(".histogram");
  if (!figure) return null;
  const since = Date.parse(figure.dataset.since);
  const until = Date.parse(figure.dataset.until);
  return { svg, since, until, width: Number(figure.dataset.widthMs), brush: svg.querySelector(".histogram__brush") };
}

function draw(to) {
  const { chart, from } = drawing;
  const range = barsBetween(chart, from, to);
  const share = (time) => (100 * (time - chart.since)) / (chart.until - chart.since);
  chart.brush.setAttribute("x", `${share(range[0])}%`);
  chart.brush.setAttribute("width", `${share(range[1]) - share(range[0])}%`);
  drawing.range = range;
}

function search([since, until]) {
  const form = document.querySelector("#filters");
  form.elements.since.value = new Date(since).toISOString();
  form.elements.until.value = new Date(until).toISOString();
  form.requestSubmit();
}

document.addEventListener("pointerdown", (event) => {
  if (event.button || event.pointerType === "touch") return;
  const chart = chartAt(event.target);
  if (chart) drawing = { chart, from: timeAt(chart, event.clientX), startX: event.clientX, range: null };
});

document.addEventListener("pointermove", (event) => {
  if (!drawing) return;
  if (drawing.range || Math.abs(event.clientX - drawing.startX) >= LEAST_PX) draw(timeAt(drawing.chart, event.clientX));
});

document.addEventListener("pointerup", () => {
  const done = drawing;
  drawing = null;
  if (!done?.range) return;
  // The click that follows would follow the bar's link.
  document.addEventListener("click", (event) => { event.preventDefault(); event.stopPropagation(); }, { capture: true, once: true });
  search(done.range);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !drawing) return;
  drawing.chart.brush.setAttribute("width", "0");
  drawing = null;
});

// Links in the drawing are not to be dragged away.
document.addEventListener("dragstart", (event) => {
  if (chartAt(event.target)) event.preventDefault();
});

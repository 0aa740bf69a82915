// While a list is followed: its histogram, its sentence and its counts, asked for again at a calm pace. They stay as they
// are while somebody uses them: no bar moves away from under the pointer, the focus or a selection.
const EVERY_MS = 10_000;
const IF_NOTHING_CAME_MS = 60_000; // the last hour, say, goes on all the same
const [HISTOGRAM, SENTENCE, COUNTS] = ["[data-live-histogram]", ".sentence", "[data-live-counts]"];
const IN_USE = "details[open], :focus, :active";

export class LiveCounts {
  constructor(live) {
    this.live = live;
    this.askedAt = -Infinity;
    this.counted = -1; // events that had come when what is shown was asked for
    this.isAsking = false;
  }

  // Whatever waited is shown now: it is to be counted too.
  hurry() {
    this.askedAt = -Infinity;
  }

  async look() {
    const came = this.live.arrived + this.live.late;
    const every = came > this.counted ? EVERY_MS : IF_NOTHING_CAME_MS;
    if (this.isAsking || performance.now() - this.askedAt < every || !this.#mayChange) return;
    this.isAsking = true;
    this.askedAt = performance.now();
    const answer = await this.#ask();
    this.isAsking = false;
    if (!answer || !this.#mayChange || (table() && !answer.table)) return; // the table was opened meanwhile
    this.#show(answer);
    this.counted = came;
  }

  // Null if the server cannot say it now: what was counted last stays.
  async #ask() {
    try {
      const response = await fetch(this.#address, { signal: this.live.stopped.signal });
      return response.ok && !response.redirected ? await response.json() : null;
    } catch {
      return null;
    }
  }

  #show(answer) {
    const histogram = place(HISTOGRAM);
    const scrolled = table()?.scrollTop;
    histogram.innerHTML = answer.histogram;
    htmx.process(histogram);
    if (answer.table) {
      histogram.querySelector("#histogram-table")?.insertAdjacentHTML("beforeend", answer.table);
      if (table()) table().scrollTop = scrolled;
    }
    place(SENTENCE).innerHTML = answer.sentence;
    place(COUNTS).innerHTML = answer.counts;
    document.title = `${answer.title} · logviewer`;
  }

  get #mayChange() {
    if (this.live.why || this.live.stopped.signal.aborted || !this.live.rows) return false;
    const selection = getSelection();
    return [HISTOGRAM, SENTENCE, COUNTS].map(place).every(
      (one) => one && !one.querySelector(IN_USE) && (selection.isCollapsed || !selection.containsNode(one, true)),
    );
  }

  get #address() {
    const all = document.querySelector("#older") ? "" : "1";
    return `${this.live.part.dataset.counts}&shown=${this.live.rows.length}&all=${all}&table=${table() ? 1 : ""}`;
  }
}

function table() {
  return place("#histogram-table > .histogram-table");
}

function place(selector) {
  return document.querySelector(selector);
}

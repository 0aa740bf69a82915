// Live: asks once a second what has arrived and puts it into the list. Stands still while the reader reads: it says why
// and since when, and how many events wait.
import { LiveCounts } from "./live_counts.js";
import { Rows } from "./tail_rows.js";
import { say } from "./say.js";

const EVERY_MS = 1000;
const MORE_AFTER_MS = 50;
const LONGEST_BREAK_MS = 30_000; // between two attempts while the server does not answer
const IDLE_MS = 15 * 60_000;
const MOST_ROWS = 1000; // on the page
const MOST_WAITING = 500;
const SAID_EVERY_MS = 15_000; // how many arrived, to screen readers

const WITHOUT_ASKING = new Set(["hidden", "idle"]);

let live = null;
let used = Date.now();

class Live {
  constructor(part) {
    this.part = part;
    this.words = part.dataset;
    this.since = new Date();
    this.cursor = "";
    this.rows = null;
    this.waiting = [];
    this.isMore = false; // more wait than are held
    this.arrived = 0;
    this.late = 0;
    this.why = null; // it is paused
    this.byHand = false;
    this.failures = 0;
    this.lastSaid = 0;
    this.stopped = new AbortController();
    this.counts = new LiveCounts(this);
  }

  async run() {
    await this.#again(() => this.begin());
    this.show();
    while (!this.stopped.signal.aborted) {
      await this.#pause(this.delay);
      this.judge();
      this.show();
      this.counts.look();
      if (!this.stopped.signal.aborted && !WITHOUT_ASKING.has(this.why)) await this.#again(() => this.look());
    }
  }

  stop() {
    this.stopped.abort();
    this.part.querySelector("[data-tail-bar]").hidden = true;
    this.part.querySelector("[data-tail-state]").textContent = "";
    this.said(this.words.saidOff);
  }

  // The list's beginning and the cursor that goes on from it.
  async begin() {
    const answer = await this.#ask("");
    if (this.#table) {
      this.rows = new Rows(this.#table);
      this.rows.begin(answer.html, answer.keys);
    }
    this.cursor = answer.cursor;
    Object.assign(this, { waiting: [], isMore: false, late: 0, delay: EVERY_MS });
  }

  async look() {
    const answer = await this.#ask(this.cursor);
    this.cursor = answer.cursor;
    this.delay = answer.more ? MORE_AFTER_MS : EVERY_MS;
    this.judge();
    if (answer.rows.length && !this.rows) {
      this.#searchAgain(); // there was no list to put them in
    } else if (this.why) {
      this.#hold(answer.rows);
    } else {
      this.#put(answer.rows);
      if (this.rows?.length > MOST_ROWS) await this.begin();
    }
    this.show();
  }

  #hold(rows) {
    this.waiting.push(...rows);
    if (this.waiting.length <= MOST_WAITING) return;
    this.isMore = true;
    this.waiting.length = MOST_WAITING;
  }

  #put(rows) {
    const { added, late } = this.rows?.add(rows) ?? { added: 0, late: 0 };
    this.arrived += added;
    this.late += late;
  }

  // Shows what waited, from the list's top.
  async resume() {
    this.byHand = false;
    used = Date.now();
    getSelection().removeAllRanges();
    for (const opened of this.#table?.querySelectorAll(".events__opened") ?? []) closeRow(opened);
    this.part.closest("#results").scrollIntoView({ block: "start" });
    if (this.isMore || !(this.rows?.isAsBegun ?? true)) await this.#again(() => this.begin());
    this.counts.hurry();
    this.judge();
    this.show();
  }

  // Whether to stand still, and takes in what waited when it need not any more.
  judge() {
    const why = this.#reason();
    if (why !== this.why) {
      this.why = why;
      this.pausedAt = new Date();
      if (why) this.said(this.#paused());
    }
    if (why || this.isMore) return;
    this.#put(this.waiting.splice(0));
  }

  // The search with its first events; following it goes on from there.
  #searchAgain() {
    this.stopped.abort();
    htmx.ajax("GET", location.pathname + location.search, { target: "#search", swap: "innerHTML" });
  }

  #reason() {
    const table = this.#table;
    if (document.hidden) return "hidden";
    if (this.byHand) return "hand";
    if (Date.now() - used > IDLE_MS) return "idle";
    if (!table) return null;
    if (table.querySelector(".events__opened:not([hidden])")) return "opened";
    if (table.querySelector(".c-time input:checked")) return "picked";
    if (!(this.rows?.isAsBegun ?? true)) return "older";
    const selection = getSelection();
    if (!selection.isCollapsed && table.contains(selection.anchorNode)) return "selected";
    if (table.querySelector("#rows").getBoundingClientRect().top < underBars() - 1) return "scrolled";
    // Too many wait to be put in one by one: the reader says when the list is to begin anew.
    return this.isMore ? this.why : null;
  }

  show() {
    if (!this.cursor) return; // has not begun
    const find = (name) => this.part.querySelector(`[data-tail-${name}]`);
    const state = [fill(this.words.saidFollowing, { time: this.#clock(this.since) })];
    if (this.arrived) state.push(fill(this.words.saidArrived, { count: number(this.arrived) }));
    if (this.late) state.push(fill(this.words.saidLate, { count: number(this.late) }));
    find("state").textContent = state.join(" ");
    find("bar").hidden = !this.why;
    find("why").textContent = this.why ? this.#paused() : "";
    find("waiting").textContent = this.#waits();
    find("resume").textContent = this.waiting.length ? this.words.doShow : this.words.doResume;
    if (Date.now() - this.lastSaid > SAID_EVERY_MS) this.said(this.why ? this.#waits() : state.join(" "));
  }

  #paused() {
    const why = fill(this.words[`why${this.why[0].toUpperCase()}${this.why.slice(1)}`], {});
    return fill(this.words.saidPaused, { time: this.#clock(this.pausedAt), why });
  }

  #waits() {
    const count = this.waiting.length;
    if (!count) return "";
    return fill(this.isMore ? this.words.saidMany : this.words.saidWaiting, { count: number(count) });
  }

  said(sentence) {
    this.lastSaid = Date.now();
    this.part.querySelector("[data-tail-said]").textContent = sentence;
  }

  get #table() {
    return document.querySelector("#events");
  }

  #clock(time) {
    return time.toLocaleTimeString("en-GB", { timeZone: this.words.zone });
  }

  async #ask(cursor) {
    const address = `${this.words.address}&cursor=${cursor}`;
    const response = await fetch(address, { signal: this.stopped.signal, headers: { Accept: "application/json" } });
    if (response.redirected) location.reload(); // the session ended: the page says so
    const answer = await response.json();
    if (response.ok) return answer;
    if (response.status === 400) {
      say(answer.problem);
      this.stopped.abort();
    }
    throw new Error(answer.problem);
  }

  // Does it, and again after a while until it works. Nothing is skipped meanwhile: the cursor stays.
  async #again(work) {
    for (this.failures = 0; !this.stopped.signal.aborted; this.failures += 1) {
      try {
        await work();
        return;
      } catch {
        const breakMs = Math.min(EVERY_MS * 2 ** this.failures, LONGEST_BREAK_MS);
        if (this.stopped.signal.aborted) return;
        this.part.querySelector("[data-tail-bar]").hidden = false;
        this.part.querySelector("[data-tail-why]").textContent = fill(this.words.whyAway, { seconds: breakMs / 1000 });
        await this.#pause(breakMs);
      }
    }
  }

  #pause(milliseconds) {
    return new Promise((done) => {
      const timer = setTimeout(done, milliseconds);
      this.wake = () => { clearTimeout(timer); done(); };
      this.stopped.signal.addEventListener("abort", this.wake, { once: true });
    });
  }
}

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function number(count) {
  return count.toLocaleString("en");
}

// Where the list can be seen: below the page's bar and the heads of its columns, which stay on top.
function underBars() {
  const bars = document.querySelectorAll(".bar, .events > thead th:first-child");
  return Math.max(...[...bars].map((bar) => bar.getBoundingClientRect().bottom));
}

function closeRow(opened) {
  opened.hidden = true;
  opened.previousElementSibling?.querySelector(".opener")?.setAttribute("aria-expanded", "false");
}

function start(part) {
  live?.stop();
  live = new Live(part);
  part.querySelector("[data-tail-switch]").setAttribute("aria-pressed", "true");
  live.run();
}

function end() {
  live.part.querySelector("[data-tail-switch]").setAttribute("aria-pressed", "false");
  live.stop();
  live = null;
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-tail-resume]")) live?.resume();
  const switched = event.target.closest?.("[data-tail-switch]");
  if (!switched) return;
  if (live) end();
  else start(switched.closest("[data-tail]"));
});

// Another search: it is followed if the one before was.
document.addEventListener("htmx:afterSwap", () => {
  if (!live || live.part.isConnected) return;
  const part = document.querySelector("[data-tail]");
  if (part) start(part);
  else { live.stopped.abort(); live = null; }
});

for (const sign of ["pointerdown", "keydown", "wheel", "touchstart"]) {
  document.addEventListener(sign, () => { used = Date.now(); }, { passive: true });
}
for (const sign of ["visibilitychange", "selectionchange", "scroll", "htmx:afterSwap"]) {
  document.addEventListener(sign, () => { live?.judge(); live?.show(); }, { passive: true });
}
// In the first phase: a row that is opened or closed keeps its click to itself.
document.addEventListener("click", () => setTimeout(() => { live?.judge(); live?.show(); }), true);
document.addEventListener("visibilitychange", () => { if (!document.hidden) live?.wake?.(); });

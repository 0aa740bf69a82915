// Completion of the search box: a combobox (ARIA 1.2) whose choices the server makes. Arrows choose, Enter or Tab takes,
// Escape closes, Ctrl+Space asks. Without this module the box is a plain field.
const WAIT_MS = 120;
let timer;
let asking = null;

function box(target) {
  return target?.matches?.("input[data-completions]") ? target : null;
}

function list(input) {
  return input.parentElement.querySelector(".completions");
}

function choices(input) {
  return [...(list(input)?.querySelectorAll("[role=option]") ?? [])];
}

function chosen(input) {
  return choices(input).find((choice) => choice.getAttribute("aria-selected") === "true") ?? null;
}

// Set when the box is first used, so that parts which HTMX brings need no second start.
function become(input) {
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-haspopup", "listbox");
  if (!input.hasAttribute("aria-expanded")) input.setAttribute("aria-expanded", "false");
}

function close(input) {
  clearTimeout(timer);
  asking?.abort();
  list(input)?.remove();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-controls");
  input.removeAttribute("aria-activedescendant");
}

function open(input, html) {
  close(input);
  const made = new DOMParser().parseFromString(html, "text/html").querySelector(".completions");
  if (!made) return;
  input.parentElement.append(document.adoptNode(made));
  input.setAttribute("aria-expanded", "true");
  input.setAttribute("aria-controls", made.id);
}

// The server counts code points, the browser halves of surrogate pairs.
function points(text) {
  return [...text].length;
}

async function ask(input) {
  asking?.abort();
  asking = new AbortController();
  const { value } = input;
  const at = points(value.slice(0, input.selectionStart));
  const query = new URLSearchParams({ q: value, at });
  try {
    const answer = await fetch(`${input.dataset.completions}?${query}`, { signal: asking.signal, redirect: "error" });
    const html = answer.status === 200 ? await answer.text() : "";
    if (input.value !== value || document.activeElement !== input) return;
    open(input, html);
  } catch {
    // A newer question took its place, or the server does not answer: typing goes on without.
  }
}

function soon(input) {
  clearTimeout(timer);
  timer = setTimeout(() => ask(input), WAIT_MS);
}

function choose(input, step) {
  const all = choices(input);
  if (!all.length) return;
  const at = all.indexOf(chosen(input));
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
  for (const choice of all) choice.setAttribute("aria-selected", "false");
  const choice = all[next];
  if (!choice) { // past an end: back in the text
    input.removeAttribute("aria-activedescendant");
    return;
  }
  choice.setAttribute("aria-selected", "true");
  choice.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", choice.id);
}

function take(input, choice) {
  const letters = [...input.value];
  const { start, end } = list(input).dataset;
  const before = letters.slice(0, Number(start)).join("") + choice.dataset.text;
  input.value = before + letters.slice(Number(end)).join("");
  input.setSelectionRange(before.length, before.length);
  close(input);
  // After an operator values come, after a name operators.
  if (!choice.dataset.text.endsWith(" ")) ask(input);
}

const KEYS = {
  ArrowDown: (input) => (list(input) ? choose(input, 1) : ask(input)),
  ArrowUp: (input) => choose(input, -1),
  Enter: (input) => take(input, chosen(input)),
  Tab: (input) => take(input, chosen(input)),
  Escape: (input) => close(input),
};

function isOurs(event, input) {
  if (event.key === "ArrowDown") return true;
  if (event.key === "Enter" || event.key === "Tab") return chosen(input) !== null && !event.shiftKey;
  return list(input) !== null;
}

// Before other listeners: Escape shall first close the choices.
document.addEventListener("keydown", (event) => {
  const input = box(event.target);
  if (!input || event.isComposing) return;
  if (event.key === " " && event.ctrlKey) {
    event.preventDefault();
    ask(input);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key) || !isOurs(event, input)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  KEYS[event.key](input);
}, true);

document.addEventListener("focusin", (event) => {
  const input = box(event.target);
  if (input) become(input);
});

document.addEventListener("input", (event) => {
  const input = box(event.target);
  if (!input) return;
  if (/\S$/.test(input.value.slice(0, input.selectionStart))) soon(input);
  else close(input);
});

document.addEventListener("focusout", (event) => {
  const input = box(event.target);
  if (input) close(input);
});

document.addEventListener("submit", () => {
  const input = document.querySelector("input[data-completions]");
  if (input) close(input);
});

// The box keeps the focus while a choice is clicked.
document.addEventListener("pointerdown", (event) => {
  if (event.target.closest?.(".completions")) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const choice = event.target.closest?.(".completion");
  if (choice) take(choice.closest(".searchbox").querySelector("input"), choice);
});

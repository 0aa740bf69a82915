// Several rows selected: a box in each, a range with Shift, copied in the format whose button is pressed.
import { copyAndSay } from "./copy.js";
import { say } from "./say.js";

export const PICK = ".c-time input";
const MOST = 500; // the server's limit
let last = null;

function boxes() {
  return [...document.querySelectorAll(PICK)];
}

function form() {
  return document.querySelector("[data-selected]");
}

function show() {
  const some = boxes().filter((box) => box.checked).length;
  form()?.classList.toggle("picked--some", some > 0);
  const count = form()?.querySelector("[data-selected-count]");
  if (count) count.textContent = some ? String(some) : "";
}

export function toggle(row) {
  const box = row?.querySelector(PICK);
  if (!box) return;
  box.checked = !box.checked;
  last = box;
  show();
}

document.addEventListener("click", (event) => {
  if (!event.target.matches?.(PICK)) return;
  const all = boxes();
  const [one, other] = [all.indexOf(last), all.indexOf(event.target)];
  if (event.shiftKey && one >= 0) {
    for (const box of all.slice(Math.min(one, other), Math.max(one, other) + 1)) box.checked = event.target.checked;
  }
  last = event.target;
  show();
});

document.addEventListener("reset", (event) => {
  if (event.target === form()) setTimeout(show);
});

document.addEventListener("submit", async (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  const keys = boxes().filter((box) => box.checked).map((box) => ["e", box.value]);
  if (keys.length > MOST) {
    say(form().dataset.wordsMany);
    return;
  }
  const query = new URLSearchParams([...keys, ["as", event.submitter?.value ?? "text"]]);
  const text = fetch(`${form().action}?${query}`).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer)));
  await copyAndSay(text);
});

// Rows that come or go.
document.addEventListener("htmx:afterSettle", show);
addEventListener("pageshow", show);

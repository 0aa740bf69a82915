// The keyboard: / searches, j and k walk, Enter or o opens, x selects, r shows the request, Escape closes, ? helps.
import { close, openerOf } from "./rows.js";
import { PICK, toggle } from "./selecting.js";

function rows() {
  return [...document.querySelectorAll(".events__row")];
}

function currentRow() {
  const at = document.activeElement?.closest(".events__row, .events__opened");
  return at?.matches(".events__opened") ? at.previousElementSibling : at;
}

function walk(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(currentRow());
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
  const beyond = next >= all.length ? "[data-below]" : next < 0 ? "[data-above]" : "";
  if (beyond && document.querySelector(beyond)) {
    document.querySelector(beyond).focus({ focusVisible: true });
    return;
  }
  const opener = openerOf(all[Math.min(Math.max(next, 0), all.length - 1)]);
  opener.focus({ focusVisible: true });
  opener.scrollIntoView({ block: "nearest" });
}

const ACTIONS = {
  "/": () => document.querySelector("#id_q")?.select(),
  j: () => walk(1),
  k: () => walk(-1),
  o: () => openerOf(currentRow())?.click(),
  x: () => toggle(currentRow()),
  r: () => currentRow()?.querySelector(".c-request a, [data-name=request_id] a")?.click(),
  l: () => document.querySelector("[data-tail-switch]")?.click(),
  "?": () => document.querySelector("#keys-help")?.showPopover(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape") {
    leave(event);
    return;
  }
  if (event.target.closest(`input:not(${PICK}), select, textarea, dialog`) || !Object.hasOwn(ACTIONS, event.key)) return;
  event.preventDefault();
  ACTIONS[event.key]();
});

function leave(event) {
  const row = currentRow();
  if (row && close(row)) {
    openerOf(row).focus({ focusVisible: true });
  } else if (document.activeElement?.matches("#id_q")) {
    event.preventDefault(); // or the browser empties the box
    document.activeElement.blur();
  }
}

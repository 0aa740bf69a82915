// The keyboard: / searches, j and k walk, Enter or o opens, r shows the request, Escape closes, ? helps.
import { close, openerOf } from "./rows.js";

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
  if (next >= all.length) {
    document.querySelector("[data-older]")?.focus();
    return;
  }
  const opener = openerOf(all[Math.max(next, 0)]);
  opener.focus({ focusVisible: true });
  opener.scrollIntoView({ block: "nearest" });
}

const ACTIONS = {
  "/": () => document.querySelector("#id_q")?.select(),
  j: () => walk(1),
  k: () => walk(-1),
  o: () => openerOf(currentRow())?.click(),
  r: () => currentRow()?.querySelector(".c-request a")?.click(),
  l: () => document.querySelector("[data-tail-switch]")?.click(),
  "?": () => document.querySelector("#keys-help")?.showPopover(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.key === "Escape") {
    leave();
    return;
  }
  if (event.target.closest("input, select, textarea, dialog") || !Object.hasOwn(ACTIONS, event.key)) return;
  event.preventDefault();
  ACTIONS[event.key]();
});

function leave() {
  const row = currentRow();
  if (row && close(row)) {
    openerOf(row).focus({ focusVisible: true });
  } else if (document.activeElement?.matches("#id_q")) {
    document.activeElement.blur();
  }
}

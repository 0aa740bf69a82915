// Rows open and close in place. The opened part is asked for once and then kept.
import { announce } from "./announce.js";

export function openerOf(row) {
  return row?.querySelector(":scope .opener") ?? null;
}

export function close(row) {
  const opener = openerOf(row);
  const opened = row?.nextElementSibling;
  if (!opener || !opened?.matches(".events__opened")) return false;
  opened.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  return true;
}

// Without scripts an opener is a link to the event's page. HTMX is not told of each: a hundred of them take time.
function prepare() {
  for (const opener of document.querySelectorAll(".opener:not([aria-expanded])")) {
    opener.setAttribute("aria-expanded", "false");
  }
}

prepare();
document.addEventListener("htmx:load", prepare);

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.(".opener");
  if (!opener || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const row = opener.closest("tr");
  const opened = row.nextElementSibling;
  event.preventDefault();
  if (!opened?.matches(".events__opened")) {
    htmx.ajax("GET", opener.getAttribute("href"), { source: opener, target: row, swap: "afterend" });
    return;
  }
  opened.hidden = !opened.hidden;
  opener.setAttribute("aria-expanded", String(!opened.hidden));
});

// A click anywhere on a row opens it, unless it is on a link or selects text.
document.addEventListener("click", (event) => {
  const row = event.target.closest?.(".events__row");
  if (!row || event.target.closest("a, button, label") || String(getSelection())) return;
  openerOf(row).click();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const opener = event.detail.requestConfig?.elt;
  if (opener?.matches?.(".opener")) opener.setAttribute("aria-expanded", "true");
});

// A swap replaces what it says itself, so a region that stays says how many events there are now.
document.addEventListener("htmx:afterSettle", (event) => {
  if (["search", "results"].includes(event.detail.target.id)) {
    const said = ["[data-summary]", ".blank__title", ".problem"].map((part) => document.querySelector(part)?.textContent.trim());
    announce(said.find(Boolean) ?? "");
  } else if (event.detail.requestConfig?.elt?.matches?.("[data-above], [data-below]")) {
    const rows = document.querySelectorAll(".events__row").length;
    announce(document.querySelector("[data-rows-now]")?.dataset.rowsNow.replace("0", rows) ?? "");
  }
});

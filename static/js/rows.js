// Rows open and close in place. The opened part is asked for once and then kept.
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

// Before HTMX hears of the click: a row that was opened already needs no request.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.(".opener");
  if (!opener || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const row = opener.closest("tr");
  const opened = row.nextElementSibling;
  if (!opened?.matches(".events__opened")) return;
  event.preventDefault();
  event.stopPropagation();
  opened.hidden = !opened.hidden;
  opener.setAttribute("aria-expanded", String(!opened.hidden));
}, true);

// A click anywhere on a row opens it, unless it is on a link or selects text.
document.addEventListener("click", (event) => {
  const row = event.target.closest?.(".events__row");
  if (!row || event.target.closest("a, button") || String(getSelection())) return;
  openerOf(row).click();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const opener = event.detail.requestConfig?.elt;
  if (opener?.matches?.(".opener")) opener.setAttribute("aria-expanded", "true");
});

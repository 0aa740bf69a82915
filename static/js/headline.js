// Tells screen readers what a new search found: the part of the page that HTMX brings is no live region of its own.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "search") return;
  const sentence = document.querySelector("#results .sentence, #results .blank");
  document.querySelector("#said").textContent = sentence?.textContent ?? "";
});

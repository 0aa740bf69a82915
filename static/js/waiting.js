// Waits for the first event: asks now and then while somebody looks.
const EVERY_MS = 3000;

setInterval(() => {
  const waiting = document.querySelector("[data-waiting]");
  if (waiting && !document.hidden) waiting.dispatchEvent(new Event("look"));
}, EVERY_MS);

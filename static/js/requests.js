// What HTMX must know of this product: short addresses, sessions that end, servers that do not answer.
import { say } from "./say.js";

const words = () => document.body.dataset;

document.addEventListener("htmx:configRequest", (event) => {
  const parameters = event.detail.formData;
  for (const [name, value] of [...parameters.entries()]) {
    if (value === "") parameters.delete(name);
  }
});

// A whole page instead of a part: the session ended, and this is the login.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (!/^\s*<!doctype/i.test(event.detail.serverResponse ?? "")) return;
  event.detail.shouldSwap = false;
  location.reload();
});

// A refusal has its place in the whole search; below a row or after the last one it would stand among events.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status < 400 || event.detail.target.id === "search") return;
  event.detail.shouldSwap = false;
  say(words().wordsNotNow);
});

document.addEventListener("htmx:sendError", () => say(words().wordsNoAnswer));
document.addEventListener("htmx:responseError", (event) => {
  const gone = event.detail.xhr.status === 404;
  say(gone ? words().wordsGone : words().wordsFailed);
});

// htmx keeps the page's address in the browser's storage; an address holds ids of people. It does well without.
function forgetAddress() {
  sessionStorage.removeItem("htmx-current-path-for-history");
}

forgetAddress();
for (const moment of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"]) {
  document.addEventListener(moment, forgetAddress);
}

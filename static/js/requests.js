// What HTMX must know of this product: short addresses, sessions that end, servers that do not answer.
import { say } from "./say.js";

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
  say("That is not possible right now. Try again in a few seconds.");
});

document.addEventListener("htmx:sendError", () => say("The server does not answer. What you see is what was last received."));
document.addEventListener("htmx:responseError", (event) => {
  const gone = event.detail.xhr.status === 404;
  say(gone ? "This is not stored any more." : "That did not work. Try again, or reload the page.");
});

// htmx keeps the page's address in the browser's storage; an address holds ids of people. It does well without.
function forgetAddress() {
  sessionStorage.removeItem("htmx-current-path-for-history");
}

forgetAddress();
for (const moment of ["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"]) {
  document.addEventListener(moment, forgetAddress);
}

// Copy buttons: an address, or the text of the nearest element that carries it.
import { say } from "./say.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("button.copy");
  if (!button) return;
  event.preventDefault();
  const text = textFor(button);
  if (text === null) return;
  await copyAndSay(text);
});

function textFor(button) {
  if (button.dataset.copyLink !== undefined) return new URL(button.dataset.copyLink, location.href).href;
  if (button.dataset.copy !== undefined) return document.querySelector(button.dataset.copy)?.textContent ?? null;
  const near = button.closest("tr, .traceback, .snippet-box, .secret, .detail");
  const source = near?.querySelector(`[data-text="${CSS.escape(button.dataset.copyFrom ?? "")}"]`) ?? near?.querySelector("code, pre");
  return source ? original(source) : null;
}

// Marks for characters that cannot be seen are turned back into the characters.
function original(element) {
  const copy = element.cloneNode(true);
  for (const mark of copy.querySelectorAll(".unseen")) {
    mark.replaceWith(String.fromCodePoint(parseInt(mark.title.slice(2), 16)));
  }
  return copy.textContent;
}

// `text` may be a promise: a browser that allows copying only while a click is handled takes it as such.
export async function copyAndSay(text) {
  const words = document.body.dataset;
  say((await copied(text)) ? words.wordsCopied : words.wordsNotCopied);
}

async function copied(text) {
  try {
    if (navigator.clipboard?.write && window.ClipboardItem) {
      const blob = Promise.resolve(text).then((words) => new Blob([words], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      return true;
    }
    return copiedFromField(await text);
  } catch {
    return false;
  }
}

// Over plain http the clipboard is closed; selecting and copying still works.
function copiedFromField(text) {
  const field = document.body.appendChild(document.createElement("textarea"));
  field.value = text;
  field.className = "visually-hidden";
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

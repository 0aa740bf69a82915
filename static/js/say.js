// A sentence at the bottom of the page that goes away by itself; screen readers hear it.
const SHOWN_MS = 4000;
let timer;

export function say(sentence) {
  const toast = document.querySelector(".toast") ?? document.body.appendChild(made());
  toast.textContent = sentence;
  toast.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => { toast.hidden = true; }, SHOWN_MS);
}

function made() {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", "status");
  return toast;
}

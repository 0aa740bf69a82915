// What changed on the page, for those who do not see it: a live region that is there from the start.
export function announce(words) {
  const region = document.querySelector("#announced");
  if (region) region.textContent = words.replace(/\s+/g, " ").trim();
}

// The zone this device is in: an account's own from its first sign-in on; said beside the pages' own if clocks differ;
// in the preferences one button takes it.
const form = document.querySelector("[data-time-zone-form]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
const shown = document.querySelector("[data-zone-offset]");

for (const field of document.querySelectorAll("[data-device-zone]")) field.value = here;

if (shown && Number(shown.dataset.zoneOffset) !== -60 * new Date().getTimezoneOffset()) {
  shown.append(` · ${shown.dataset.wordsDevice.replace("{zone}", here)}`);
}

if (form && [...form.elements.time_zone.options].some((option) => option.value === here)) {
  const button = form.querySelector("[data-time-zone-here]");
  button.hidden = false;
  button.textContent = button.dataset.wordsZone.replace("{zone}", here);
  button.addEventListener("click", () => {
    form.elements.time_zone.value = here;
    form.requestSubmit();
  });
}

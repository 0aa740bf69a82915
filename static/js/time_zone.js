// In the preferences: one button for the zone this device is in.
const form = document.querySelector("[data-time-zone-form]");
const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (form && [...form.elements.time_zone.options].some((option) => option.value === here)) {
  const button = form.querySelector("[data-time-zone-here]");
  button.hidden = false;
  button.textContent = button.dataset.wordsZone.replace("{zone}", here);
  button.addEventListener("click", () => {
    form.elements.time_zone.value = here;
    form.requestSubmit();
  });
}

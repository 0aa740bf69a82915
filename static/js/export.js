// The page of a new export takes its file at once; without JavaScript the same link waits for a click.
document.querySelector("[data-export-begins]")?.click();

// The list's rows while it is followed, each with its key: text that sorts like the list. The page always shows the
// list's beginning, so a row goes to its place, and what is there already is not added again.

export class Rows {
  constructor(table) {
    this.table = table;
    this.ordered = []; // [{ key, row }], newest first
  }

  // Shows the list's beginning anew.
  begin(html, keys) {
    for (const part of [...this.table.tBodies]) part.remove();
    this.table.insertAdjacentHTML("beforeend", html);
    htmx.process(this.table);
    this.ordered = this.#rows().map((row, place) => ({ key: keys[place], row }));
  }

  // Adds rows where they belong. Returns how many came in, and how many belong behind the link to older ones.
  add(arrived) {
    const result = { added: 0, late: 0 };
    for (const { key, html } of arrived) {
      const place = this.#placeOf(key);
      if (this.ordered[place]?.key === key) continue;
      if (place === this.ordered.length && this.table.querySelector("#older")) {
        result.late += 1;
        continue;
      }
      this.#insert(place, key, html);
      result.added += 1;
    }
    return result;
  }

  // Rows that others have added, older ones, have no key.
  get isAsBegun() {
    return this.#rows().length === this.ordered.length;
  }

  get length() {
    return this.ordered.length;
  }

  #rows() {
    return [...this.table.querySelectorAll(".events__row")];
  }

  #placeOf(key) {
    let [low, high] = [0, this.ordered.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ordered[middle].key > key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insert(place, key, html) {
    const made = document.createElement("template");
    made.innerHTML = html;
    const row = made.content.firstElementChild;
    row.classList.add("is-new");
    this.table.querySelector("#rows").insertBefore(row, this.ordered[place]?.row ?? null);
    this.ordered.splice(place, 0, { key, row });
    htmx.process(row);
  }
}

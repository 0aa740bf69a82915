// What JavaScript adds to pages that work without it. Each module listens on the document, so parts that HTMX brings
// later need no second start.
import "./menus.js";
import "./completion.js";
import "./copy.js";
import "./requests.js";
import "./rows.js";
import "./selecting.js";
import "./keys.js";
import "./histogram.js";
import "./time_zone.js";
import "./waiting.js";
import "./tail.js";
import "./export.js";

document.documentElement.classList.add("js");

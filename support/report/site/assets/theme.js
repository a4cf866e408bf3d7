// Puts the reader's choice of light or dark in force before anything is drawn.
"use strict";
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("harken.theme");
  } catch {
    // A page that was opened from a folder may be refused its storage: then the system's choice holds.
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();

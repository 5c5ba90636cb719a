// `[data-copy]` copies the address of its link, or of the page.

import { tell } from "./announcer.js";
import { word } from "./words.js";

for (const button of navigator.clipboard ? document.querySelectorAll("button[data-copy]") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(new URL(button.dataset.copy, location.href).href);
    tell(word("copied"));
  });
}

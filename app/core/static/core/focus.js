// After a refused form the keyboard goes to what must be mended.

(document.querySelector("[data-focus]") ?? document.querySelector("[aria-invalid=true]"))?.focus();

// Where the keyboard goes: to what must be mended after a refused form, to the search box on "/".

document.querySelector("[data-focus]")?.focus();

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.querySelector('[data-shortcut="/"]');
  if (!box || !box.checkVisibility()) return;
  event.preventDefault();
  box.focus();
});

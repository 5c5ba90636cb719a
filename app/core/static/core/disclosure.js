// Menus are <details>: they work without this. Here they also close as people expect.

const menus = () => document.querySelectorAll("details[data-menu][open]");

function closeOthers(kept) {
  for (const menu of menus()) {
    if (menu !== kept) menu.open = false;
  }
}

document.addEventListener("click", (event) => {
  closeOthers(event.target.closest("details[data-menu]"));
});

document.addEventListener("focusin", (event) => {
  closeOthers(event.target.closest("details[data-menu]"));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  }
});

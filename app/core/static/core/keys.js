// Keys for those who come often: j and k walk through messages or rows, r answers, ? tells them all.

const items = () => [...document.querySelectorAll("article.post, .rows > .row")];

function walk(step) {
  const all = items();
  if (!all.length) return;
  const here = all.findIndex((item) => item.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, here + step))] ?? all[0];
  const target = next.matches("article") ? next : next.querySelector("a");
  if (target === next) next.tabIndex = -1;
  target.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
  if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  else if (event.key === "r") {
    const box = document.querySelector("[data-reply] textarea");
    if (!box) return;
    event.preventDefault();
    box.focus();
  } else if (event.key === "?") document.querySelector("dialog[data-keys]")?.showModal();
});

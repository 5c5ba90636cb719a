// Says politely what arrived, in one breath when several things arrive together.

const names = [];
let timer = null;

export function announce(name) {
  const region = document.querySelector("[data-live-announcer]");
  if (!region) return;
  if (name && !names.includes(name)) names.push(name);
  clearTimeout(timer);
  timer = setTimeout(() => {
    const words = document.querySelector("template[data-topic-words]")?.content.querySelector("[data-announce]");
    region.textContent = (words?.textContent ?? "{name}").replace("{name}", names.splice(0).join(", "));
  }, 1500);
}

// Naming somebody: "@" and two letters open a list of those who may read the place.

import { type } from "./composer.js";

const WORD = /(?:^|[\s(])@([\p{L}][\p{L}’' -]{0,30})$/u;

function attach(area, query) {
  const list = document.createElement("ul");
  list.className = "mention-list";
  list.id = `${area.id}-mentions`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  area.closest("[data-composer]").append(list);
  area.setAttribute("aria-controls", list.id);
  area.setAttribute("aria-autocomplete", "list");
  let people = [];
  let chosen = 0;
  let turn = 0;

  const close = () => {
    list.hidden = true;
    people = [];
    area.removeAttribute("aria-activedescendant");
  };
  const draw = () => {
    list.replaceChildren(
      ...people.map((person, n) => {
        const item = document.createElement("li");
        item.id = `${list.id}-${n}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(n === chosen));
        const name = document.createElement("b");
        name.textContent = person.name;
        item.append(name, ` ${person.firm}`);
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          pick(n);
        });
        return item;
      }),
    );
    list.hidden = !people.length;
    if (people.length) area.setAttribute("aria-activedescendant", `${list.id}-${chosen}`);
  };
  const pick = (n) => {
    const found = WORD.exec(area.value.slice(0, area.selectionStart));
    if (!found) return close();
    const start = area.selectionStart - found[1].length - 1;
    type(area, `@{${people[n].id}|${people[n].name}} `, start, area.selectionStart);
    close();
  };

  area.addEventListener("input", async () => {
    const found = WORD.exec(area.value.slice(0, area.selectionStart));
    if (!found || found[1].trim().length < 2) return close();
    const mine = ++turn;
    const answer = await fetch(`/mentions?${query}&q=${encodeURIComponent(found[1].trim())}`).catch(() => null);
    if (!answer?.ok || mine !== turn) return;
    people = await answer.json();
    chosen = 0;
    draw();
  });
  area.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      chosen = (chosen + step + people.length) % people.length;
      draw();
    } else if (event.key === "Enter" || event.key === "Tab") {
      event.preventDefault();
      event.stopImmediatePropagation();
      pick(chosen);
    } else if (event.key === "Escape") close();
  });
  area.addEventListener("blur", close);
}

for (const form of document.querySelectorAll("form[data-topic]")) {
  const area = form.querySelector("[data-composer] textarea");
  if (area) attach(area, `topic=${form.dataset.topic}`);
}

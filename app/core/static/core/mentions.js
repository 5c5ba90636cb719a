// Naming somebody: "@" and a letter open a list of those who may read the place.

import { speak } from "./announcer.js";
import { type } from "./composer.js";
import { nameAt } from "./naming.js";
import { word } from "./words.js";

const REST = 150;

class Picker {
  #area;
  #place;
  #list = document.createElement("ul");
  #people = [];
  #chosen = 0;
  #turn = 0;
  #timer = null;

  // `place()` says where people must be able to read: "topic=7" or "room=3", or nothing when that is not chosen yet.
  constructor(area, place) {
    this.#area = area;
    this.#place = place;
    this.#list.className = "mention-list";
    this.#list.id = `${area.id}-mentions`;
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", word("mention-list"));
    this.#list.hidden = true;
    area.after(this.#list);
    area.setAttribute("aria-controls", this.#list.id);
    area.setAttribute("aria-autocomplete", "list");
    area.addEventListener("input", () => this.#look());
    area.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    area.addEventListener("blur", () => this.#close());
  }

  #look() {
    clearTimeout(this.#timer);
    const name = nameAt(this.#area.value.slice(0, this.#area.selectionStart));
    if (!name || !this.#place()) return this.#close();
    this.#timer = setTimeout(() => this.#ask(name.trim()), REST);
  }

  async #ask(name) {
    const turn = ++this.#turn;
    const answer = await fetch(`/mentions?${this.#place()}&q=${encodeURIComponent(name)}`, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || turn !== this.#turn) return;
    const people = await answer.json();
    if (turn !== this.#turn || document.activeElement !== this.#area) return;
    this.#people = people;
    this.#chosen = 0;
    this.#draw();
    if (people.length) speak(word(people.length === 1 ? "one-person" : "many-people", { n: people.length }));
  }

  #draw() {
    if (!this.#people.length) return this.#close();
    this.#list.replaceChildren(...this.#people.map((person, n) => this.#item(person, n)));
    this.#list.hidden = false;
    this.#area.setAttribute("aria-activedescendant", `${this.#list.id}-${this.#chosen}`);
    this.#list.children[this.#chosen].scrollIntoView({ block: "nearest" });
  }

  #item(person, n) {
    const item = document.createElement("li");
    item.id = `${this.#list.id}-${n}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(n === this.#chosen));
    const name = document.createElement("b");
    name.textContent = person.name;
    item.append(name, " ", person.firm);
    // Before the box loses the focus, and the list with it.
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      this.#pick(n);
    });
    return item;
  }

  #pick(n) {
    const caret = this.#area.selectionStart;
    const name = nameAt(this.#area.value.slice(0, caret));
    const person = this.#people[n];
    if (name) type(this.#area, `@{${person.id}|${person.name}} `, caret - name.length - 1, caret);
    this.#close();
  }

  #close() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#people = [];
    this.#list.hidden = true;
    this.#area.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    if (this.#list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const picks = (event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab";
    if (!step && !picks && event.key !== "Escape") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (step) {
      this.#chosen = (this.#chosen + step + this.#people.length) % this.#people.length;
      this.#draw();
    } else if (picks) this.#pick(this.#chosen);
    else this.#close();
  }
}

for (const area of document.querySelectorAll("form[data-topic] [data-composer] textarea")) {
  new Picker(area, () => `topic=${area.form.dataset.topic}`);
}
for (const area of document.querySelectorAll("form[data-new-topic] [data-composer] textarea")) {
  new Picker(area, () => area.form.elements.room_id?.value && `room=${area.form.elements.room_id.value}`);
}

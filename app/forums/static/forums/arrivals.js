// Messages that arrive while somebody reads: a thin line above the first, a button when they stand out of sight.
// The scroll is never moved, and the focus neither.

import { announce } from "../../../core/static/core/announcer.js";
import { word, worded } from "../../../core/static/core/words.js";

export class Arrivals {
  #list;
  #jump = document.querySelector("[data-jump]");
  #waiting = [];

  constructor({ list }) {
    this.#list = list;
    this.#jump?.addEventListener("click", () => this.#go());
    let asked = false;
    addEventListener(
      "scroll",
      () => {
        if (asked || !this.#waiting.length) return;
        asked = true;
        requestAnimationFrame(() => {
          asked = false;
          this.#draw();
        });
      },
      { passive: true },
    );
  }

  // A message of somebody else that was not on the page; `lastRead` is the number read so far.
  add(article, lastRead) {
    article.classList.add("is-arriving");
    announce(article.querySelector(".person-name")?.textContent ?? "");
    if (!this.#waiting.length) this.#drawLine(article, lastRead);
    if (this.#isSeen(article)) return;
    this.#waiting.push(article);
    this.#draw();
  }

  read(number) {
    this.#waiting = this.#waiting.filter((article) => Number(article.dataset.number) > number);
    this.#draw();
  }

  #isSeen(article) {
    return document.visibilityState === "visible" && article.getBoundingClientRect().top < innerHeight - 80;
  }

  // One line only: it moves on once everything under the former one was read.
  #drawLine(article, lastRead) {
    const former = this.#list().querySelector("[data-new-line]");
    if (former && lastRead < Number(article.dataset.number) - 1) return;
    former?.remove();
    const line = worded("new-line");
    if (line) article.before(line);
  }

  #draw() {
    this.#waiting = this.#waiting.filter((article) => article.isConnected && !this.#isSeen(article));
    if (!this.#jump) return;
    const number = this.#waiting.length;
    this.#jump.hidden = !number;
    if (number) this.#jump.querySelector("[data-jump-words]").textContent = word(number === 1 ? "one-new" : "many-new", { n: number });
  }

  #go() {
    const first = this.#waiting[0];
    if (!first) return;
    first.scrollIntoView({ block: "start" });
    first.tabIndex = -1;
    first.focus({ preventScroll: true });
  }
}

// How far somebody has read: a message whose end stood on the screen for a second, in a tab one looks at.

import { send } from "../../../core/static/core/requests.js";

const DWELL = 1000;
const REST = 1200;

export class Reading {
  #address;
  #onRead;
  #last;
  #told;
  #timer = null;
  #dwelling = new Map();
  #observer = new IntersectionObserver((changes) => changes.forEach((change) => this.#see(change)), {
    rootMargin: "0px 0px -8% 0px",
  });

  constructor({ address, last, onRead }) {
    this.#address = address;
    this.#last = this.#told = last;
    this.#onRead = onRead;
    addEventListener("pagehide", () => this.#remember());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#remember();
      else for (const end of this.#dwelling.keys()) this.#lookAgain(end);
    });
  }

  get last() {
    return this.#last;
  }

  // The end of a message, not its whole: one taller than the screen is read too.
  watch(article) {
    const end = article.lastElementChild ?? article;
    end.readsNumber = Number(article.dataset.number);
    this.#observer.observe(end);
  }

  #lookAgain(end) {
    this.#observer.unobserve(end);
    this.#dwelling.delete(end);
    if (end.isConnected) this.#observer.observe(end);
  }

  #see({ target, isIntersecting }) {
    clearTimeout(this.#dwelling.get(target));
    this.#dwelling.delete(target);
    if (isIntersecting && target.readsNumber > this.#told) {
      this.#dwelling.set(target, setTimeout(() => this.#read(target), DWELL));
    }
  }

  #read(target) {
    if (document.visibilityState !== "visible") return;
    this.#dwelling.delete(target);
    this.#last = Math.max(this.#last, target.readsNumber);
    this.#onRead(this.#last);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#remember(), REST);
  }

  async #remember() {
    clearTimeout(this.#timer);
    if (this.#last <= this.#told) return;
    const before = this.#told;
    const number = (this.#told = this.#last);
    const answer = await send(this.#address, { json: { number }, keepalive: true }).catch(() => null);
    if (answer?.ok) document.dispatchEvent(new CustomEvent("topic:read"));
    // Not heard: the next message read, or leaving the page, says it again.
    else if (this.#told === number) this.#told = before;
  }
}

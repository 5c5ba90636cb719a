// Puts the entries of each scope in order, whatever the network does to them. Pure: no page, no socket.
//
// A scope is known by the last number applied. The next number is applied at once; a later one waits a moment for the
// missing ones, then they are asked for; an older one was applied already. `ask` must answer through `caughtUp`.

export const PATIENCE = 200;

export class Sequencer {
  #scopes = new Map();
  #apply;
  #ask;
  #reset;
  #later;

  constructor({ apply, ask, reset, later = (work, delay) => setTimeout(work, delay) }) {
    this.#apply = apply;
    this.#ask = ask;
    this.#reset = reset;
    this.#later = later;
  }

  // Start from what a page says it knows: { "12": 345 }.
  start(known) {
    this.#scopes = new Map(
      Object.entries(known).map(([scope, seq]) => [scope, { seq, waiting: new Map(), asked: false }]),
    );
  }

  forget(scope) {
    this.#scopes.delete(String(scope));
  }

  known() {
    return Object.fromEntries([...this.#scopes].map(([scope, { seq }]) => [scope, seq]));
  }

  receive(message) {
    const state = this.#scopes.get(String(message.scope));
    if (!state || message.seq <= state.seq) return;
    state.waiting.set(message.seq, message);
    this.#drain(state);
    if (state.waiting.size) this.#askSoon(String(message.scope), state);
  }

  // The heartbeat: what the server says the numbers are. A lost last message is noticed here.
  told(seqs) {
    const behind = Object.entries(seqs).filter(([scope, seq]) => (this.#scopes.get(scope)?.seq ?? seq) < seq);
    if (behind.length) this.#ask(behind.map(([scope]) => scope));
  }

  caughtUp(answer) {
    for (const [scope, caught] of Object.entries(answer.scopes ?? {})) {
      const state = this.#scopes.get(scope);
      if (!state) continue;
      state.asked = false;
      if (caught.reset) {
        this.#reset(scope);
        continue;
      }
      for (const entry of caught.entries) {
        if (entry.seq > state.seq) state.waiting.set(entry.seq, entry);
      }
      this.#drain(state);
      if (state.waiting.size) this.#askSoon(scope, state);
    }
  }

  #drain(state) {
    for (const seq of [...state.waiting.keys()].filter((seq) => seq <= state.seq)) state.waiting.delete(seq);
    while (state.waiting.has(state.seq + 1)) {
      const message = state.waiting.get(state.seq + 1);
      state.waiting.delete(message.seq);
      state.seq = message.seq;
      this.#apply(message);
    }
  }

  #askSoon(scope, state) {
    if (state.asked) return;
    state.asked = true;
    this.#later(() => {
      if (this.#scopes.get(scope) !== state) return;
      state.asked = false;
      if (state.waiting.size) this.#ask([scope]);
    }, PATIENCE);
  }
}

// The page's line to the server: a socket when it can be had, otherwise the same questions by HTTP.

import { io } from "socket.io-client";
import { Sequencer } from "./sequencer.js";

const SILENCE = 5000;
const POLL = 15000;

const main = document.querySelector("main[data-scopes]");
const signedIn = document.body.dataset.user;
let socket = null;
let stopped = false;
let asking = false;
let askAgain = false;
let pollTimer = null;

const sequencer = new Sequencer({
  apply: (message) => document.dispatchEvent(new CustomEvent("live:entry", { detail: message })),
  ask: () => catchUp(),
  reset: () => reload(),
});

export function emit(event, data) {
  if (socket?.connected) socket.volatile.emit(event, data);
}

export function scopesOf(element) {
  const pairs = (element?.dataset.scopes ?? "").trim().split(/\s+/).filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => pair.split(":")).map(([scope, seq]) => [scope, Number(seq)]));
}

// Ask what was missed; one question at a time, and once more if one came meanwhile.
export async function catchUp() {
  if (stopped) return;
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    const query = new URLSearchParams();
    for (const [scope, seq] of Object.entries(sequencer.known())) {
      query.append("scope", scope);
      query.append("after", seq);
    }
    if (!query.size) return;
    const answer = await fetch(`/journal?${query}`, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (answer.status === 401) return end({ signed_out: true });
    if (!answer.ok) return;
    const found = await answer.json();
    if (found.refused?.length) end({ scopes: found.refused });
    sequencer.caughtUp(found);
  } catch {
    // No network: the next sign of life asks again.
  } finally {
    asking = false;
    if (askAgain) {
      askAgain = false;
      setTimeout(catchUp, 300);
    }
  }
}

let reloading = null;

// Too much was missed: take the regions of a fresh page and leave what is being typed alone.
function reload() {
  reloading ??= fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" })
    .then(async (answer) => {
      if (!answer.ok) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const region of fresh.querySelectorAll("[data-live-region]")) {
        document.querySelector(`[data-live-region="${region.dataset.liveRegion}"]`)?.replaceWith(region);
      }
      const scopes = scopesOf(fresh.querySelector("main[data-scopes]"));
      sequencer.start(scopes);
      document.dispatchEvent(new CustomEvent("live:reset"));
      join();
    })
    .catch(() => {})
    .finally(() => {
      reloading = null;
    });
}

function join() {
  if (!socket?.connected) return;
  socket.emit("join", { scopes: sequencer.known() }, (answer) => {
    if (answer.signed_out) return end({ signed_out: true });
    if (answer.refused?.length) end({ scopes: answer.refused });
    sequencer.caughtUp(answer);
  });
}

// A right ended: stop listening, and when the page itself is no longer ours, show it no more.
function end({ scopes = [], signed_out = false }) {
  for (const scope of scopes) sequencer.forget(scope);
  if (signed_out) {
    stopped = true;
    clearInterval(pollTimer);
    socket?.close();
  }
  if (signed_out || scopes.map(String).includes(main.dataset.scope)) {
    document.dispatchEvent(new CustomEvent("live:ended", { detail: { signedOut: signed_out } }));
  }
}

function poll() {
  if (socket?.connected || stopped) return;
  catchUp();
}

function connect() {
  socket = io({ transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 8000, randomizationFactor: 0.7 });
  socket.on("connect", join);
  socket.on("entry", (message) => sequencer.receive(message));
  socket.on("seqs", (seqs) => {
    // A whole scope hears this at once: do not answer all together.
    setTimeout(() => sequencer.told(seqs), Math.random() * 400);
  });
  socket.on("ended", end);
  socket.on("typing", (detail) => document.dispatchEvent(new CustomEvent("live:typing", { detail })));
  setTimeout(() => {
    poll();
    pollTimer = setInterval(poll, POLL * (0.8 + Math.random() * 0.4));
  }, SILENCE);
}

if (main && signedIn && Object.keys(scopesOf(main)).length) {
  sequencer.start(scopesOf(main));
  connect();
  const wake = () => {
    if (document.visibilityState === "visible") catchUp();
  };
  addEventListener("pageshow", (event) => event.persisted && wake());
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
}

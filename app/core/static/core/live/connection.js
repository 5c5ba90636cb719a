// The page's line to the server: a socket when it can be had, otherwise the same questions by HTTP.

import { io } from "socket.io-client";
import { takeRegions } from "./regions.js";
import { Sequencer } from "./sequencer.js";

const SILENCE = 5000;
const POLL = 15_000;
const PATIENCE = 10_000;

const main = document.querySelector("main[data-scopes]");
const lost = new Set();
let socket = null;
let stopped = false;
let asking = false;
let askAgain = false;
let stale = false;
let refreshing = null;
let pollTimer = null;

const sequencer = new Sequencer({
  apply: (message) => document.dispatchEvent(new CustomEvent("live:entry", { detail: message })),
  ask: () => catchUp(),
  reset: () => refresh(),
});

const around = (delay) => delay * (0.8 + Math.random() * 0.4);

export function emit(event, data) {
  if (socket?.connected) socket.volatile.emit(event, data);
}

function scopesOf(element) {
  const pairs = (element?.dataset.scopes ?? "").trim().split(/\s+/).filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => pair.split(":")).filter(([scope]) => !lost.has(scope)).map(([scope, seq]) => [scope, Number(seq)]),
  );
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
    const answer = await fetch(`/journal?${query}`, {
      headers: { Accept: "application/json" },
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.status === 401) end({ signed_out: true });
    else if (answer.ok) caughtUp(await answer.json());
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

function caughtUp(answer) {
  if (answer.signed_out || answer.refused?.length) end({ scopes: answer.refused, signed_out: answer.signed_out });
  sequencer.caughtUp(answer);
}

// Take the regions of a fresh copy of the page: too much was missed, or a change reached us without its content.
// Until it succeeds, every sign of life tries again.
export function refresh() {
  stale = true;
  refreshing ??= takeFresh()
    .catch(() => {})
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

async function takeFresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
  if (answer.status >= 500 || answer.status === 429) return;
  stale = false;
  // The answer to a form has no address of its own: there is nothing to compare it with.
  if (answer.status === 405) return;
  if (!answer.ok || (answer.redirected && new URL(answer.url).pathname !== location.pathname)) {
    leave(answer.status === 401 || answer.url.includes("/connexion"));
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  takeRegions(fresh);
  sequencer.start(scopesOf(fresh.querySelector("main[data-scopes]")));
  document.dispatchEvent(new CustomEvent("live:reset", { detail: fresh }));
  join();
}

function join() {
  if (!socket?.connected) return catchUp();
  socket.timeout(SILENCE).emit("join", { scopes: sequencer.known() }, (silent, answer) => {
    if (!silent) return caughtUp(answer);
    // A line that looks open and answers nothing, as after a sleep, is replaced at once.
    socket.disconnect().connect();
    catchUp();
  });
}

// A right ended: stop listening, and when the page itself is no longer ours, show it no more.
function end({ scopes = [], signed_out = false } = {}) {
  if (stopped) return;
  const fallen = scopes.map(String).filter((scope) => !lost.has(scope));
  for (const scope of fallen) {
    lost.add(scope);
    sequencer.forget(scope);
  }
  if (signed_out || fallen.includes(main.dataset.scope)) leave(signed_out);
  // What the frame shows changed, and whether this page is still open to us only the server knows.
  else if (fallen.length) refresh();
}

function leave(signedOut) {
  stopped = true;
  clearInterval(pollTimer);
  socket?.close();
  document.dispatchEvent(new CustomEvent("live:ended", { detail: { signedOut } }));
}

function poll() {
  if (stopped || socket?.connected) return;
  if (stale) refresh();
  else catchUp();
}

function wake() {
  if (stopped || document.visibilityState !== "visible") return;
  if (stale) refresh();
  else catchUp();
  if (socket.connected) join();
  else socket.connect();
}

function connect() {
  socket = io({ transports: ["websocket"], reconnectionDelay: 500, reconnectionDelayMax: 8000, randomizationFactor: 0.7 });
  socket.on("connect", () => (stale ? refresh() : join()));
  socket.on("entry", (message) => sequencer.receive(message));
  // A whole scope hears this at once: do not answer all together.
  socket.on("seqs", (seqs) => setTimeout(() => sequencer.told(seqs), Math.random() * 400));
  socket.on("ended", end);
  socket.on("typing", (detail) => document.dispatchEvent(new CustomEvent("live:typing", { detail })));
  // Refused or put out by the server, Socket.IO would not come back by itself.
  const comeBack = () => !stopped && !socket.active && setTimeout(() => stopped || socket.connect(), around(SILENCE));
  socket.on("connect_error", comeBack);
  socket.on("disconnect", () => {
    comeBack();
    setTimeout(poll, around(SILENCE));
  });
  setTimeout(poll, SILENCE);
  pollTimer = setInterval(poll, around(POLL));
}

if (main && document.body.dataset.user && Object.keys(scopesOf(main)).length) {
  sequencer.start(scopesOf(main));
  connect();
  addEventListener("pageshow", (event) => event.persisted && wake());
  addEventListener("online", wake);
  document.addEventListener("visibilitychange", wake);
}

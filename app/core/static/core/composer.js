// Where people write: tools that type Markdown for them, a preview, photos, a box that grows.

import { formatted } from "./formatting.js";
import { send } from "./requests.js";
import { word } from "./words.js";

// Replace a stretch of the text through the browser's own editing, so that Ctrl+Z undoes it.
export function type(area, text, from = area.selectionStart, to = area.selectionEnd) {
  area.focus();
  area.setSelectionRange(from, to);
  if (!document.execCommand("insertText", false, text)) {
    area.setRangeText(text, from, to, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function format(area, kind) {
  const change = formatted(area.value, area.selectionStart, area.selectionEnd, kind);
  if (!change) return;
  type(area, change.text, change.from, change.to);
  area.setSelectionRange(change.start, change.end);
}

// Put a block of its own where the person is writing, without taking the focus from elsewhere.
export function insertBlock(area, text) {
  const at = area.selectionEnd;
  const before = area.value.slice(0, at);
  const block = `${before && !before.endsWith("\n\n") ? (before.endsWith("\n") ? "\n" : "\n\n") : ""}${text}\n\n`;
  if (document.activeElement === area) return type(area, block, at, at);
  area.setRangeText(block, at, at, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

export function grow(area) {
  if (CSS.supports("field-sizing", "content")) return;
  area.rows = Math.min(16, Math.max(Number(area.dataset.rows ??= area.rows), area.value.split("\n").length));
}

async function togglePreview(composer, area, button) {
  const box = composer.querySelector("[data-composer-preview]");
  const showing = button.getAttribute("aria-pressed") === "true";
  button.setAttribute("aria-pressed", String(!showing));
  box.hidden = showing;
  area.hidden = !showing;
  if (showing) return area.focus();
  box.textContent = "";
  const answer = await send(composer.dataset.previewUrl, { json: { body: area.value } }).catch(() => null);
  if (answer?.ok) box.innerHTML = answer.data.html;
  else box.textContent = answer?.data.sentence ?? word("no-network");
}

function prepare(composer) {
  const area = composer.querySelector("textarea");
  const tools = composer.querySelector("[data-composer-tools]");
  area.addEventListener("input", () => grow(area));
  area.addEventListener("composer:changed", () => grow(area));
  area.addEventListener("focus", () => {
    if (tools) tools.hidden = false;
    composer.classList.add("is-open");
  });
  tools?.addEventListener("click", (event) => {
    const button = event.target.closest("[data-md]");
    if (button) format(area, button.dataset.md);
  });
  // One stop for the keyboard, arrows inside: the pattern of a toolbar.
  for (const button of [...(tools?.querySelectorAll("[data-md]") ?? [])].slice(1)) button.tabIndex = -1;
  tools?.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const buttons = [...tools.querySelectorAll("[data-md]")];
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  });
  const preview = composer.querySelector("[data-composer-toggle]");
  preview?.addEventListener("click", (event) => {
    event.preventDefault();
    togglePreview(composer, area, preview);
  });
  area.addEventListener("keydown", (event) => {
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") area.form.requestSubmit();
    else if ((event.ctrlKey || event.metaKey) && (key === "b" || key === "i")) {
      event.preventDefault();
      format(area, key === "b" ? "bold" : "italic");
    }
  });
  grow(area);
}

for (const composer of document.querySelectorAll("[data-composer]")) prepare(composer);

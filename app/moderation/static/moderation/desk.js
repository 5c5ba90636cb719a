// The desk: the statement follows what is chosen until somebody edits it; keys; other moderators' acts are told.

import { device } from "../../../core/static/core/device.js";

const form = document.querySelector("form[data-statement]");
const page = document.querySelector("main[data-case], main[data-desk]");

if (form?.elements.statement) follow(JSON.parse(form.dataset.statement), form.elements);
if (page) {
  listenToOthers();
  takeKeys();
}

function listenToOthers() {
  document.addEventListener("live:entry", ({ detail: message }) => {
    const isOfDesk = message.kind === "desk.changed" || message.kind.startsWith("membership.");
    if (message.type !== "report" && !isOfDesk) return;
    const isThisCase =
      message.type === "report" && page.dataset.case === String(message.id) && message.kind !== "report.added";
    const notice = page.querySelector(isThisCase ? "[data-case-changed]" : "[data-desk-changed]");
    if (notice) notice.hidden = false;
  });
}

// Single keys, unless they were switched off where they are explained.
function takeKeys() {
  if (device.getItem("keys:off") === "1") return;
  for (const line of page.querySelectorAll("[data-keys-line]")) line.hidden = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input:not([type=radio]), textarea, select, dialog")) return;
    if (event.key === "d") form?.querySelector("input[name=measure]:checked")?.focus();
    else page.querySelector(`a[data-key="${CSS.escape(event.key)}"]`)?.click();
  });
}

function follow(wording, fields) {
  const { statement, facts, ground, ground_detail: detail, prefilled, canned } = fields;
  const send = form.querySelector("[data-send]");
  let edited = normal(statement.value) !== normal(prefilled.value);
  const value = (name) => fields[name]?.value ?? "";

  function compose() {
    showNeeded();
    const measure = value("measure") || "hide";
    send.textContent = wording.acts[measure === "none" && !value("sanction") ? "nothing" : measure];
    if (edited) return;
    const basis = [wording.grounds[ground.value], detail.value.trim()].filter(Boolean).join(" ");
    const target = fields.target_id?.selectedOptions[0]?.textContent ?? "";
    const parts = {
      [wording.facts]: facts.value.trim(),
      [wording.ground]: basis,
      [wording.scope]: [wording.scopes[measure], sanction()].filter(Boolean).join(" "),
    };
    const [, ...rest] = statement.value.split(/\n{2,}/);
    const said = rest.map((paragraph) => {
      const lead = Object.keys(parts).find((known) => paragraph.startsWith(known));
      return lead ? `${lead} ${parts[lead]}` : paragraph;
    });
    statement.value = [wording.openings[measure].replace("{target}", target), ...said].join("\n\n");
    // What we wrote is not an edit: the server may compose it again.
    prefilled.value = statement.value;
  }

  function sanction() {
    if (value("sanction") !== "suspend") return wording.sanctions[value("sanction")] ?? "";
    const day = fields.until?.valueAsDate;
    const words = day?.toLocaleDateString(document.documentElement.lang, { dateStyle: "full", timeZone: "UTC" });
    return wording.suspended[value("duration")].replace("{until}", words ?? "…");
  }

  function showNeeded() {
    for (const part of form.querySelectorAll("[data-shown-for]")) {
      const [name, wanted] = part.dataset.shownFor.split("=");
      part.hidden = value(name) !== wanted;
    }
  }

  // A ready text takes the place of the facts as soon as it is chosen.
  function insert() {
    const chosen = wording.texts[canned.value];
    if (!chosen) return;
    facts.value = chosen.text;
    ground.value = chosen.ground;
    compose();
  }

  statement.addEventListener("input", () => {
    edited = true;
  });
  form.querySelector("[data-insert]")?.remove();
  canned?.addEventListener("change", insert);
  for (const name of ["measure", "sanction", "duration", "until", "target_id", "facts", "ground", "ground_detail"]) {
    for (const field of form.querySelectorAll(`[name="${name}"]`)) field.addEventListener("input", compose);
  }
  compose();
}

function normal(text) {
  return text.replace(/\r\n/g, "\n").trim();
}

// The desk: the statement follows the facts and the ground until somebody edits it; other moderators' acts are told.

const form = document.querySelector("form[data-statement]");
const page = document.querySelector("main[data-case], main[data-desk]");

if (form?.elements.statement) follow();
if (page) {
  document.addEventListener("live:entry", ({ detail: message }) => {
    if (message.type !== "report") return;
    const isThisCase = page.dataset.case === String(message.id) && message.kind !== "report.added";
    const notice = page.querySelector(isThisCase ? "[data-case-changed]" : "[data-desk-changed]");
    if (notice) notice.hidden = false;
  });
}

function follow() {
  const { statement, facts, ground, ground_detail: detail, prefilled } = form.elements;
  const wording = JSON.parse(form.dataset.statement);
  let edited = normal(statement.value) !== normal(prefilled.value);
  statement.addEventListener("input", () => {
    edited = true;
  });
  for (const field of [facts, ground, detail]) {
    field.addEventListener("input", () => {
      if (edited) return;
      const precise = detail.value.trim();
      const basis = [wording.grounds[ground.value], precise].filter(Boolean).join(" ");
      statement.value = rewritten(rewritten(statement.value, wording.facts, facts.value.trim()), wording.ground, basis);
      // What we wrote is not an edit: the server may compose it again.
      prefilled.value = statement.value;
    });
  }
}

// The paragraph that begins with `lead`, said anew.
function rewritten(text, lead, words) {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => (paragraph.startsWith(lead) ? `${lead} ${words}` : paragraph))
    .join("\n\n");
}

function normal(text) {
  return text.replace(/\r\n/g, "\n").trim();
}

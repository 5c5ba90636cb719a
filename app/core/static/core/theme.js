// The appearance changes at once; the form still goes to the server, which keeps the choice in a cookie.

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = event.submitter;
  if (button?.name !== "theme" || form.dataset.plain) return;
  event.preventDefault();

  const root = document.documentElement;
  if (button.value === "auto") delete root.dataset.theme;
  else root.dataset.theme = button.value;
  for (const other of document.querySelectorAll('button[name="theme"]')) {
    other.setAttribute("aria-pressed", String(other === button));
  }

  const answer = await fetch(button.formAction, { method: "POST", body: new FormData(form, button), redirect: "manual" }).catch(() => null);
  // A refusal (stale token) goes the long way, where the page explains itself.
  if (answer && answer.type !== "opaqueredirect" && !answer.ok) {
    form.dataset.plain = "1";
    form.requestSubmit(button);
  }
});

// A box under a password shows what is typed in it; it is hidden again when the form leaves.

for (const box of document.querySelectorAll("[data-reveal]")) {
  const input = document.getElementById(box.dataset.reveal);
  const show = (shown) => { input.type = shown ? "text" : "password"; };
  box.closest("label").hidden = false;
  box.checked = false;
  box.addEventListener("change", () => show(box.checked));
  input.form?.addEventListener("submit", () => show(false));
}

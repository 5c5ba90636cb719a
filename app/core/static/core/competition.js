// « On parle technique, pas prix » : a reminder under the box when a listed expression is typed. It never blocks.

const fold = (text) =>
  text.toLowerCase().replaceAll("’", "'").normalize("NFD").replace(/\p{M}/gu, "");

for (const form of document.querySelectorAll("form[data-competition-terms]")) {
  const hint = form.querySelector("[data-competition-hint]");
  const area = form.querySelector("textarea");
  if (!hint || !area) continue;
  const terms = form.dataset.competitionTerms.split("|").map(fold);
  const look = () => {
    const text = fold(area.value);
    hint.hidden = !terms.some((term) => text.includes(term));
  };
  area.addEventListener("input", look);
  look();
}

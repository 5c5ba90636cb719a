// A new topic: what was already written is offered while the title is typed; usual tags are one press away.

const form = document.querySelector("form[data-new-topic]");
const REST = 700;
const SHOWN = 3;

function offerSimilar(input) {
  const place = form.querySelector("[data-similar-found]");
  if (!place) return;
  let timer = null;
  let turn = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    const words = input.value.trim();
    if (words.length >= 10) timer = setTimeout(() => look(words, ++turn), REST);
    else place.hidden = true;
  });

  async function look(words, mine) {
    const query = new URLSearchParams({ q: words, type: "sujets" });
    const answer = await fetch(`${input.dataset.similar}?${query}`, { headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok || mine !== turn) return;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const links = [...found.querySelectorAll(".search-results .row-title")].slice(0, SHOWN);
    place.querySelector("ul").replaceChildren(
      ...links.map((link) => {
        const item = document.createElement("li");
        const copy = document.createElement("a");
        copy.href = link.getAttribute("href");
        copy.target = "_blank";
        copy.textContent = link.textContent.trim();
        item.append(copy);
        return item;
      }),
    );
    place.hidden = !links.length;
  }
}

function offerTags(holder) {
  const input = form.elements[holder.dataset.tagSuggestions];
  const names = () => input.value.split(",").map((name) => name.trim()).filter(Boolean);
  const draw = () => {
    for (const button of holder.children) button.setAttribute("aria-pressed", String(names().includes(button.textContent)));
  };
  holder.replaceChildren(
    ...[...holder.querySelectorAll("[data-tag]")].map((tag) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = tag.className;
      button.textContent = tag.textContent.trim();
      button.addEventListener("click", () => {
        const chosen = names();
        const rest = chosen.filter((name) => name !== button.textContent);
        input.value = (rest.length < chosen.length ? rest : [...chosen, button.textContent]).join(", ");
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
      return button;
    }),
  );
  input.addEventListener("input", draw);
  draw();
}

// The button says where one writes, as it does under a topic.
function nameThePlace(button) {
  const room = form.elements.room_id;
  const words = button.textContent;
  const draw = () => {
    const place = room.selectedOptions?.[0]?.dataset.place;
    button.textContent = place ? button.dataset.publishIn.replace("{place}", place) : words;
  };
  room.addEventListener("change", draw);
  draw();
}

if (form) {
  const publish = form.querySelector("[data-publish-in]");
  if (publish) nameThePlace(publish);
  const title = form.querySelector("[data-similar]");
  const tags = form.querySelector("[data-tag-suggestions]");
  if (title) offerSimilar(title);
  if (tags) offerTags(tags);
}

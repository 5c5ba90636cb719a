// The photos that a text names, shown small beside it: what stands in brackets is the picture one has chosen.

const NAMED = /!\[([^\]\n]*)\]\((\/blobs\/[\w-]+)/g;

function follow(composer) {
  const area = composer.querySelector("textarea");
  const shown = document.createElement("div");
  shown.className = "composer-pictures";
  shown.hidden = true;
  composer.append(shown);
  const draw = () => {
    const named = new Map([...area.value.matchAll(NAMED)].map(([, words, address]) => [address, words]));
    for (const image of [...shown.children]) {
      if (!named.delete(image.getAttribute("src").replace(/\/thumb$/, ""))) image.remove();
    }
    for (const [address, words] of named) shown.append(Object.assign(new Image(), { src: `${address}/thumb`, alt: words }));
    shown.hidden = !shown.children.length;
  };
  area.addEventListener("input", draw);
  area.addEventListener("composer:changed", draw);
  draw();
}

for (const composer of document.querySelectorAll("[data-composer][data-upload-url]")) follow(composer);

// Photos and files: chosen, pasted or dropped, made smaller here, sent, then named in the text.

import { type } from "./composer.js";
import { send } from "./requests.js";

const SIDE = 2000;
const WORTH_SHRINKING = 400_000;

// A phone photo of 12 megapixels becomes one of 2000 pixels; what a browser cannot read (HEIC) goes as it is.
async function shrunk(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < WORTH_SHRINKING) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, ".jpg")) : file;
  } catch {
    return file;
  }
}

async function upload(composer, file) {
  const area = composer.querySelector("textarea");
  const state = status(composer);
  state.textContent = `${file.name}…`;
  const body = new FormData();
  const small = await shrunk(file);
  body.append("file", small, small.name);
  const answer = await send(composer.dataset.uploadUrl, { body }).catch(() => null);
  if (!answer) {
    state.textContent = composer.dataset.offline ?? "";
    addEventListener("online", () => upload(composer, file), { once: true });
  } else if (answer.ok) {
    state.textContent = "";
    const end = area.value.length;
    type(area, `${end && !area.value.endsWith("\n") ? "\n\n" : ""}${answer.data.markdown}\n`, end, end);
  } else {
    state.textContent = answer.data.sentence ?? answer.data.message ?? "";
  }
}

function status(composer) {
  let line = composer.querySelector("[data-upload-state]");
  if (!line) {
    line = document.createElement("p");
    line.dataset.uploadState = "";
    line.className = "muted";
    line.setAttribute("aria-live", "polite");
    composer.append(line);
  }
  return line;
}

async function uploadAll(composer, files) {
  for (const file of files) await upload(composer, file);
}

for (const composer of document.querySelectorAll("[data-composer][data-upload-url]")) {
  const input = composer.querySelector('input[type="file"]');
  const area = composer.querySelector("textarea");
  input?.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    await uploadAll(composer, files);
  });
  area.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    uploadAll(composer, files);
  });
  area.addEventListener("dragover", (event) => event.preventDefault());
  area.addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    uploadAll(composer, files);
  });
}

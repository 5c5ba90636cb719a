// Photos and files: chosen, pasted or dropped, made smaller here, sent, then named in the text.

import { speak } from "./announcer.js";
import { insertBlock } from "./composer.js";
import { verdictOf } from "./outbox.js";
import { send } from "./requests.js";
import { word } from "./words.js";

const SIDE = 2000;
const WORTH_SHRINKING = 400_000;
const LARGE_DRAWING = 4_000_000;

// A phone photo of 12 megapixels becomes one of 2000 pixels; what a browser cannot read (HEIC) goes as it is.
async function shrunk(file) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type) || file.size < WORTH_SHRINKING) return file;
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
    // A drawing or a screenshot stays sharp while it is of reasonable size.
    if (file.type === "image/png" && scale === 1 && file.size < LARGE_DRAWING) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, ".jpg"), { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

// One file on its way, with its line under the text: how far it is, why it did not go, another go.
class Upload {
  #composer;
  #file;
  #small = null;
  #line = document.createElement("li");
  #words = document.createElement("span");
  #bar = document.createElement("progress");
  #again = document.createElement("button");
  #retry = () => this.start();

  constructor(composer, file) {
    this.#composer = composer;
    this.#file = file;
    this.#again.type = "button";
    this.#again.className = "button button-small";
    this.#again.textContent = word("try-again");
    this.#again.addEventListener("click", this.#retry);
    this.#bar.setAttribute("aria-label", file.name);
    this.#line.append(this.#words, this.#bar, this.#again);
    listOf(composer).append(this.#line);
  }

  async start() {
    removeEventListener("online", this.#retry);
    this.#words.textContent = word("uploading", { name: this.#file.name });
    this.#bar.removeAttribute("value");
    this.#bar.hidden = false;
    this.#again.hidden = true;
    this.#small ??= await shrunk(this.#file);
    const body = new FormData();
    body.append("file", this.#small, this.#small.name);
    const answer = await send(this.#composer.dataset.uploadUrl, { body, onProgress: (share) => (this.#bar.value = share) }).catch(() => null);
    if (answer?.ok) this.#finish(answer.data);
    else this.#fail(answer);
  }

  #finish({ markdown }) {
    this.#line.remove();
    insertBlock(this.#composer.querySelector("textarea"), markdown);
    speak(word("uploaded", { name: this.#file.name }));
  }

  #fail(answer) {
    const isNetwork = verdictOf(answer) === "later" && answer?.status !== 429;
    const sentence = isNetwork ? word("upload-waits", { name: this.#file.name }) : (answer.data.sentence ?? word("failed"));
    this.#words.textContent = sentence;
    this.#bar.hidden = true;
    // What the server will not have, it will not have a second time either.
    this.#again.hidden = !isNetwork && answer.status !== 429 && answer.status < 500;
    if (isNetwork) addEventListener("online", this.#retry, { once: true });
    if (this.#again.hidden) setTimeout(() => this.#line.remove(), 15_000);
    speak(sentence);
  }
}

function listOf(composer) {
  let list = composer.querySelector(".uploads");
  if (!list) {
    list = document.createElement("ul");
    list.className = "uploads plain muted";
    composer.append(list);
  }
  return list;
}

const isLeaving = (form) => Boolean(form.querySelector(".uploads progress:not([hidden])"));

// A text sent while its photo is still leaving waits for it.
function holdBack(form) {
  form.addEventListener(
    "submit",
    (event) => {
      if (!isLeaving(form)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      speak(word("upload-first"));
      const { submitter } = event;
      const wait = setInterval(() => {
        if (isLeaving(form)) return;
        clearInterval(wait);
        if (!form.querySelector(".uploads li")) form.requestSubmit(submitter);
      }, 200);
    },
    { capture: true },
  );
}

async function uploadAll(composer, files) {
  const uploads = files.map((file) => new Upload(composer, file));
  for (const upload of uploads) await upload.start();
}

for (const composer of document.querySelectorAll("[data-composer][data-upload-url]")) {
  const input = composer.querySelector('input[type="file"]');
  const area = composer.querySelector("textarea");
  const take = (event, transfer) => {
    const files = [...(transfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    uploadAll(composer, files);
  };
  if (area.form) holdBack(area.form);
  // Emptied at once, so that the form does not send a second time what the text already names.
  const takeChosen = () => {
    const files = [...input.files];
    input.value = "";
    uploadAll(composer, files);
  };
  input?.addEventListener("change", takeChosen);
  // Chosen before this script came, or kept by the browser with the page.
  if (input?.files.length) takeChosen();
  area.addEventListener("paste", (event) => {
    // A spreadsheet copies its cells as text and as a picture: the text is meant.
    if (!event.clipboardData?.getData("text/plain")) take(event, event.clipboardData);
  });
  area.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  area.addEventListener("drop", (event) => take(event, event.dataTransfer));
}

// Sending to the server from a script: JSON answers, the CSRF token, one more try when it had gone stale.

const token = () => document.querySelector('input[name="csrf_token"]')?.value ?? "";

function renew(value) {
  for (const input of document.querySelectorAll('input[name="csrf_token"]')) input.value = value;
}

// Answers { ok, status, data }; rejects only when there is no network. With `onProgress(share)`, tells how far it is.
export async function send(url, { method = "POST", body, json, keepalive = false, onProgress } = {}, again = true) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  const content = json === undefined ? body : JSON.stringify(json);
  const answer = await (onProgress ? sendSlowly(url, method, headers, content, onProgress) : sendAtOnce(url, { method, headers, body: content, keepalive }));
  if (answer.status === 400 && answer.data.error === "csrf" && answer.data.token && again) {
    renew(answer.data.token);
    return send(url, { method, body, json, keepalive, onProgress }, false);
  }
  return answer;
}

async function sendAtOnce(url, options) {
  const answer = await fetch(url, options);
  return { ok: answer.ok, status: answer.status, data: await answer.json().catch(() => ({})) };
}

// fetch does not say how much has left.
function sendSlowly(url, method, headers, content, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onProgress(event.loaded / event.total));
    request.addEventListener("error", () => reject(new TypeError("network")));
    request.addEventListener("load", () => {
      let data = {};
      try {
        data = JSON.parse(request.responseText);
      } catch {
        // A proxy's page: the status says enough.
      }
      resolve({ ok: request.status >= 200 && request.status < 300, status: request.status, data });
    });
    request.send(content);
  });
}

// A UUID, also where the page was not served over TLS and `crypto.randomUUID` is missing.
export function requestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

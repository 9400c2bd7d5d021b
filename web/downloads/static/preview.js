// A look at a file without giving it any power: a picture as a picture, the rest in a frame whose
// policy forbids it everything. A fetched page is shown as its text and never runs.
import { word } from "/static/format.js";
import { make } from "/static/row.js";

const byId = (id) => document.getElementById(id);

export function preview(value, opener) {
  const { name, href, preview: shown } = value.file;
  byId("preview-name").textContent = name;
  byId("preview-save").href = href;
  byId("preview-save").download = name;
  byId("preview-body").replaceChildren(shown.kind === "image" ? picture(shown, name) : frame(shown, name));
  const dialog = byId("preview");
  dialog.addEventListener("close", () => {
    byId("preview-body").replaceChildren(); // nothing goes on behind a closed dialog
    opener.focus();
  }, { once: true });
  dialog.showModal();
}

function picture(shown, name) {
  const image = make("img");
  image.alt = name;
  image.src = shown.href;
  image.addEventListener("error", () => image.replaceWith(make("p", "", word("noPreview"))));
  return image;
}

function frame(shown, name) {
  const element = make("iframe");
  element.title = name;
  // The browser's viewer for PDF does not start in a sandbox; it is one itself.
  if (shown.kind !== "pdf") element.setAttribute("sandbox", "");
  element.referrerPolicy = "no-referrer";
  element.src = shown.href;
  return element;
}

byId("preview-close").addEventListener("click", () => byId("preview").close());
byId("preview").addEventListener("click", (event) => {
  if (event.target === event.currentTarget) event.currentTarget.close(); // beside it
});

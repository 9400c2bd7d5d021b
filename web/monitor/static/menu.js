// A button "…" with a menu, for the mouse and for the keyboard.

import { el, icon } from "./dom.js";

/** `items`: { icon, word, choose(button) }, or { icon, word, href } (with `download`: a file). */
export function menu(label, items) {
  const list = el("div", { class: "menu", role: "menu", hidden: true });
  const button = el("button", { type: "button", class: "bare", "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": label, title: label }, icon("i-more"));
  const holder = el("div", { class: "menu-button" }, button, list);
  const close = (focus) => {
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    if (focus) button.focus();
  };
  const outside = (event) => {
    if (!holder.contains(event.target)) close(false);
  };
  for (const item of items) {
    const attributes = { role: "menuitem", tabindex: "-1" };
    if (item.href) {
      list.append(el("a", { ...attributes, class: "button", href: item.href, ...(item.download ? { download: "" } : { target: "_blank" }), rel: "noopener noreferrer", onclick: () => close(true) }, icon(item.icon), item.word));
    } else {
      const chosen = () => {
        close(true);
        item.choose(button);
      };
      list.append(el("button", { ...attributes, type: "button", class: item.danger ? "danger" : null, onclick: chosen }, icon(item.icon), item.word));
    }
  }
  button.addEventListener("click", () => {
    if (!list.hidden) return close(true);
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside);
    list.firstElementChild.focus();
  });
  list.addEventListener("keydown", (event) => {
    const entries = [...list.children];
    const at = entries.indexOf(document.activeElement);
    const to = { ArrowDown: (at + 1) % entries.length, ArrowUp: (at + entries.length - 1) % entries.length, Home: 0, End: entries.length - 1 }[event.key];
    if (to !== undefined) entries[to].focus();
    else if (event.key === "Escape") close(true);
    else if (event.key === "Tab") return close(false);
    else return;
    event.preventDefault();
  });
  return holder;
}

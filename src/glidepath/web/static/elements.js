// Elements of the page: found, and made.

export const $ = (id) => document.getElementById(id);

/** An element; `on...` attributes are listeners, and text is text. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export const icon = (label, sign, onclick, disabled = false) =>
  make("button", { type: "button", className: "icon", "aria-label": label, title: label, onclick, disabled }, sign);

/** Fill a select. */
export function options(select, names, label = (name) => name) {
  select.replaceChildren(...names.map((name) => make("option", { value: name }, label(name))));
}

// Keys of a list of the desk: j and k move between releases, x chooses one, ? shows the keys. Each works by
// Tab and Space, too, without this script.
const releases = [...document.querySelectorAll("article.waits")];
const help = document.getElementById("keys");

function step(by) {
  const at = releases.findIndex((each) => each.contains(document.activeElement));
  const to = releases[at < 0 ? 0 : Math.min(Math.max(at + by, 0), releases.length - 1)];
  to?.querySelector("h2 a").focus();
  to?.scrollIntoView({ block: "nearest" });
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement.closest("article.waits")?.querySelector("input[type=checkbox]")?.click(),
  "?": () => { help.open = !help.open; help.querySelector("summary").focus(); },
};

document.addEventListener("keydown", (event) => {
  const is_typing = event.target.matches("input:not([type=checkbox]), textarea, select");
  if (is_typing || event.ctrlKey || event.altKey || event.metaKey || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});
help.hidden = false;

// Copies the address of a feed. Without a script the address is there to be selected.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const copied = () => { document.getElementById(`${field.id}-done`).textContent = button.dataset.done; };
  const by_selection = () => document.execCommand("copy") && copied(); // without https or permission
  button.hidden = false;
  button.addEventListener("click", () => {
    field.select();
    navigator.clipboard ? navigator.clipboard.writeText(field.value).then(copied, by_selection) : by_selection();
  });
}

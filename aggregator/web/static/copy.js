// Copies the address of a feed. Without it the address is there to be selected.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(field.value);
    } else {
      document.execCommand("copy"); // pages without https
    }
    document.getElementById(`${field.id}-done`).textContent = button.dataset.done;
  });
}

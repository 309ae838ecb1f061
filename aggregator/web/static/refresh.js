// Loads the page anew every 30 s while it is seen and nothing on it has the focus. Without this script its
// link does.
document.getElementById("refreshes").hidden = false;
setInterval(() => {
  if (document.visibilityState === "visible" && document.activeElement === document.body) location.reload();
}, 30_000);

// A second click on a button that sends is dropped. Nothing depends on this: the server drops it too.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) {
    event.preventDefault();
  }
  event.target.dataset.sent = "yes";
  // Whoever stopped the page while it was loading can send again after a while.
  setTimeout(() => delete event.target.dataset.sent, 10_000);
});

// A page that the browser kept, shown again with the back button, can be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
  }
});

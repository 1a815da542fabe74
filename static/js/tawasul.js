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

// How many characters have been typed, under a text that may not have too many.
for (const text of document.querySelectorAll("[data-counter]")) {
  const count = document.createElement("p");
  count.className = "form-text";
  const show = () => {
    count.textContent = text.dataset.counter.replace("{count}", [...text.value].length);
  };
  text.after(count);
  text.addEventListener("input", show);
  show();
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// Says that a file is being prepared, and when it is there. Without this, the link downloads it.
const told = document.querySelector(".exporting");

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-export]");
  // A click with a key held down opens a tab or saves the link: that is the browser's own affair.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
    return;
  }
  event.preventDefault();
  if (told.ariaBusy === "true") {
    return;
  }
  told.ariaBusy = "true";
  told.textContent = told.dataset.preparing;
  try {
    const answer = await fetch(link.href);
    const [, name] = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get("Content-Disposition"));
    save(await answer.blob(), decodeURIComponent(name));
  } catch {
    // Whatever came instead of the file, the sign-in for one, is shown as it would have been.
    told.textContent = "";
    location.assign(link.href);
  }
  told.ariaBusy = "false";
});

function save(file, name) {
  const link = document.createElement("a");
  const words = document.createElement("bdi");
  link.href = URL.createObjectURL(file);
  link.download = words.textContent = name;
  link.click();
  // The browser reads the file after this click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  told.replaceChildren(told.dataset.saved, " ", words);
}

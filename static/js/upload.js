// Sends the files of a form with their progress in sight. Without this, the browser sends them.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.querySelector("input[type=file]")?.files.length) {
    return;
  }
  event.preventDefault();
  if (form.dataset.uploading) {
    return;
  }
  form.dataset.uploading = "yes";
  const box = form.querySelector(".upload");
  const bar = box.querySelector("progress");
  const words = box.querySelector("p");
  const request = new XMLHttpRequest();

  box.hidden = false;
  words.textContent = box.dataset.sending;
  request.upload.addEventListener("progress", (sent) => {
    bar.value = (100 * sent.loaded) / sent.total;
  });
  request.addEventListener("load", () => {
    // What the browser would have shown without this script: the page that answers.
    history.pushState(null, "", request.responseURL);
    document.open();
    document.write(request.responseText);
    document.close();
    document.querySelector(".error-summary")?.focus();
  });
  request.addEventListener("error", () => {
    words.textContent = box.dataset.broken;
    delete form.dataset.uploading;
    delete form.dataset.sent;
  });
  request.open("POST", form.action);
  request.send(new FormData(form, event.submitter));
});

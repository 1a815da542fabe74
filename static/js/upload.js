// Sends each chosen file by itself, with its progress in sight, and keeps on the page what did not
// arrive. Without this, the browser sends them with the form.
for (const box of document.querySelectorAll(".upload")) {
  const form = box.closest("form");
  const [photo, input] = form.querySelectorAll("input[type=file]");
  const words = document.querySelector("[data-upload]");
  // The button that adds the chosen files, where the form does nothing else.
  const button = form.querySelector(".add");
  const told = box.querySelector("[role=status]");
  const STALLED = 60_000; // milliseconds without a byte
  let chosen = [];
  let looking = Promise.resolve();
  let isSending = false;
  let count = 0;

  const show = () => {
    box.hidden = chosen.length === 0;
    if (button) {
      button.hidden = box.hidden;
    }
  };

  const add = (file, from) => {
    const row = words.querySelector("template").content.firstElementChild.cloneNode(true);
    const item = { file, row, hasArrived: false };
    const [remove, other, again] = row.querySelectorAll("button");
    for (const name of row.querySelectorAll("bdi")) {
      name.textContent = file.name;
    }
    row.querySelector(".kind").textContent = file.type === "application/pdf" ? "PDF" : "";
    row.querySelector("bdi").id = `${input.id}-${++count}`;
    row.querySelector("progress").setAttribute("aria-labelledby", `${input.id}-${count}`);
    remove.addEventListener("click", () => drop(item));
    other.addEventListener("click", () => drop(item));
    other.addEventListener("click", () => from.click());
    again.addEventListener("click", () => run([item]));
    box.querySelector("ul").append(row);
    chosen.push(item);
    show();
    // One after the other, as each photo takes the memory of all of its pixels.
    looking = looking.then(() => look(item));
  };

  const drop = (item) => {
    chosen = chosen.filter((each) => each !== item);
    item.row.remove();
    show();
    input.focus();
  };

  const say = (item, state, sentences = [words.dataset[state]]) => {
    const lines = sentences.map((sentence) => {
      const line = document.createElement("span");
      line.textContent = sentence;
      return line;
    });
    item.row.dataset.state = state;
    item.row.querySelector(".state").replaceChildren(...lines);
    const [remove, other, again] = item.row.querySelectorAll("button");
    remove.hidden = ["sending", "checking", "added", "noticed"].includes(state);
    other.hidden = !["hinted", "refused"].includes(state);
    again.hidden = !["broken", "away"].includes(state);
  };

  const look = async (item) => {
    say(item, "looking");
    item.hints = [];
    try {
      const { file, thumbnail, faults } = await prepared(item.file);
      item.file = file;
      item.hints = faults.map((fault) => words.dataset[fault]);
      thumbnail.className = "kind";
      thumbnail.ariaHidden = "true";
      item.row.querySelector(".kind").replaceWith(thumbnail);
    } catch {
      // No picture, or one that this browser cannot open: it is sent as it is.
    }
    if (item.hints.length) {
      say(item, "hinted", item.hints);
      told.textContent = words.dataset.advice;
    } else {
      say(item, "ready");
    }
    item.isSeen = true;
  };

  const tell = (sentence) => {
    told.textContent = sentence;
    told.focus();
  };

  // Resolve to the page that answers, or to nothing if the file did not arrive.
  const post = (item) =>
    new Promise((resolve) => {
      const body = new FormData();
      // What is typed stays here: with it, the files' page would be sent on.
      for (const name of ["csrfmiddlewaretoken", "typist", "document_type"]) {
        body.set(name, form.elements[name].value);
      }
      body.set(input.name, item.file);
      const request = new XMLHttpRequest();
      let waiting;
      const wait = () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => request.abort(), STALLED);
      };
      request.upload.addEventListener("progress", (sent) => {
        item.row.querySelector("progress").value = sent.loaded / sent.total;
        wait();
      });
      request.upload.addEventListener("load", () => say(item, "checking"));
      request.addEventListener("loadend", () => {
        clearTimeout(waiting);
        const isAnswered = request.response && request.status !== 429 && request.status < 500;
        if (!isAnswered) {
          say(item, request.status ? "away" : "broken");
        }
        resolve(isAnswered ? request.response : null);
      });
      request.open("POST", form.action);
      request.responseType = "document";
      request.send(body);
      wait();
    });

  const texts = (page, selector) =>
    [...page.querySelectorAll(selector)].map((each) => each.textContent.trim());

  // Let the browser send the files, as it does without this.
  const giveBack = (items) => {
    const files = new DataTransfer();
    items.forEach((item) => files.items.add(item.file));
    input.files = files.files;
  };

  // Send the files; return whether there is nothing to read beside any of them.
  const send = async (items) => {
    let isPlain = true;
    for (const [index, item] of items.entries()) {
      if (!chosen.includes(item)) {
        continue;
      }
      say(item, "sending");
      told.textContent = words.dataset.count
        .replace("{number}", index + 1)
        .replace("{total}", items.length);
      const page = await post(item);
      isPlain &&= Boolean(page);
      if (!page) {
        continue;
      }
      if (!page.querySelector("[data-documents]")) {
        // Whatever came instead, the sign-in for one, comes again for the whole form.
        giveBack(items.slice(index));
        form.submit();
        return false;
      }
      const refused = texts(page, "[data-refused], #id_document_type_error");
      const notices = texts(page, ".notices .info");
      item.hasArrived = refused.length === 0;
      if (refused.length) {
        say(item, "refused", refused);
      } else if (notices.length) {
        say(item, "noticed", notices);
      } else {
        say(item, "added");
      }
      isPlain &&= refused.length + notices.length === 0;
      const parts = page.querySelectorAll("[data-documents]");
      document.querySelectorAll("[data-documents]").forEach((old, at) => old.replaceWith(parts[at]));
    }
    return isPlain;
  };

  // Send the files unless there is something to read first; return whether there never was.
  const run = async (items) => {
    if (isSending) {
      return false;
    }
    if (!form.elements.document_type.value) {
      tell(words.dataset.untyped);
      return false;
    }
    isSending = true;
    document.querySelector(".error-summary")?.remove();
    const isSeen = items.every((item) => item.isSeen);
    await looking;
    let isPlain = false;
    if (!isSeen && items.some((item) => item.hints.length)) {
      tell(words.dataset.advice);
    } else {
      isPlain = await send(items);
      const left = items.filter((item) => !item.hasArrived).length;
      if (!isPlain) {
        tell(left ? words.dataset.left : words.dataset.arrived);
      }
    }
    isSending = false;
    return isPlain;
  };

  for (const from of [photo, input]) {
    from.addEventListener("change", () => {
      [...from.files].forEach((file) => add(file, from));
      from.value = "";
    });
  }
  show();

  const unsent = () => chosen.filter((item) => !item.hasArrived);

  // Whoever goes on takes the chosen files along.
  document.addEventListener("click", async (event) => {
    const onwards = event.target.closest?.(".onwards a.btn");
    if (!onwards || unsent().length === 0) {
      return;
    }
    event.preventDefault();
    const isDone = await run(unsent());
    if (isDone && !document.querySelector(".upload li:not([data-state=added])")) {
      location.assign(onwards.href);
    }
  });

  form.addEventListener("submit", async (event) => {
    const waiting = unsent();
    // A button beside a document, or that of the other language, has a name.
    if (chosen.length === 0 || event.submitter?.name) {
      giveBack(waiting);
      return;
    }
    event.preventDefault();
    // A form cannot be sent anew while the event of its being sent is going on.
    await new Promise((then) => setTimeout(then));
    const isDone = await run(waiting);
    delete form.dataset.sent;
    if (!isDone) {
      return;
    }
    chosen = [];
    if (form.id === "typed") {
      form.requestSubmit(event.submitter);
    } else {
      location.assign(form.action);
    }
  });
}

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

// Under a text: how many characters it still needs, then how many it has. A screen reader is told
// once the typing pauses.
for (const text of document.querySelectorAll("[data-counter]")) {
  const count = document.createElement("p");
  count.className = "form-text";
  count.id = `${text.id}_count`;
  const told = document.createElement("p");
  told.className = "visually-hidden";
  told.setAttribute("role", "status");
  const described = text.getAttribute("aria-describedby") ?? "";
  text.setAttribute("aria-describedby", `${described} ${count.id}`.trim());
  let pause;
  const show = () => {
    const typed = [...text.value];
    // As the server counts: a run of white space is one, and marks are none.
    const seen = [...text.value.replace(/[\p{Mn}\p{Me}\p{Cf}ـ]/gu, "").replace(/\s+/g, " ").trim()];
    const needed = text.dataset.atLeast - seen.length;
    count.textContent =
      needed > 0
        ? text.dataset.needed.replace("{count}", needed)
        : text.dataset.counter.replace("{count}", typed.length);
  };
  text.after(count, told);
  text.addEventListener("input", () => {
    show();
    clearTimeout(pause);
    pause = setTimeout(() => (told.textContent = count.textContent), 1000);
  });
  show();
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// The day in both calendars, below a date as it is typed. The server converts it.
for (const words of document.querySelectorAll("[data-other-date]")) {
  const form = words.closest("form");
  const parts = words.previousElementSibling.querySelectorAll("select, input");
  const numbers = ["day_calendar", "day_day", "day_month", "day_year"];
  let asked = 0;
  let pause;
  const convert = async () => {
    const question = ++asked;
    const typed = new FormData();
    typed.set("csrfmiddlewaretoken", form.csrfmiddlewaretoken.value);
    parts.forEach((part, index) => typed.set(numbers[index], part.value));
    const answer = await fetch(words.dataset.otherDate, { method: "POST", body: typed });
    const { text } = answer.ok ? await answer.json() : { text: "" };
    // Answers may overtake each other: the last question counts.
    if (question === asked) {
      words.textContent = text;
    }
  };
  words.previousElementSibling.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => convert().catch(() => {}), 300);
  });
}

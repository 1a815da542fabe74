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
  count.id = `${text.id}_count`;
  const described = text.getAttribute("aria-describedby") ?? "";
  text.setAttribute("aria-describedby", `${described} ${count.id}`.trim());
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

// Above more than ten choices, a box that leaves those whose words begin with what is typed.
const folded = (text) =>
  text
    .normalize("NFD")
    .replace(/\p{M}|ـ/gu, "")
    .replace(/ى/g, "ي")
    .replace(/ة/g, "ه")
    .toLowerCase();

for (const template of document.querySelectorAll("template[data-filter]")) {
  const choices = [...document.querySelectorAll(`#${template.dataset.filter} .form-check`)];
  if (choices.length > 10) {
    const words = choices.map((choice) => folded(` ${choice.textContent.replace(/\s+/g, " ")}`));
    choices[0].before(template.content);
    const typed = document.getElementById(`${template.dataset.filter}_filter`);
    const told = typed.nextElementSibling;
    typed.addEventListener("input", () => {
      const beginnings = folded(typed.value).split(/\s+/);
      choices.forEach((choice, index) => {
        // What has been chosen stays in sight.
        choice.hidden =
          !choice.querySelector(":checked") &&
          !beginnings.every((each) => words[index].includes(` ${each}`));
      });
      const shown = choices.filter((choice) => !choice.hidden).length;
      told.textContent = template.dataset.shown.replace("{count}", shown);
    });
    // Enter would send the form.
    typed.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  }
}

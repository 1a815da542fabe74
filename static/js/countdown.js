// How long a time is still kept: the clock for the eye each second, the sentence for everybody at
// the minutes that matter. Without this, the page says how many minutes were left when it came.
for (const notice of document.querySelectorAll("[data-seconds-left]")) {
  const ends = performance.now() + 1000 * notice.dataset.secondsLeft;
  const clock = notice.querySelector("[data-clock]");
  const words = notice.querySelector("[role=status]");
  const sentences = [...notice.querySelectorAll("template")];
  let said;

  const tick = () => {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
    clock.hidden = false;
    clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    const sentence = sentences.find((each) => left <= each.dataset.from);
    if (sentence && sentence !== said) {
      said = sentence;
      words.replaceChildren(sentence.content.cloneNode(true));
    }
    if (left === 0) {
      clearInterval(ticking);
      const forms = [...document.querySelectorAll("form[data-while-kept]")];
      const hadFocus = forms.some((form) => form.contains(document.activeElement));
      for (const form of forms) {
        form.hidden = true;
      }
      if (hadFocus) {
        notice.tabIndex = -1;
        notice.focus();
      }
    }
  };
  const ticking = setInterval(tick, 1000);
  tick();
}

// Two minutes before an idle session ends, a warning with one button that extends it. The server is
// asked before anything is said, as another tab may have been active; the question extends nothing.
// Without this, a page says how long a session lasts, and what is typed is kept when it has ended.
for (const warning of document.querySelectorAll("[data-idle]")) {
  const FIRST = 120;
  // A warning that another tab has made untrue goes away within this time.
  const ASK_AGAIN = 15;
  const words = warning.querySelector("[role=alert]");
  const form = warning.querySelector("form");
  const sentences = [...warning.querySelectorAll("template")];
  let planned;
  let said;
  let isLast = false;

  const plan = (seconds, then) => {
    clearTimeout(planned);
    planned = setTimeout(then, 1000 * Math.max(1, seconds));
  };

  const show = (left) => {
    const sentence = sentences.find((each) => left <= each.dataset.from);
    if (sentence === said) {
      return;
    }
    said = sentence;
    const hadFocus = warning.contains(document.activeElement);
    warning.hidden = !sentence;
    words.replaceChildren(...(sentence ? [sentence.content.cloneNode(true)] : []));
    form.hidden = left === 0 || isLast;
    if (!sentence && hadFocus) {
      document.querySelector("main, #content").focus();
    }
    // Whoever is typing is not interrupted; everybody else has the button at hand.
    if (sentence && left > 0 && document.activeElement === document.body) {
      form.querySelector("button").focus({ preventScroll: true });
    }
  };

  const next = (left) => {
    show(left);
    if (left > FIRST) {
      plan(left - FIRST, ask);
    } else if (left > 0) {
      plan(Math.min(left, ASK_AGAIN), ask);
    }
  };

  const send = async (method) => {
    const body = method === "POST" ? new FormData(form) : undefined;
    try {
      const answer = await fetch(form.action, { method, body });
      if (!answer.ok) {
        throw new Error(answer.status);
      }
      const { seconds_left: left } = await answer.json();
      // After so many hours nothing extends the session any more.
      isLast = method === "POST" && left <= FIRST;
      form.hidden ||= isLast;
      next(left);
    } catch {
      plan(ASK_AGAIN, ask);
    }
  };
  const ask = () => send("GET");

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send("POST");
  });
  // A device that slept has stopped the clock, and so has a page that the browser kept.
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  window.addEventListener("pageshow", (event) => event.persisted && ask());
  next(Number(warning.dataset.idle));
}

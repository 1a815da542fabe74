// Follows the files in the making, and says when one is ready. Without this, a link shows the page
// again.
const told = document.querySelector("[data-progress]");
const PAUSE = 2000; // milliseconds
const rows = (page) => [...page.querySelectorAll("[data-state]")];
const isUnfinished = (row) => ["waiting", "running"].includes(row.dataset.state);

const look = async () => {
  let answer;
  try {
    answer = await fetch(location.pathname);
  } catch {
    // The network is away: the next look may reach it.
  }
  // After the end of the session, the page for signing in comes instead.
  if (answer?.redirected || (answer && !answer.ok)) {
    return;
  }
  if (answer) {
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }
  wait();
};

const show = (page) => {
  for (const row of rows(document).filter(isUnfinished)) {
    const now = page.getElementById(row.id);
    // Nobody loses the link that they have just reached by keyboard.
    if (now && now.outerHTML !== row.outerHTML && !row.contains(document.activeElement)) {
      row.replaceWith(now);
      if (!isUnfinished(now)) {
        told.textContent = now.dataset.told;
      }
    }
  }
};

const wait = () => {
  if (rows(document).some(isUnfinished)) {
    setTimeout(look, PAUSE);
  }
};

wait();

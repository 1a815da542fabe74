// A page that is the same for everybody does not say how it looks on this device. This runs before
// its first paint, and again when the back button shows it after the settings have been changed.
{
  const choices = {
    colours: ["device", "light", "dark"],
    contrast: ["device", "strong"],
    text: ["normal", "large", "largest"],
  };
  const before = `${document.currentScript.dataset.cookie}=`;
  const show = () => {
    const cookie = document.cookie.split("; ").find((each) => each.startsWith(before)) ?? before;
    const chosen = cookie.slice(before.length).split(".");
    Object.entries(choices).forEach(([setting, values], place) => {
      const value = chosen[place];
      document.documentElement.dataset[setting] = values.includes(value) ? value : values[0];
    });
  };
  show();
  window.addEventListener("pageshow", show);
}

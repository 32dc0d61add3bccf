// Keys of the review page: each presses a button or follows a link that is there for the mouse too.
"use strict";
const LINKS = { j: "on", k: "back" };

function typing(target) {
  return target.matches("input:not([type=hidden]), textarea");
}

function press(key) {
  if (key in LINKS) return document.getElementById(LINKS[key])?.click();
  if (key === "n") return document.getElementById("note")?.focus();
  const button = document.querySelector(`button[data-key="${CSS.escape(key)}"]`);
  if (button && button.getAttribute("aria-disabled") !== "true") button.click();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.metaKey) return;
  if (event.key === "Escape") {
    const leave = document.getElementById("leave");
    if (leave) leave.click();
    else if (typing(event.target)) event.target.blur();
    return;
  }
  if (event.ctrlKey) {
    if (event.key === "Enter") document.querySelector("form.edit")?.requestSubmit();
    return;
  }
  if (event.repeat || typing(event.target)) return; // a key held down must not decide row after row
  const key = event.key.toLowerCase();
  if (!/^[a-z]$/.test(key)) return;
  event.preventDefault(); // or the letter lands in the field that the key opens
  press(key);
});

// What may not be done with a row is shown, and refused by the server as well.
function offer() {
  const offered = (document.getElementById("card")?.dataset.actions ?? "").split(" ");
  for (const button of document.querySelectorAll("#bar [data-action]")) {
    const able = button.dataset.action === "skip" || offered.includes(button.dataset.action);
    button.setAttribute("aria-disabled", String(!able));
  }
}

function say(text) {
  const said = document.getElementById("said");
  if (said) said.textContent = text;
}

document.addEventListener("DOMContentLoaded", offer);
document.addEventListener("htmx:confirm", (event) => {
  if (event.target.getAttribute("aria-disabled") === "true") event.preventDefault();
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "card") return;
  offer();
  const field = document.getElementById("question");
  if (field) field.focus();
  else window.scrollTo(0, 0);
  const at = document.querySelector("#card [name=at]")?.value;
  history.replaceState(null, "", at ? `/?at=${at}` : "/"); // a reload shows the same row
});
document.addEventListener("htmx:sendError", () =>
  say("The review has ended. What you decided is saved; start it again to go on."),
);
document.addEventListener("htmx:responseError", (event) => say(event.detail.xhr.responseText));

(() => {
  "use strict";
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const told = document.getElementById("told");

  // The filter: what a row says, or what it leads to, is searched; rows of a verdict or level not ticked are away.
  const box = document.querySelector(".filter");
  const rows = all(".req").map(row => ({ row, text: words(row) }));
  const groups = all(".group");
  const nothing = document.getElementById("nothing");

  function words(row) {
    const led = row.hash ? document.getElementById(decodeURIComponent(row.hash.slice(1))) : null;
    return (row.textContent + " " + (led ? led.closest("details").textContent : "")).toLowerCase();
  }

  function apply() {
    const wanted = box.querySelector("input[type=search]").value.toLowerCase().split(/\s+/).filter(Boolean);
    const boxes = name => all(`input[name=${name}]`, box);
    const ticked = name => boxes(name).filter(input => input.checked).map(input => input.value);
    const ruled = ["verdict", "level", "alike"].filter(name => boxes(name).length).map(name => [name, ticked(name)]);
    let shown = 0;
    for (const { row, text } of rows) {
      const fits = ruled.every(([name, values]) => values.includes(row.dataset[name]));
      row.hidden = !(fits && wanted.every(word => text.includes(word)));
      shown += !row.hidden;
    }
    for (const group of groups) group.hidden = !group.querySelector(".req:not([hidden])");
    nothing.hidden = shown > 0;
    box.querySelector("output").textContent = `${shown} of ${rows.length}`;
  }

  // A link to a requirement opens it, also where the filter has put it away, and whatever it lies in.
  function reveal() {
    const found = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!found) return;
    for (let outer = found.closest("details"); outer; outer = outer.parentElement.closest("details")) {
      outer.hidden = false;
      outer.open = true;
      const group = outer.closest(".group");
      if (group) group.hidden = false;
    }
    (found.closest("details") ?? found).scrollIntoView();
  }

  async function copy(button) {
    const text = button.nextElementSibling.textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.nextElementSibling);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    told.textContent = "The command is copied.";
    setTimeout(() => { button.textContent = "Copy"; told.textContent = ""; }, 2000);
  }

  for (const button of all(".copy button")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  if (box) {
    box.hidden = false;
    box.addEventListener("input", apply);
    apply();
  }
  addEventListener("hashchange", reveal);
  addEventListener("click", event => {  // the same link again is no change of hash
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) reveal();
  });
  reveal();
})();

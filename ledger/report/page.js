// What the page can do besides being read: search, sort, open what a link or printing needs, and check its own
// evidence. It runs after checker.js, in the same script.
(() => {
  const byId = id => document.getElementById(id);
  const grouped = number => number.toLocaleString("en");
  document.documentElement.classList.add("js");

  // The envelopes: tables with the same number of rows each (the last may have fewer), one table body per envelope.
  const list = byId("list"), box = byId("q");
  const parts = list ? [...list.querySelectorAll("table")] : [];
  const bodies = parts.flatMap(part => [...part.tBodies]);
  const size = parts.length ? parts[0].tBodies.length : 0;
  const headOf = part => [...part.tHead.rows[0].cells];
  const shownIn = part => [...part.tBodies].filter(body => !body.hidden).length;

  // A part without rows takes no space, and one that is not drawn yet takes about as much as it will need. On screens,
  // the first part with rows shows the table head.
  const fit = changed => {
    for (const part of changed) {
      const rows = shownIn(part), frame = part.parentNode;
      frame.hidden = rows === 0;
      frame.style.containIntrinsicBlockSize = "auto " + rows * (innerWidth > 760 ? 68 : 160) + "px";
    }
    const first = parts.find(part => !part.parentNode.hidden);
    for (const part of parts) part.parentNode.classList.toggle("first", part === first);
  };

  let texts;  // text of the bodies, filled by the first search
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(word => word), changed = new Set();
    if (words.length) texts ||= new Map(bodies.map(body => [body, body.textContent.toLowerCase()]));
    let found = 0;
    for (const body of bodies) {
      const hit = words.every(word => texts.get(body).includes(word));
      if (body.hidden === hit) {
        body.hidden = !hit;
        changed.add(body.parentNode);
      }
      found += hit;
    }
    fit(changed);
    list.hidden = found === 0;
    byId("shown").textContent = grouped(found) + " of " + grouped(bodies.length) + " envelopes";
  };

  // #q=WORDS searches; #eN shows an envelope.
  const follow = () => {
    const words = /^#q=(.*)$/.exec(location.hash);
    const at = /^#e\d+$/.test(location.hash) && byId(location.hash.slice(1));
    if (words) try { box.value = decodeURIComponent(words[1]); } catch { box.value = words[1]; }
    if (at && at.hidden) box.value = "";
    search();
    if (at) {
      at.querySelector("details").open = true;
      at.scrollIntoView();
    }
  };

  const sort = column => {
    const down = headOf(parts[0])[column].getAttribute("aria-sort") === "ascending";
    for (const part of parts) {
      headOf(part).forEach((cell, i) => {
        if (i === column) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
      });
    }
    const key = new Map(bodies.map(body => [body, body.rows[0].cells[column].textContent]));
    const order = new Intl.Collator("en", {numeric: true}).compare;
    bodies.sort((a, b) => (down ? -1 : 1) * order(key.get(a), key.get(b)));
    parts.forEach((part, i) => part.append(...bodies.slice(i * size, (i + 1) * size)));
    fit(parts);
  };

  const makeSortable = (cell, column) => {
    // Not a button element: browsers do not print one in a table head that is repeated on the next page.
    const button = document.createElement("span");
    button.append(...cell.childNodes);
    button.tabIndex = 0;
    button.setAttribute("role", "button");
    cell.append(button);
    button.addEventListener("click", () => sort(column));
    button.addEventListener("keydown", event => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      sort(column);
    });
  };

  if (list) {
    let timer;
    box.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(search, 120);
    });
    window.addEventListener("hashchange", follow);
    follow();
    for (const part of parts) headOf(part).forEach(makeSortable);
  }

  // With many envelopes, only the first of those that the search found are printed.
  if (list && document.body.classList.contains("many")) {
    window.addEventListener("beforeprint", () => {
      let printed = 0;
      for (const part of parts) {
        part.parentNode.classList.toggle("left-out", printed >= 3 * size);
        printed += shownIn(part);
      }
    });
  }

  // With few envelopes, the records are printed too.
  if (document.body.classList.contains("few")) {
    let closed = [];
    window.addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("details:not([open])")];
      closed.forEach(one => one.open = true);
    });
    window.addEventListener("afterprint", () => closed.forEach(one => one.open = false));
  }

  const check = async () => {
    // The evidence is between two newlines.
    const {origin, size: tree, entries} = await reportChecker.check(byId("evidence").textContent.slice(1, -1));
    return "HOLDS: " + grouped(entries) + " entries are in the tree of " + grouped(tree) + " entries that " + origin +
      " signed. This checked the embedded entries against the checkpoint with the key in this page: compare that key " +
      "with one from another source. It did not compare the text of this page with the entries; envledger report " +
      "verify does.";
  };

  const button = byId("check"), verdict = byId("checked");
  if (button) {
    const run = async () => {
      verdict.textContent = "checking\u2026";
      try {
        verdict.textContent = await check();
      } catch (error) {
        const unable = error.name === "NotSupportedError" || !window.crypto || !crypto.subtle;
        verdict.textContent = unable ? "This browser does not support Ed25519: use envledger report verify."
                                     : "DOES NOT HOLD: " + error.message;
      }
    };
    button.addEventListener("click", run);
    if (location.hash === "#check") run();
  }
})();

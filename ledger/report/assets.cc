#include "ledger/report/assets.h"

namespace envledger {

const std::string_view kReportStyle = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#16202e;--dim:#5b6778;--line:#dfe4ea;--soft:#eef1f5;
--accent:#1f4e8c;--ask:#9aa8bb;--give:#2f6fc4;--use:#12305c;--good:#1d7a4c;--bad:#b3352c;--warn:#9a6700;--open:#2f6fc4;
--goodbg:#e8f5ee;--badbg:#fcebe9;--warnbg:#fdf4e0;
--sans:"Inter","Segoe UI",system-ui,-apple-system,"Helvetica Neue","Noto Sans","Liberation Sans",sans-serif;
--mono:"JetBrains Mono","SFMono-Regular",ui-monospace,"DejaVu Sans Mono","Liberation Mono",Menlo,Consolas,monospace}
@media (prefers-color-scheme:dark){:root{--bg:#10151d;--card:#171e28;--ink:#e6ebf2;--dim:#98a5b6;--line:#2a3442;
--soft:#1f2835;--accent:#8db8f2;--ask:#5d6b7f;--give:#5b9bf0;--use:#b9d6ff;--good:#5cc48d;--bad:#f08a80;--warn:#e3b04b;
--open:#5b9bf0;--goodbg:#16302440;--badbg:#3a1c1a80;--warnbg:#38290f80}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 var(--sans);-webkit-text-size-adjust:100%}
main,header.top,footer{max-width:1180px;margin:0 auto;padding:0 28px}
header.top{padding-top:44px;padding-bottom:8px}
.eyebrow{margin:0;color:var(--accent);font-size:12px;font-weight:600;letter-spacing:.08em;text-transform:uppercase}
h1{margin:6px 0 4px;font-size:34px;line-height:1.18;letter-spacing:-.02em;overflow-wrap:anywhere}
h2{margin:52px 0 14px;font-size:20px;letter-spacing:-.01em}
h3{margin:22px 0 8px;font-size:14px}
p{margin:6px 0;max-width:78ch}
.sub,.dim{color:var(--dim)}
.sub{font-size:16px}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
code,pre,.mono{font-family:var(--mono);font-size:12.5px;overflow-wrap:anywhere}
pre{margin:8px 0;padding:14px 16px;background:var(--soft);border-radius:8px;white-space:pre-wrap;line-height:1.5}
.claim{display:block;max-width:none;margin:18px 0 0;padding:13px 18px;border-left:4px solid var(--good);
border-radius:0 8px 8px 0;background:var(--goodbg)}
.moment{max-width:none;margin:18px 0 0;padding:13px 18px;border-left:4px solid var(--accent);border-radius:0 8px 8px 0;
background:var(--soft)}.moment+.claim{margin-top:10px}
.claim.hole{border-color:var(--bad);background:var(--badbg)}
nav{display:flex;flex-wrap:wrap;gap:6px 20px;margin:18px 0 0;padding:10px 0;border-top:1px solid var(--line);
border-bottom:1px solid var(--line);font-size:14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:12px;margin:0;padding:0}
.tiles div,.card{background:var(--card);border:1px solid var(--line);border-radius:10px}
.tiles div{padding:14px 16px}
.tiles dt{color:var(--dim);font-size:12.5px}
.tiles dd{margin:2px 0 0;font-size:26px;font-weight:600;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.card{padding:16px 20px}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:3px 18px;margin:12px 0;font-size:14px}
.facts dt{color:var(--dim)}.facts dd{margin:0;overflow-wrap:anywhere}
svg{display:block;width:100%}
svg .ask{fill:var(--ask)}svg .give{fill:var(--give)}svg .use{fill:var(--use)}
svg .good{fill:var(--good)}svg .bad{fill:var(--bad)}svg .open{fill:var(--open)}svg .base{fill:var(--soft)}
.axis{display:flex;justify-content:space-between;margin-top:6px;color:var(--dim);font-size:12px;
font-variant-numeric:tabular-nums}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:0 0 12px;padding:0;list-style:none;color:var(--dim);font-size:13px}
.legend svg{display:inline-block;width:11px;height:11px;margin-right:6px;vertical-align:-1px}
.lanes{width:100%;border-collapse:collapse;font-size:13px}
.lanes th{width:26%;padding:3px 14px 3px 0;font-weight:400;text-align:left;overflow-wrap:anywhere}
.lanes td{padding:3px 0}.lanes td:last-child{width:1%;padding-left:14px;color:var(--dim);white-space:nowrap}
.note{margin:8px 0 0;font-size:12.5px}
.dim+.grid,.dim+.wide{margin-top:14px}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:14px}
.bars{width:100%;border-collapse:collapse;font-size:13px}
.bars th{width:5.6em;padding:3px 0;color:var(--dim);font-weight:400;text-align:left}
.bars td{padding:3px 0}.bars td.n{width:1%;padding-left:12px;text-align:right;white-space:nowrap;
font-variant-numeric:tabular-nums;font-weight:600}
.card h3{margin:0 0 8px;font-size:15px;overflow-wrap:anywhere}
#check-it h3{margin-top:24px}
.wide{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
table.list{width:100%;border-collapse:collapse;font-size:13.5px}
.list th,.list td{padding:8px 12px;text-align:left;vertical-align:top;overflow-wrap:anywhere}
.list thead th{background:var(--soft);color:var(--dim);font-size:12px;font-weight:600;white-space:nowrap}
.list thead [role=button]{cursor:pointer}.list thead [role=button]:focus-visible{outline:2px solid var(--accent)}
.list thead [aria-sort=ascending] [role=button]::after{content:" \2191"}
.list thead [aria-sort=descending] [role=button]::after{content:" \2193"}
.list tbody{border-top:1px solid var(--line)}
.list.rows tbody tr+tr{border-top:1px solid var(--line)}
.list td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
#decisions th:first-child{width:1%;text-align:right}
.list td.t{white-space:nowrap;font-variant-numeric:tabular-nums}
.part{min-width:980px}
.part+.part{border-top:1px solid var(--line)}
.part table{table-layout:fixed}
@media screen{.part.full{content-visibility:auto;contain-intrinsic-block-size:auto 6800px}
.part+.part:not(.first) thead{visibility:collapse}}
.part col.w1{width:156px}.part col.w2{width:98px}.part col.w4{width:20%}.part col.w6{width:19%}.part col.w7{width:13%}
.part tr.d td{padding-top:0}
.part tbody:target{background:var(--warnbg)}
.tag{display:inline-block;padding:1px 8px;border-radius:99px;background:var(--soft);font-size:12px;font-weight:600;
white-space:nowrap}
.tag.good{color:var(--good);background:var(--goodbg)}.tag.bad{color:var(--bad);background:var(--badbg)}
.tag.warn{color:var(--warn);background:var(--warnbg)}.tag.open{color:var(--open)}
.arrow{color:var(--dim)}
summary{cursor:pointer;color:var(--dim);font-size:12.5px}
summary:hover{color:var(--accent)}
details ol{margin:10px 0 6px;padding:0;list-style:none}
details li{position:relative;margin-left:6px;padding:0 0 12px 22px;border-left:2px solid var(--line)}
details li:last-child{border-left-color:transparent;padding-bottom:2px}
details li::before{content:"";position:absolute;left:-6px;top:6px;width:10px;height:10px;border-radius:50%;
background:var(--accent);border:2px solid var(--card)}
details li dl{display:grid;grid-template-columns:8.5em 1fr;gap:1px 14px;margin:3px 0 0;font-size:13px}
details li dt{color:var(--dim)}details li dd{margin:0;overflow-wrap:anywhere}
.search{display:none;align-items:center;gap:14px;margin:0 0 12px}
.js .search{display:flex}
input[type=search]{flex:1;max-width:430px;padding:9px 14px;border:1px solid var(--line);border-radius:8px;
background:var(--card);color:var(--ink);font:inherit}
input[type=search]:focus{outline:2px solid var(--accent);outline-offset:-1px}
.button{padding:9px 16px;border:1px solid var(--accent);border-radius:8px;background:none;color:var(--accent);
font:inherit;font-weight:600;cursor:pointer}
.browser,.on-paper{display:none}.js .browser{display:block}
#checked{white-space:pre-wrap}
footer{padding-top:30px;padding-bottom:44px;color:var(--dim);font-size:13px}
@media (max-width:640px){main,header.top,footer{padding-left:16px;padding-right:16px}h1{font-size:23px}h2{margin-top:40px}
.tiles{grid-template-columns:repeat(2,1fr)}.grid{grid-template-columns:1fr}.facts{grid-template-columns:1fr;gap:0}
.facts dd{margin-bottom:6px}.lanes th{width:44%}.lanes td:last-child{display:none}
details li dl{grid-template-columns:1fr}details li dt{margin-top:3px}}
@media screen and (max-width:760px){.part{min-width:0}.part.full{contain-intrinsic-block-size:auto 16000px}
.part thead,.part colgroup{display:none}.part :is(table,tbody,tr,td){display:block}.part td{padding:0 14px}
.part td:first-child{padding-top:10px}.part tr.d td{padding:2px 14px 10px}
.part tr:first-child td:nth-child(n+3)::before{content:"Who ";color:var(--dim)}
.part tr:first-child td:nth-child(4)::before{content:"What "}
.part tr:first-child td:nth-child(5)::before{content:"Scope "}
.part tr:first-child td:nth-child(6)::before{content:"Resources "}
.part tr:first-child td:nth-child(7)::before{content:"Relation "}}
@page{margin:15mm 14mm 17mm;@bottom-right{content:"page " counter(page) " of " counter(pages);font:8pt sans-serif;
color:#555}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#111;--dim:#555;--line:#ccc;--soft:#f2f2f2;
--accent:#1f4e8c;--ask:#9aa8bb;--give:#2f6fc4;--use:#12305c;--good:#1d7a4c;--bad:#b3352c;--warn:#8a5a00;--open:#2f6fc4;
--goodbg:#fff;--badbg:#fff;--warnbg:#fff}
body{font-size:9.5pt}main,header.top,footer{max-width:none;padding:0}header.top{padding-top:0}
nav,.search,.js .search,.browser,.js .browser{display:none}.on-paper{display:block}
h1{font-size:20pt}h2{margin:20pt 0 8pt;font-size:14pt}p{break-inside:avoid}h2,h3,h2+p,h3+p,.on-paper,.legend,summary{break-after:avoid}.sub{font-size:11pt}
.tiles{grid-template-columns:repeat(8,1fr);gap:4pt}.tiles div{padding:6pt}.tiles dt{min-height:2.6em;font-size:7.5pt}
.tiles dd{font-size:14pt}.grid{grid-template-columns:1fr 1fr;gap:8pt}.card{padding:8pt 10pt}
.lanes,.bars{font-size:8.5pt}.lanes th,.lanes td,.bars th,.bars td{padding-top:1pt;padding-bottom:1pt}
.wide{overflow:visible;border:0}table.list{font-size:8pt}.part{min-width:0}.part+.part{border-top:0}
.part col.w1{width:62pt}.part col.w2{width:66pt}.part col.w4{width:19%}.part col.w6{width:18%}.part col.w7{width:12%}
.list th,.list td{padding:3pt 4pt}.part thead th,.part td.t{white-space:normal}.tag{padding:0;font-size:8pt}
thead{display:table-header-group}tr,.grid .card,.tiles div,li{break-inside:avoid}
tr.d,details{break-inside:auto}.part tr:first-child{break-after:avoid}.part tr.d td{padding-left:8pt}
code,pre,.mono,summary{font-size:8pt}details li{padding-bottom:5pt}
details li dl{grid-template-columns:7.5em 1fr;font-size:8pt;line-height:1.35}
.many summary::marker{content:""}.part.left-out,html:not(.js) .many .part:nth-of-type(n+4){display:none}
svg rect,.tag{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.few details::details-content{content-visibility:visible;height:auto}a{color:inherit}}
)css";

const std::string_view kReportScript = R"js(
"use strict";
(() => {
const $ = id => document.getElementById(id);
document.documentElement.classList.add("js");
const list = $("list"), box = $("q"), shown = $("shown");
if (list) {
  const parts = [...list.querySelectorAll("table")], size = parts[0].tBodies.length;
  const bodies = parts.flatMap(t => [...t.tBodies]), headOf = part => [...part.tHead.rows[0].cells];
  // A part without a row takes no room, and one that is not drawn yet about as much as it will.
  const fitOne = part => {
    const rows = [...part.tBodies].filter(b => !b.hidden).length, frame = part.parentNode;
    frame.hidden = rows === 0;
    frame.style.containIntrinsicBlockSize = "auto " + rows * (innerWidth > 760 ? 68 : 160) + "px";
  };
  // On screens the first part that has rows has the head.
  const fit = changed => {
    changed.forEach(fitOne);
    const first = parts.find(part => !part.parentNode.hidden);
    for (const part of parts) part.parentNode.classList.toggle("first", part === first);
  };
  let texts;
  const search = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(w => w), changed = new Set();
    if (words.length) texts ||= new Map(bodies.map(b => [b, b.textContent.toLowerCase()]));
    let n = 0;
    for (const b of bodies) {
      const hit = words.every(w => texts.get(b).includes(w));
      if (b.hidden === hit) { b.hidden = !hit; changed.add(b.parentNode); }
      n += hit;
    }
    fit(changed);
    list.hidden = n === 0;
    shown.textContent = n.toLocaleString("en") + " of " + bodies.length.toLocaleString("en") + " envelopes";
  };
  let timer;
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 120); });
  // #q=WORDS searches, #eN shows an envelope.
  const follow = () => {
    const words = /^#q=(.*)$/.exec(location.hash), at = /^#e\d+$/.test(location.hash) && $(location.hash.slice(1));
    if (words) try { box.value = decodeURIComponent(words[1]); } catch { box.value = words[1]; }
    if (at && at.hidden) box.value = "";
    search();
    if (at) { at.querySelector("details").open = true; at.scrollIntoView(); }
  };
  window.addEventListener("hashchange", follow);
  follow();
  const sort = column => {
    const down = headOf(parts[0])[column].getAttribute("aria-sort") === "ascending";
    for (const part of parts) {
      headOf(part).forEach((cell, i) => {
        if (i === column) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
        else cell.removeAttribute("aria-sort");
      });
    }
    const key = new Map(bodies.map(b => [b, b.rows[0].cells[column].textContent]));
    const order = new Intl.Collator("en", {numeric: true}).compare;
    bodies.sort((a, b) => (down ? -1 : 1) * order(key.get(a), key.get(b)));
    parts.forEach((part, i) => part.append(...bodies.slice(i * size, (i + 1) * size)));
    fit(parts);
  };
  for (const part of parts) headOf(part).forEach((cell, column) => {
    // No button: browsers print none where a head is repeated on the next page.
    const button = document.createElement("span");
    button.append(...cell.childNodes);
    button.tabIndex = 0;
    button.setAttribute("role", "button");
    cell.append(button);
    button.addEventListener("click", () => sort(column));
    button.addEventListener("keydown", e => {
      if (e.key === "Enter" || e.key === " ") { e.preventDefault(); sort(column); }
    });
  });
  // Of many, the first of those that the search left go to paper.
  if (document.body.classList.contains("many")) window.addEventListener("beforeprint", () => {
    let printed = 0;
    for (const part of parts) {
      part.parentNode.classList.toggle("left-out", printed >= 3 * size);
      printed += [...part.tBodies].filter(b => !b.hidden).length;
    }
  });
}
if (document.body.classList.contains("few")) {
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach(d => d.open = true);
  });
  window.addEventListener("afterprint", () => closed.forEach(d => d.open = false));
}

const bytes = s => Uint8Array.from(atob(s), c => c.charCodeAt(0));
const join = (...parts) => {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) { all.set(p, at); at += p.length; }
  return all;
};
const sha = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
async function check() {
  const data = JSON.parse($("evidence").textContent);
  if (!data.entries.length) throw new Error("this report holds no entries");
  const end = data.checkpoint.indexOf("\n\n");
  const note = data.checkpoint.slice(0, end + 1), lines = note.split("\n");
  const key = data.vkey, name = key.slice(0, key.indexOf("+")), blob = bytes(key.slice(key.indexOf("+", key.indexOf("+") + 1) + 1));
  const ed = await crypto.subtle.importKey("raw", blob.slice(1), {name: "Ed25519"}, false, ["verify"]);
  const id = (await sha(new TextEncoder().encode(name + "\n"), blob)).slice(0, 4);
  let signed = false;
  for (const line of data.checkpoint.slice(end + 2).split("\n")) {
    const [dash, who, what] = line.split(" ");
    if (dash !== "\u2014" || who !== name) continue;
    const signature = bytes(what);
    if (!same(signature.slice(0, 4), id)) continue;
    signed = await crypto.subtle.verify("Ed25519", ed, signature.slice(4), new TextEncoder().encode(note));
  }
  if (!signed) throw new Error("the checkpoint is not signed by " + key);
  if (lines[0] !== name) throw new Error("the checkpoint is of " + lines[0] + ", not of " + name);
  const size = BigInt(lines[1]), leaves = [];
  for (const [seq, entry] of data.entries) leaves.push([BigInt(seq), await sha(new Uint8Array([0]), bytes(entry))]);
  let leaf = 0, node = 0;
  const fold = async (low, count) => {
    if (leaf === leaves.length || leaves[leaf][0] >= low + count) return bytes(data.nodes[node++]);
    if (count === 1n) return leaves[leaf++][1];
    let half = 1n;
    while (half * 2n < count) half *= 2n;
    const left = await fold(low, half), right = await fold(low + half, count - half);
    return sha(new Uint8Array([1]), left, right);
  };
  const root = await fold(0n, size);
  if (node !== data.nodes.length || leaf !== leaves.length) throw new Error("the proof has another shape than the tree");
  if (!same(root, bytes(lines[2]))) throw new Error("the entries do not lead to the root of the checkpoint");
  return leaves.length.toLocaleString("en") + " entries are in the tree of " + Number(size).toLocaleString("en") +
      " entries that " + name + " signed. This compared the embedded entries with the checkpoint by the key in this page: " +
      "compare that key with one from elsewhere. It did not compare the text of this page with the entries: " +
      "envledger report verify does.";
}
const button = $("check"), out = $("checked");
if (button) {
  const run = async () => {
    out.textContent = "checking\u2026";
    try { out.textContent = "HOLDS: " + await check(); } catch (e) {
      out.textContent = e.name === "NotSupportedError" || !window.crypto || !crypto.subtle
          ? "This browser has no Ed25519: use envledger report verify." : "DOES NOT HOLD: " + e.message;
    }
  };
  button.addEventListener("click", run);
  if (location.hash === "#check") run();
}
})();
)js";

}  // namespace envledger

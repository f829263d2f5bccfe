"""The look of the report: one sheet, light and dark, wide and narrow, screen and paper."""

STYLE = """
:root{color-scheme:light dark;
--bg:#fbfaf7;--panel:#fff;--ink:#1d2125;--soft:#5c646d;--line:#e2dfd8;--faint:#aaa59b;--code:#f3f1ec;--link:#1a5fb4;
--pass:#1b7f4d;--fail:#c0332b;--inconclusive:#8a6100;--error:#7b3fa5;--skip:#69717b;
--mark:#ffd9d3;--mark-ink:#8f1d16;--string:#28613f;--number:#7a4b00;--name:#24507f}
@media (prefers-color-scheme:dark){:root{
--bg:#14171a;--panel:#1b1f23;--ink:#e4e6e8;--soft:#9aa3ac;--line:#30363c;--faint:#5d656d;--code:#22272c;--link:#8ab8f0;
--pass:#5cc48d;--fail:#f0857c;--inconclusive:#dcb157;--error:#c79bea;--skip:#9aa3ac;
--mark:#5f231f;--mark-ink:#ffc9c3;--string:#9bd3b0;--number:#e5bb80;--name:#9dc4ee}}
*{box-sizing:border-box}
html{scroll-padding-top:4.5rem}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI","Liberation Sans",sans-serif;
overflow-wrap:anywhere}
a{color:var(--link);text-decoration-thickness:1px;text-underline-offset:2px}
code,pre,.id{font-family:ui-monospace,"SF Mono","Cascadia Mono","DejaVu Sans Mono",monospace;font-size:.86em}
code{background:var(--code);border-radius:3px;padding:.05em .3em}
h1,h2,h3,h4,h5,p,dl,pre,ul{margin:0}
main,header.top>div,nav>ul,footer{max-width:76rem;margin:0 auto;padding:0 1.5rem}
header.top{background:var(--panel);border-top:6px solid var(--verdict);padding:2rem 0 1.75rem}
.conformant{--verdict:var(--pass)}.nonconformant{--verdict:var(--fail)}.incomplete{--verdict:var(--inconclusive)}
.over{color:var(--soft);font-size:.9rem;letter-spacing:.02em}
h1{font-size:2.6rem;line-height:1.15;letter-spacing:-.02em;color:var(--verdict);margin:.15rem 0 .35rem}
.why{font-size:1.12rem;max-width:95ch}

.counts{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;list-style:none;padding:0;margin-top:.6rem;
font-variant-numeric:tabular-nums}
.bar{display:block;width:100%;height:10px;margin-top:1.25rem;border-radius:5px;background:var(--line)}
.bar .pass{fill:var(--pass)}.bar .fail{fill:var(--fail)}.bar .inconclusive{fill:var(--inconclusive)}
.bar .error{fill:var(--error)}.bar .skip{fill:var(--line)}
.v{font-weight:650;white-space:nowrap}
.v.pass{color:var(--pass)}.v.fail{color:var(--fail)}.v.inconclusive{color:var(--inconclusive)}
.v.error{color:var(--error)}.v.skip{color:var(--skip)}
.v.conformant,.v.nonconformant,.v.incomplete{color:var(--verdict)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.75rem 1.75rem;margin-top:1.5rem}
.facts dt{color:var(--soft);font-size:.8rem}.facts dd{margin:0;font-size:.95rem}
.facts .wide{grid-column:1/-1}
nav{position:sticky;top:0;z-index:2;background:var(--bg);border-block:1px solid var(--line)}
nav>ul{display:flex;gap:1.6rem;list-style:none;overflow-x:auto;white-space:nowrap;padding-block:.6rem;font-size:.95rem}
nav a{color:var(--ink);text-decoration:none}nav a:hover{color:var(--link)}
nav .n{color:var(--soft);font-variant-numeric:tabular-nums;margin-left:.3em}
main>section{padding-top:2.5rem}
h2{font-size:1.5rem;letter-spacing:-.01em;margin-bottom:.35rem}
h3{font-size:1.1rem;margin:1.75rem 0 .5rem}h3 .n{color:var(--soft);font-weight:400;margin-right:.5em}
h4{font-size:1rem;line-height:1.4}
h5{font-size:.8rem;font-weight:650;color:var(--soft);margin-bottom:.3rem}
.lead,.caption,.none{color:var(--soft)}.caption,.none{font-size:.86rem}
.lead{max-width:70ch;margin-bottom:.9rem}
.scroll{overflow-x:auto;background:var(--panel);border:1px solid var(--line);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:.95rem;font-variant-numeric:tabular-nums}
th,td{padding:.5rem .8rem;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
tbody th{font-weight:400}
thead th{border-top:0;font-size:.82rem;font-weight:600;color:var(--soft);vertical-align:bottom}
.num{text-align:right;white-space:nowrap}td.zero{color:var(--faint)}
tfoot td,tfoot th{font-weight:650;border-top:2px solid var(--line)}
.filter{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;margin:.25rem 0 .5rem}
.filter input[type=search]{flex:1 1 16rem;max-width:26rem;font:inherit;padding:.4rem .7rem;color:inherit;
background:var(--panel);border:1px solid var(--line);border-radius:6px}
.filter[hidden]{display:none}.filter label{display:inline-flex;gap:.35rem;align-items:center}
.list{border:1px solid var(--line);border-radius:8px;background:var(--panel);overflow:hidden}
.req+.req{border-top:1px solid var(--line)}
.req[hidden],.group[hidden]{display:none}
.req>summary{display:grid;grid-template-columns:7.6rem minmax(0,5fr) minmax(0,4fr) 4.5rem;gap:.1rem .9rem;
align-items:baseline;padding:.4rem .9rem;cursor:pointer;list-style:none}
.req>summary::-webkit-details-marker{display:none}
.req>summary:hover,.req[open]>summary{background:var(--code)}
.req>summary .id{color:var(--soft)}
.req>summary .level{color:var(--soft);font-size:.86rem;text-align:right}
.req.fail{box-shadow:inset 4px 0 var(--fail)}.req.error{box-shadow:inset 4px 0 var(--error)}
.req.inconclusive{box-shadow:inset 4px 0 var(--inconclusive)}
.req>.inside{padding:.9rem .9rem 1.1rem;display:grid;gap:.7rem}
blockquote{margin:0;padding-left:.9rem;border-left:3px solid var(--line);max-width:75ch}
blockquote cite{display:block;font-style:normal;color:var(--soft);font-size:.86rem}
.rows{display:grid;gap:.35rem}.rows>div{display:grid;grid-template-columns:7.5rem 1fr;gap:.75rem}
.rows dt{color:var(--soft);font-size:.9rem}.rows dd{margin:0;max-width:75ch}
.failure{border-top:1px solid var(--line);padding-top:.9rem;display:grid;gap:.75rem}
.failure .count{color:var(--fail)}
.exchange{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(30rem,100%),1fr));gap:1rem}
.exchange>section{min-width:0;display:grid;gap:.4rem;align-content:start}
.line{font-size:.95rem}
.edit{background:var(--code);border-radius:6px;padding:.7rem .9rem;display:grid;gap:.25rem}
.edit code{background:none;padding:0}
.swap{display:grid;gap:.1rem;margin-top:.25rem}.swap>div{display:grid;grid-template-columns:4rem 1fr;gap:.5rem}
.swap dt{color:var(--soft);font-size:.86rem}.swap dd{margin:0}
.swap div:last-child code{color:var(--mark-ink);background:var(--mark)}
pre{background:var(--code);border-radius:6px;padding:.65rem .8rem;overflow-x:auto;max-height:30rem;overflow-y:auto;
white-space:pre-wrap;line-height:1.45;font-size:.82rem}
pre.octets{white-space:pre;overflow-wrap:normal}
pre.octets{font-size:.72rem}
mark{background:var(--mark);color:var(--mark-ink);border-radius:2px;font-weight:650}
mark *{color:inherit}
.offset,.gap{color:var(--soft)}.json .name{color:var(--name)}.json .string{color:var(--string)}
.json .number{color:var(--number)}
.unseen{color:var(--error);border-bottom:1px dotted}

details.headers>summary,details.twin>summary,details.again>summary,details.more>summary{cursor:pointer;color:var(--link);font-size:.92rem}
dl.headers{display:grid;gap:.1rem;margin:.4rem 0;font-size:.86rem}
dl.headers>div{display:grid;grid-template-columns:minmax(6rem,14rem) 1fr;gap:.6rem}
dl.headers dt{color:var(--soft)}dl.headers dd{margin:0}
details.twin>.exchange,details.again>*:not(summary){margin-top:.5rem}
.readings{list-style:none;padding:0}.readings li{padding-left:1.4rem;text-indent:-1.4rem;color:var(--soft)}
.readings li.seen{color:var(--ink);font-weight:600}
.readings .evidence{display:block;text-indent:0;font-weight:400;font-size:.9rem}
.pass-on{padding-left:1.2rem;margin-bottom:.5rem}
.cards{display:grid;gap:.5rem}
.card{border:1px solid var(--line);border-radius:8px;background:var(--panel);padding:.7rem .9rem;display:grid;
gap:.35rem}
details.card{display:block}details.card>summary{cursor:pointer}details.card>ul{margin:.5rem 0 .2rem;padding-left:1.6rem}
details.more{margin-top:.6rem}details.more>.scroll{margin-top:.5rem}
footer{color:var(--soft);font-size:.86rem;padding-block:3rem 2.5rem}
.inside,.failure,.edit,.exchange>section,.card,.cards,.rows,.swap{grid-template-columns:minmax(0,1fr)}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
@media (max-width:48rem){
main,header.top>div,nav>ul,footer{padding-inline:1rem}
h1{font-size:2rem}
.req>summary{grid-template-columns:1fr auto}.req>summary .v{grid-column:1;grid-row:1}
.req>summary .title,.req>summary .id{grid-column:1/-1}.req>summary .level{grid-column:2;grid-row:1}
.facts{grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.6rem 1rem}
.stack thead{display:none}.stack tr,.stack td{display:block}.stack td{border:0;padding-bottom:0}
.stack td+td{padding-block:0 .5rem}
.stack tr+tr{border-top:1px solid var(--line)}
.rows>div{grid-template-columns:1fr;gap:0}
th,td{padding:.45rem .5rem}.word{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
dl.headers>div{grid-template-columns:1fr;gap:0}
pre{font-size:.74rem}}
@media print{
:root{--bg:#fff;--panel:#fff}body{font-size:10pt}nav,.filter{display:none}
pre{max-height:none;white-space:pre-wrap}.req,.failure,tr,.card{break-inside:avoid}
.req.fail,.req.error{break-inside:auto}
:is(.failure details,.card,.more):not([open])::details-content{content-visibility:visible;block-size:auto;display:block}
.scroll{overflow:visible}a{color:inherit;text-decoration:none}}
""".strip()

SCRIPT = """
(() => {
  const box = document.querySelector(".filter");
  if (!box) return;
  box.hidden = false;
  const requirements = [...document.querySelectorAll(".req")];
  const words = box.querySelector("input[type=search]");
  const kinds = [...box.querySelectorAll("input[type=checkbox]")];
  const told = box.querySelector("output");
  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\\s+/);
    const on = new Set(kinds.filter(kind => kind.checked).map(kind => kind.value));
    let shown = 0;
    for (const item of requirements) {
      const text = item.querySelector("summary").textContent.toLowerCase();
      item.hidden = !(on.has(item.dataset.verdict) && wanted.every(word => text.includes(word)));
      shown += !item.hidden;
    }
    for (const group of document.querySelectorAll(".group"))
      group.hidden = !group.querySelector(".req:not([hidden])");
    told.textContent = `${shown} of ${requirements.length}`;
  };
  box.addEventListener("input", apply);
  const reveal = () => {
    const found = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const item = found && found.closest(".req");
    if (!item) return;
    item.hidden = false;
    item.open = true;
    item.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  apply();
  reveal();
})();
""".strip()

"""The stylesheet of the HTML page: light and dark, screen and paper. Nothing in it comes from a session."""

STYLE = """
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --surface: #ffffff; --border: #d5d9e0; --text: #1c2128; --muted: #57606a; --accent: #2458c5;
  --user: #e8effc; --code: #f3f4f7; --danger: #b3261e; --warning: #8a5300; --success: #1a6b35;
  --k: #0b4fa8; --n: #6f42c1; --s: #0a5c2e; --m: #8a4600; --c: #57606a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181d; --surface: #1c1f26; --border: #363c48; --text: #e6e9ef; --muted: #a3abb8; --accent: #83a9ff;
    --user: #232c40; --code: #14161b; --danger: #ff8f87; --warning: #eab464; --success: #7fd49a;
    --k: #8ab8ff; --n: #cfa8ff; --s: #8fdba8; --m: #efb06b; --c: #a3abb8;
  }
}
* { box-sizing: border-box; }
html { background: var(--page); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
body { max-width: 54rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0 0 2rem; font-size: .9rem; }
dt { color: var(--muted); }
dd { margin: 0; }
article { margin: 0 0 1rem; }
article.user, article.assistant, article.tool {
  background: var(--surface); border: 1px solid var(--border); border-radius: .6rem; padding: .8rem 1.1rem;
}
article.user { background: var(--user); }
article.note { color: var(--muted); border-left: 3px solid var(--border); padding: .1rem 0 .1rem .9rem; }
article.thinking { color: var(--muted); padding: 0 1.1rem; }
header.entry { display: flex; flex-wrap: wrap; gap: 0 .8rem; align-items: baseline; margin-bottom: .4rem; }
header.entry h2, header.entry h3 { font-size: .95rem; line-height: 1.4; margin: 0; }
article.note h3 { font-size: .85rem; }
time, .told { font-size: .82rem; color: var(--muted); }
.completed { color: var(--success); }
.failed, .vetoed { color: var(--danger); }
.unknown, .pending { color: var(--warning); }
.text > :first-child { margin-top: 0; }
.text > :last-child { margin-bottom: 0; }
.text h3, .text h4, .text h5, .text h6 { line-height: 1.3; margin: 1.3em 0 .5em; }
.text h3 { font-size: 1.2rem; } .text h4 { font-size: 1.08rem; } .text h5, .text h6 { font-size: 1rem; }
p, ul, ol, blockquote, table, pre { margin: .6em 0; }
li > ul, li > ol { margin: 0; }
.text :is(p, li, h3, h4, h5, h6, th, td) { unicode-bidi: plaintext; }
.plain { white-space: pre-wrap; font: inherit; margin: 0; }
a { color: var(--accent); }
code, pre.code { font: .875em/1.5 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
:not(pre) > code { background: var(--code); border: 1px solid var(--border); border-radius: .25rem; padding: 0 .25em; }
pre.code {
  background: var(--code); border: 1px solid var(--border); border-radius: .4rem; padding: .6rem .8rem;
  white-space: pre-wrap; tab-size: 4;
}
pre.code code { font: inherit; }
blockquote { border-left: 3px solid var(--border); color: var(--muted); margin-left: 0; padding-left: .9rem; }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--border); padding: .25rem .6rem; text-align: left; vertical-align: top; }
th { background: var(--code); }
.center { text-align: center; } .right { text-align: right; }
hr { border: 0; border-top: 1px solid var(--border); margin: 1.2em 0; }
img { display: block; max-width: 100%; height: auto; margin: .6em 0; border: 1px solid var(--border); }
summary { cursor: pointer; color: var(--muted); font-size: .9rem; }
summary:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.label { color: var(--muted); font-size: .82rem; margin: .5em 0 0; }
.k { color: var(--k); } .n { color: var(--n); } .s { color: var(--s); } .m { color: var(--m); } .c { color: var(--c); }
footer { color: var(--muted); font-size: .82rem; margin-top: 2rem; }
@media print {
  :root {
    color-scheme: light;
    --page: #fff; --surface: #fff; --border: #bbb; --text: #000; --muted: #444; --accent: #2458c5; --user: #f4f4f4;
    --code: #f7f7f7; --danger: #8c1d18; --warning: #6b4000; --success: #14522a;
    --k: #0b4fa8; --n: #6f42c1; --s: #0a5c2e; --m: #8a4600; --c: #57606a;
  }
  html { font-size: 11pt; }
  body { max-width: none; padding: 0; }
  header.entry { break-after: avoid; }
  img, tr { break-inside: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
"""

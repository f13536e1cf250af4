import { shortHash } from '../../internal/hash.ts'
import { CHART_STYLE } from '../../report/chart/style.ts'
import { TABLE_STYLE } from '../../report/table-style.ts'

/** The one style sheet of the pages: light and dark as the reader's system says. */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --text: #1c2430; --muted: #5b6675; --ground: #f6f7f8; --card: #ffffff; --line: #dfe3e8; --field: #ffffff;
  --edge: #8a94a1; --strong: #0b6e4f; --on-strong: #ffffff; --soft: #e7f2ee; --bad: #b3261e; --bad-soft: #fbeceb; --warn: #8a5a00; --warn-soft: #fdf4e0;
  --series-1: #0b6e4f; --series-2: #b8690f; --series-3: #3867b8; --series-4: #a23b72; --series-5: #7a8794;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e9ee; --muted: #9aa5b3; --ground: #12161b; --card: #1a1f26; --line: #2f3740; --field: #12161b;
    --edge: #6b7684; --strong: #4cc38a; --on-strong: #0c1a14; --soft: #17301f; --bad: #ff8f86; --bad-soft: #3a1d1b; --warn: #f0c26a; --warn-soft: #34290f;
    --series-1: #4cc38a; --series-2: #f0a557; --series-3: #7aa5f0; --series-4: #e07fb4; --series-5: #a5b0bc;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 14px/1.5 system-ui, sans-serif; }
a { color: var(--strong); text-underline-offset: 0.32em; text-decoration-thickness: 1px; }
.prose { white-space: pre-line; overflow-wrap: anywhere; }
.cost { white-space: nowrap; font-size: 12px; }
.address { font-size: 16px; }
.address code { font-size: inherit; user-select: all; }
:focus-visible { outline: 2px solid var(--strong); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: 8px; top: -60px; background: var(--card); padding: 8px 14px; z-index: 2; }
.skip:focus { top: 8px; }
.frame { display: grid; grid-template-columns: 188px minmax(0, 1fr); min-height: 100vh; }
.side { position: sticky; top: 0; height: 100vh; overflow-y: auto; border-right: 1px solid var(--line); background: var(--card); padding: 18px 0; display: flex; flex-direction: column; }
.brand { font-weight: 650; padding: 0 18px 14px; margin: 0; }
.brand small { display: block; font-weight: 400; color: var(--muted); font-size: 12px; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav a { display: block; padding: 6px 18px; color: var(--text); text-decoration: none; border-left: 3px solid transparent; }
nav a:hover { background: var(--ground); }
nav a[aria-current] { border-left-color: var(--strong); background: var(--soft); font-weight: 600; }
nav a:focus-visible { outline-offset: -2px; }
.who { margin-top: auto; padding: 14px 18px 0; font-size: 12px; color: var(--muted); overflow-wrap: anywhere; }
.who button { margin-top: 8px; }
main { padding: 20px 28px 48px; max-width: 1480px; }
main:focus { outline: none; }
header.top { display: flex; align-items: baseline; gap: 16px; flex-wrap: wrap; margin: 0 0 16px; }
h1 { font-size: 21px; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 14px; margin: 0 0 8px; font-weight: 650; }
h3 { font-size: 13px; margin: 14px 0 4px; font-weight: 650; }
p { margin: 0 0 10px; max-width: 78ch; }
.hint { max-width: 120ch; }
.live { margin-left: auto; color: var(--muted); font-size: 12.5px; }
.note { color: var(--muted); font-size: 12.5px; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 14px; align-items: start; margin-top: 14px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; margin: 0 0 14px; min-width: 0; }
.card > :last-child { margin-bottom: 0; }
.card form.line + .scroll { margin-top: 10px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.figures > div { padding: 9px 14px; box-shadow: 1px 1px 0 var(--line); }
.figures dt { color: var(--muted); font-size: 12px; }
.figures dd { margin: 0; font-size: 18px; font-variant-numeric: tabular-nums; }
.figures dd small { font-size: 12px; color: var(--muted); }
.figures .more { font-size: 12px; color: var(--muted); }
.facts { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0 0 8px; padding: 0; list-style: none; color: var(--muted); font-size: 12.5px; font-variant-numeric: tabular-nums; }
${CHART_STYLE}
.scroll { overflow-x: auto; }
.card .scroll + p { margin-top: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: 12px; padding-bottom: 4px; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; }
tbody tr:last-child > * { border-bottom: 0; }
thead th, thead th.number { color: var(--muted); font-size: 12px; font-weight: 600; white-space: normal; vertical-align: bottom; }
.number { text-align: right; white-space: nowrap; padding-left: 8px; }
td:last-child.number, th:last-child.number { padding-right: 2px; }
.nowrap { white-space: nowrap; }
.nowrap code { overflow-wrap: normal; }
.rest { width: 30%; min-width: 26ch; overflow-wrap: anywhere; }
.wide { min-width: 21ch; overflow-wrap: anywhere; }
code, pre, textarea { font-family: var(--mono); font-size: 12.5px; }
code { overflow-wrap: anywhere; }
pre { background: var(--ground); border: 1px solid var(--line); border-radius: 6px; padding: 10px 12px; margin: 0 0 10px; overflow: auto; max-height: 460px; white-space: pre-wrap; overflow-wrap: anywhere; }
.tag { display: inline-block; padding: 0 7px; border-radius: 9px; font-size: 12px; line-height: 18px; background: var(--ground); border: 1px solid var(--line); color: var(--muted); white-space: nowrap; }
.tag.good { background: var(--soft); border-color: transparent; color: var(--strong); }
.tag.bad { background: var(--bad-soft); border-color: transparent; color: var(--bad); }
.tag.warn { background: var(--warn-soft); border-color: transparent; color: var(--warn); }
.problem { border-left: 3px solid var(--bad); background: var(--bad-soft); padding: 8px 12px; border-radius: 4px; margin: 0 0 12px; overflow-wrap: anywhere; }
.problem p { margin: 0; max-width: none; }
.caution { border-left: 3px solid var(--warn); background: var(--warn-soft); padding: 8px 12px; border-radius: 4px; margin: 0 0 12px; }
.caution p { margin: 0; max-width: none; }
form.line { display: flex; flex-wrap: wrap; gap: 8px 12px; align-items: end; margin: 0; }
.field { margin: 0 0 12px; max-width: 640px; }
form.line .field { margin: 0; }
label, .label { display: block; font-size: 12.5px; font-weight: 600; margin-bottom: 3px; }
label .type { font-weight: 400; color: var(--muted); font-family: var(--mono); font-size: 12px; }
label.check { display: flex; gap: 6px; align-items: center; font-weight: 400; margin: 0; padding: 6px 0; }
.hint { color: var(--muted); font-size: 12px; margin: 2px 0 0; overflow-wrap: anywhere; }
.wrong { color: var(--bad); font-size: 12.5px; margin: 2px 0 0; }
input, select, textarea { font-size: 13px; color: inherit; background: var(--field); border: 1px solid var(--edge); border-radius: 5px; padding: 5px 8px; max-width: 100%; }
input:not([type]), input[type=text], input[type=search], input[type=password], input[type=number], select { font-family: inherit; min-height: 31px; }
.field > input, .field > textarea, .field > select { width: 100%; }
form.line .field > input, form.line .field > select { width: auto; }
input[type=number] { width: 9em; }
form.line .field > input[type=number] { width: 7em; }
input[type=checkbox] { width: 16px; height: 16px; accent-color: var(--strong); margin: 0; }
textarea { line-height: 1.45; resize: vertical; }
textarea.grows { field-sizing: content; max-height: 320px; }
form .line { display: flex; flex-wrap: wrap; gap: 0 12px; }
[aria-invalid=true] { border-color: var(--bad); }
button, .button { font: inherit; font-size: 13px; font-weight: 600; min-height: 31px; padding: 4px 14px; border-radius: 5px; border: 1px solid var(--strong); background: var(--strong); color: var(--on-strong); cursor: pointer; text-decoration: none; display: inline-block; }
button.quiet, .button.quiet { background: transparent; color: var(--text); border-color: var(--edge); font-weight: 400; }
button.danger { background: var(--bad); border-color: var(--bad); color: var(--card); }
.actions { display: flex; gap: 10px; align-items: center; flex-wrap: wrap; }
.login { max-width: 420px; margin: 12vh auto 0; padding: 0 16px; }
.login .card { padding: 22px 24px; }
.login h1 { margin-bottom: 10px; }
.entries { margin: 0; }
.entries dt { padding-top: 6px; }
.entries dd { margin: 0; padding: 0 0 6px; color: var(--muted); font-size: 13px; border-bottom: 1px solid var(--line); }
.entries dd:last-child { border-bottom: 0; }
.entries a { text-decoration: none; }
.entries a:hover { text-decoration: underline; }
dl.pairs { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 16px; margin: 0 0 10px; font-size: 13px; }
dl.pairs dt { color: var(--muted); }
dl.pairs dd { margin: 0; overflow-wrap: anywhere; }
details { margin: 0 0 12px; }
summary { cursor: pointer; font-size: 13px; }
.split { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 14px; align-items: start; }
${TABLE_STYLE}
@media (max-width: 1000px) { .figures { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
  .split, .columns { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 720px) {
  .frame { grid-template-columns: minmax(0, 1fr); grid-template-rows: auto 1fr; }
  .side { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); padding: 8px 0 0; display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; }
  .brand { padding: 0 0 4px 16px; }
  .brand small { display: inline; margin-left: 6px; }
  .who { margin: 0; padding: 0 16px 4px; }
  .who > span { display: none; }
  .who button { margin: 0; }
  .who { grid-row: 1; grid-column: 2; }
  .side nav { grid-row: 2; grid-column: 1 / -1; min-width: 0; }
  .side nav ul { display: flex; flex-wrap: wrap; padding: 0 8px; }
  .side nav a { padding: 3px 8px; border-left: 0; border-bottom: 2px solid transparent; }
  .side nav a[aria-current] { border-bottom-color: var(--strong); }
  main { padding: 16px; }
}
@media (prefers-reduced-motion: no-preference) { nav a, button { transition: background-color 80ms; } }
`

/** Its address; another one when it changes, so that browsers may keep it. */
export const STYLE_PATH: string = `/ui/style-${shortHash(STYLE)}.css`

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3.5" fill="#0b6e4f"/><path d="M3.5 11.5v-7L8 9l4.5-4.5v7" fill="none" stroke="#fff" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>`
export const ICON_PATH = '/ui/icon.svg'

import { CHART_STYLE } from './chart/style.ts'
import { TABLE_STYLE } from './table-style.ts'

/** The page's one style sheet: light and dark as the reader's system says, and for paper. */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --text: #1c2430; --muted: #5b6675; --ground: #fbfbfa; --card: #ffffff; --line: #dfe3e8; --strong: #0b6e4f;
  --series-1: #0b6e4f; --series-2: #b8690f; --series-3: #3867b8; --series-4: #a23b72; --series-5: #7a8794;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e6e9ee; --muted: #9aa5b3; --ground: #14181d; --card: #1b2027; --line: #343c46; --strong: #4cc38a;
    --series-1: #4cc38a; --series-2: #f0a557; --series-3: #7aa5f0; --series-4: #e07fb4; --series-5: #a5b0bc;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.55 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 19px; margin: 0 0 6px; }
p { margin: 0 0 14px; max-width: 75ch; }
.summary { font-size: 17px; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 0 20px; padding: 0; list-style: none; color: var(--muted); font-size: 13px; }
nav { margin: 0 0 28px; font-size: 14px; display: flex; flex-wrap: wrap; gap: 4px 16px; }
a { color: var(--strong); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 22px 24px; margin: 0 0 22px; break-inside: avoid-page; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); font-size: 12px; padding-bottom: 4px; }
th, td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { font-weight: 600; color: var(--muted); vertical-align: bottom; }
tbody th { font-weight: 400; overflow-wrap: break-word; }
td { overflow-wrap: anywhere; }
.number { text-align: right; }
td.number { white-space: nowrap; }
pre { overflow: auto; max-height: 480px; font-size: 12px; }
summary { cursor: pointer; }
${CHART_STYLE}${TABLE_STYLE}
@media (max-width: 640px) {
  main { padding: 20px 12px 40px; }
  section { padding: 16px 14px; }
  h1 { font-size: 23px; }
}
@media print {
  :root { color-scheme: light; --ground: #fff; --card: #fff; --text: #000; --muted: #444; --line: #bbb;
    --series-1: #0b6e4f; --series-2: #b8690f; --series-3: #3867b8; --series-4: #a23b72; --series-5: #7a8794; }
  main { max-width: none; padding: 0; }
  nav, details { display: none; }
  section { border: 0; padding: 0 0 12px; }
  .scroll { overflow: visible; }
}
`

/**
 * What charts need on a page, beside its variables --series-1 to --series-5, --line and --muted. Widths are asked of the figure, not of the
 * window: the same chart stands in a column of a wide page and alone on a narrow one.
 */
export const CHART_STYLE = `
.chart { margin: 0 0 12px; container-type: inline-size; font-size: 12px; line-height: 16px; font-variant-numeric: tabular-nums; }
.chart svg { display: block; overflow: visible; }
.chart text { font-size: 11px; fill: var(--muted); }
.chart .unit, .chart .levels, .chart .names { color: var(--muted); font-size: 11px; }
.chart .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0 0 6px; padding: 0; list-style: none; }
.chart .legend li { overflow-wrap: anywhere; }
.chart .legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; background: currentColor; forced-color-adjust: none; print-color-adjust: exact; }
.chart .series-1 { color: var(--series-1); }
.chart .series-2 { color: var(--series-2); }
.chart .series-3 { color: var(--series-3); }
.chart .series-4 { color: var(--series-4); }
.chart .series-5 { color: var(--series-5); }
.chart .grid { stroke: var(--line); vector-effect: non-scaling-stroke; }
.chart .bars { display: grid; grid-template-columns: fit-content(34%) minmax(0, 1fr) min-content; gap: 4px 12px; }
.chart .name { overflow-wrap: anywhere; }
.chart .values > span { display: block; text-align: right; white-space: nowrap; }
.chart .tracks > svg { margin: 1px 0; }
.chart rect.mark { fill: currentColor; }
.chart .bars .unit { text-align: right; }
.chart .lines { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0 8px; }
.chart .lines .unit { grid-column: 1 / -1; }
.chart .lines > svg { width: 100%; height: 160px; margin: 8px 0; }
.chart .levels { display: flex; flex-direction: column; justify-content: space-between; text-align: right; }
.chart .line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.chart .line-2 { stroke-dasharray: 7 3; }
.chart .line-3 { stroke-dasharray: 2 3; }
.chart .line-4 { stroke-dasharray: 9 3 2 3; }
.chart .line-5 { stroke-dasharray: 4 2; }
.chart .dot { fill: none; stroke: currentColor; stroke-width: 7; stroke-linecap: round; vector-effect: non-scaling-stroke; }
.chart .names { grid-column: 2; display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 0 4px; overflow-wrap: anywhere; text-align: center; }
.chart .some > :first-child { text-align: left; }
.chart .some > :last-child { text-align: right; }
@container (max-width: 460px) {
  .chart .bars { grid-template-columns: minmax(0, 1fr) min-content; gap: 2px 12px; }
  .chart .bars .name { grid-column: 1 / -1; margin-top: 4px; }
  .chart .bars .no-name { display: none; }
}
`

/** A table of class `many` is laid out as one block a row on a narrow screen, each cell behind the name of its column. */
export const TABLE_STYLE = `
@media (max-width: 640px) {
  table.many, .many caption, .many tbody, .many tr, .many th, .many td { display: block; width: auto; min-width: 0; }
  .many thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .many tbody tr { display: flex; flex-wrap: wrap; gap: 1px 14px; border-bottom: 1px solid var(--line); padding: 8px 0; }
  .many tbody tr:last-child { border-bottom: 0; }
  .many tbody tr > * { border: 0; padding: 1px 0; text-align: left; white-space: normal; overflow-wrap: anywhere; }
  .many tbody th { font-weight: 600; flex-basis: 100%; }
  .many tbody td { display: flex; gap: 6px; }
  .many tbody td.wide, .many tbody td.rest { flex-basis: 100%; }
  .many tbody td::before { content: attr(data-label); color: var(--muted); font-size: 12px; flex: none; line-height: 20px; }
  .many tbody td.empty { display: none; }
}
`

import { cellText, type Report, type Section } from './report.ts'

/** A report as Markdown: the same tables, without charts. */
export function toMarkdown({ title, summary, facts, sections }: Report): string {
  const lines = facts.map(([name, value]) => `- ${name}: ${value}`)
  return `# ${title}\n\n${summary}\n\n${lines.join('\n')}\n\n${sections.map(sectionText).join('\n\n')}\n`
}

function sectionText({ title, note, table }: Section): string {
  const { columns, rows, provenance } = table
  const isNumber = columns.map((_column, at) => rows.some((row) => typeof row[at] === 'number'))
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const text = [
    line(columns.map((column) => escape(column.title))),
    line(columns.map((_column, at) => (isNumber[at] === true ? '---:' : '---'))),
    ...rows.map((row) => line(row.map((value, at) => escape(cellText(value, columns[at]))))),
  ]
  return `## ${title}\n\n${note} (${provenance})\n\n${text.join('\n')}`
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

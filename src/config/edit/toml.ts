import { type Editor, lineEndOf } from './edit.ts'

/** TOML is added to at its end, as tables: what stands there keeps its form. */
export const tomlEditor: Editor = {
  put(text, path, name, entry) {
    const shorter = tomlEditor.remove(text, path, name)
    const end = lineEndOf(text)
    const gap = shorter === '' || shorter.endsWith('\n') ? '' : end
    const lines = [
      `[${[...path, name].join('.')}]`,
      ...Object.entries(entry).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
    ]
    return `${shorter}${gap}${end}${lines.join(end)}${end}`
  },
  remove(text, path, name) {
    const kept: string[] = []
    // Comments and blank lines at the end of our table: they may belong to the next one.
    let tail: string[] = []
    let isOurs = false
    for (const line of text.split(/(?<=\n)/)) {
      const header = HEADER.exec(line)?.[1]
      const wasOurs = isOurs
      if (header !== undefined) isOurs = begins(keysOf(header), [...path, name])
      if (isOurs) {
        if (!wasOurs && kept.at(-1)?.trim() === '') kept.pop()
        tail = /^\s*(?:#|$)/.test(line) ? [...tail, line] : []
        continue
      }
      kept.push(...tail, line)
      tail = []
    }
    return [...kept, ...tail].join('')
  },
}

const HEADER = /^[ \t]*\[{1,2}[ \t]*((?:[^\]"']|"[^"]*"|'[^']*')+?)[ \t]*\]{1,2}[ \t]*(?:#.*)?\r?\n?$/

function keysOf(header: string): string[] {
  return [...header.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  )
}

function begins(keys: readonly string[], path: readonly string[]): boolean {
  return path.every((key, index) => keys[index] === key)
}

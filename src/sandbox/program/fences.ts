/** A line that opens or closes a block of code in Markdown. */
const FENCE = /^[ \t]*(`{3,}(?!`)|~{3,}(?!~))([^`]*)$/
const SCRIPT = /^\{?\.?(?:[tj]sx?|[mc][tj]s|typescript|javascript|ecmascript|node(?:js)?|es\d+|deno|bun)\b/i

interface Block {
  readonly info: string
  /** Index of the first line of the code, and behind its last. */
  readonly from: number
  readonly to: number
}

/** True where a text may hold fences; everything else is left alone without a further look. */
export function mayBeFenced(source: string): boolean {
  return /^[ \t]*(?:```|~~~)/m.test(source)
}

/**
 * The program that a text of Markdown holds, its lines where they were, and all others empty; undefined where there is
 * none. `isTemplate`, where the text as a whole parses as a program: whether a template begins or ends at an offset. Only
 * there can it be a fence, as it would be empty templates.
 */
export function unfence(source: string, isTemplate?: (offset: number) => boolean): string | undefined {
  const lines = source.split('\n')
  const first = lines.findIndex((line) => FENCE.test(line))
  if (first === -1) return undefined
  const before = lines.slice(0, first)
  const offset = before.join('\n').length + (lines[first]?.search(/\S/) ?? 0) + (first > 0 ? 1 : 0)
  if ((isTemplate !== undefined && !isTemplate(offset)) || isInside(before.join('\n'))) return undefined
  const blocks = chosen(readBlocks(lines, first))
  if (blocks.length === 0) return undefined
  const kept = lines.map(() => '')
  for (const { from, to } of blocks) for (let at = from; at < to; at++) kept[at] = lines[at] ?? ''
  return kept.join('\n')
}

/** The language of the only block, where it is one that programs are not written in. */
export function foreignLanguage(source: string): string | undefined {
  const [, , info = ''] = FENCE.exec(source.split('\n').find((line) => FENCE.test(line)) ?? '') ?? []
  return /^(?:py|python3?|sh|bash|shell|zsh|console|ruby|go|rust|java|php|sql|json|yaml|powershell)\b/i.exec(
    info.trim(),
  )?.[0]
}

/** A template or a comment that nothing before the fence closes: the fence is text of the program. */
function isInside(before: string): boolean {
  const backticks = before.match(/(?<!\\)`/g)?.length ?? 0
  return backticks % 2 === 1 || before.lastIndexOf('/*') > before.lastIndexOf('*/')
}

function readBlocks(lines: readonly string[], first: number): Block[] {
  const blocks: Block[] = []
  let open: { info: string; mark: string; from: number } | undefined
  for (let at = first; at < lines.length; at++) {
    const [, mark, info = ''] = FENCE.exec(lines[at] ?? '') ?? []
    if (mark === undefined) continue
    if (open === undefined) open = { info: info.trim(), mark, from: at + 1 }
    else if (info.trim() === '' && mark.startsWith(open.mark)) {
      blocks.push({ info: open.info, from: open.from, to: at })
      open = undefined
    }
  }
  if (open === undefined) return blocks
  // The only fence is a closing one where nothing is behind it: its opening one was left out.
  const rest = lines.slice(open.from).join('').trim()
  const isLast = blocks.length === 0 && rest === ''
  blocks.push({ info: open.info, from: isLast ? 0 : open.from, to: isLast ? open.from - 1 : lines.length })
  return blocks
}

/** All blocks in order where none names another language; else those in ours, else those that name none. */
function chosen(blocks: readonly Block[]): readonly Block[] {
  if (blocks.length === 1 || blocks.every(({ info }) => info === '')) return blocks
  const scripts = blocks.filter(({ info }) => SCRIPT.test(info))
  return scripts.length > 0 ? scripts : blocks.filter(({ info }) => info === '')
}

import { awaitMessage } from './missing-names.ts'
import { placeAt } from './edit.ts'
import { findSyncAwait } from './sync-await.ts'
import { T, type Tokens } from './tokens.ts'

/** An engine's message for what does not parse, though it parsed for sucrase. */
export function explainSyntax(message: string, { tokens, offset }: { tokens: Tokens; offset: number }): string {
  if (/label/i.test(message)) return explainLabel(tokens, offset)
  if (/private name/.test(message)) return `${message}: # begins no comment, write //`
  const waits = findSyncAwait(tokens)
  if (waits !== undefined) return awaitMessage(placeAt(tokens.source, tokens.start(waits.start)).line)
  if (hasAccessor(tokens, offset)) return 'accessor fields are not read: write a getter and a setter'
  return message
}

/** The wrapper leaves its own block by a label, which text that closes this block cannot reach. */
function explainLabel(tokens: Tokens, offset: number): string {
  const jumps = tokens.all.flatMap((token, at) =>
    (token.type === T.break || token.type === T.continue) && tokens.type(at + 1) === T.name && !tokens.isNewLine(at + 1)
      ? [at]
      : [],
  )
  const [near] = jumps.toSorted((a, b) => Math.abs(tokens.start(a) - offset) - Math.abs(tokens.start(b) - offset))
  const isOurs = offset >= tokens.source.trimEnd().length && !jumps.some((at) => tokens.end(at + 1) >= offset - 1)
  if (near === undefined || isOurs) return 'the code closes a bracket that it did not open'
  const name = tokens.text(near + 1)
  return `there is no label ${name} around this ${tokens.text(near)}: write ${name}: before the loop that it means`
}

/** `accessor x = 1` in the line of the place. */
function hasAccessor(tokens: Tokens, offset: number): boolean {
  return tokens.all.some(
    (token, at) =>
      tokens.isWord(at, 'accessor') && tokens.type(at + 1) === T.name && Math.abs(token.start - offset) < 200,
  )
}

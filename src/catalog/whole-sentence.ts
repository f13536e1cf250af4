import { oneLine } from './literals.ts'
import { cutText } from '../internal/text.ts'

/** A description of fewer words says too little: the next sentence goes with the first. */
const LEAST_WORDS = 12
/** The object of a sentence stands among so many words: a longer one may be cut after them, at the end of a clause. */
const LEAST_KEPT = 16

/**
 * The first sentence of a description in one line, and those after it until it has a dozen words. Only a sentence beyond
 * `maxChars` is cut: at the end of a clause, and marked.
 */
export function wholeSentence(description: string, maxChars = 240): string {
  const sentences = sentencesOf(description)
  let text = sentences[0] ?? ''
  for (const next of sentences.slice(1)) {
    if (wordsOf(text) >= LEAST_WORDS || `${text} ${next}`.length > maxChars) break
    text = `${text} ${next}`
  }
  return (text.length <= maxChars ? text : clause(text, maxChars)).replace(/[.:;,\s]+$/, '')
}

function sentencesOf(description: string): string[] {
  const start = cutText(description, 2_000)
    .trimStart()
    .replace(/^#+\s+/, '')
  const paragraph = start.split(/\n\s*\n|\n(?=\s*[-*#•])/, 1)[0] ?? ''
  return oneLine(paragraph, 1_000)
    .split(BETWEEN)
    .map((sentence) => sentence.trim())
    .filter(Boolean)
}

// After a full stop that ends a sentence: not after "e.g", "i.e", "etc", "vs" or a single letter.
const BETWEEN = /(?<=(?<!\b(?:e\.g|i\.e|etc|vs|approx|incl|\w))[.!?])\s+|(?<=[。！？])/u

function clause(text: string, maxChars: number): string {
  const cut = cutText(text, maxChars - 1)
  const ends = [...cut.matchAll(/[,;:)] | [-–—(] ?/g)].map(({ index }) => cut.slice(0, index + 1).trimEnd())
  const kept = ends.findLast((part) => wordsOf(part) >= LEAST_KEPT)
  const word = cut.lastIndexOf(' ')
  return `${(kept ?? (word > maxChars * 0.7 ? cut.slice(0, word) : cut)).replace(/[\s,;:(–—-]+$/, '')}…`
}

function wordsOf(text: string): number {
  // A text without spaces between words (Chinese, Japanese) counts its characters by pairs.
  return Math.max(text.split(/\s+/).length, text.match(/\p{Script=Han}|\p{Script=Hiragana}/gu)?.length ?? 0)
}

import stem from 'wink-porter2-stemmer'
import { STOP_WORDS } from './stop-words.ts'

/** Turns text into search terms; documents and queries pass through the same one. */
export type Tokenize = (text: string) => string[]

const MAX_CACHED_WORDS = 20_000
const MAX_WORD_CHARS = 40
const WORD = /[\p{L}\p{N}]+/gu
const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu
const PARTS = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{Lm}]+|\p{Lu}|\p{N}+/gu

/**
 * Splits identifiers (`getHTTPStatus`, `list_issues`, `oauth2`) and keeps the joined word too, drops accents and stop
 * words, stems English, and cuts Chinese, Japanese and Korean runs into pairs of characters.
 */
export function createTokenizer(): Tokenize {
  const cache = new Map<string, readonly string[]>()
  return (text) => {
    const terms: string[] = []
    for (const word of plain(text).match(WORD) ?? []) {
      let found = cache.get(word)
      if (found === undefined) {
        found = termsOf(word)
        if (cache.size >= MAX_CACHED_WORDS) cache.clear()
        cache.set(word, found)
      }
      for (const term of found) terms.push(term)
    }
    return terms
  }
}

/** The single words of an identifier or text, lower-case, neither stemmed nor dropped. */
export function splitWords(text: string): string[] {
  return (plain(text).match(PARTS) ?? []).map((part) => part.toLowerCase())
}

function plain(text: string): string {
  return /^[\x20-\x7e\s]*$/.test(text) ? text : text.normalize('NFKD').replace(/\p{M}/gu, '')
}

function termsOf(word: string): string[] {
  if (/[^\x20-\x7e]/.test(word) && word.search(CJK) !== -1) return cjkTerms(word)
  const parts = word.slice(0, 200).match(PARTS) ?? []
  const joined = word.toLowerCase()
  const words = parts.length > 1 ? [...parts.map((part) => part.toLowerCase()), joined] : [joined]
  return words.filter((part) => part.length <= MAX_WORD_CHARS && !STOP_WORDS.has(part)).map(stemmed)
}

function cjkTerms(word: string): string[] {
  const terms = [...word.matchAll(CJK)].flatMap(([run]) => pairs(run.slice(0, 200)))
  return [...terms, ...word.split(CJK).filter(Boolean).flatMap(termsOf)]
}

function pairs(run: string): string[] {
  const characters = [...run.normalize('NFC')]
  if (characters.length === 1) return characters
  return characters.slice(1).map((character, index) => `${characters[index] ?? ''}${character}`)
}

function stemmed(word: string): string {
  return /^[a-z]+$/.test(word) ? stem(word) : word
}

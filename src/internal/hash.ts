import { hash } from 'node:crypto'
import { toSortedJson } from './json.ts'

/** First 16 hex digits of the SHA-256 of `text`: names versions, protects nothing. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 16)
}

/** The whole SHA-256 of `text` in 43 characters: where two texts must never be taken for each other. */
export function longHash(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** JSON text with sorted object keys: equal values give equal text. */
export function stableJson(value: unknown): string {
  return toSortedJson(value)
}

import { isRecord } from '../../internal/json.ts'
import type { Placeholders } from './client.ts'

/**
 * Puts a client's own values in the place of `${name}` in all texts of an entry. A list that is the whole of an argument
 * becomes several; elsewhere its items are joined by commas.
 */
export function fillIn(entry: unknown, placeholders: Placeholders): unknown {
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return filled(value, placeholders)
    if (Array.isArray(value))
      return value.flatMap((item: unknown): unknown[] => [...(listFor(item, placeholders) ?? [walk(item)])])
    return isRecord(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner)])) : value
  }
  return walk(entry)
}

function listFor(item: unknown, placeholders: Placeholders): readonly string[] | undefined {
  const [, name = ''] = typeof item === 'string' ? (/^\$\{([^{}]+)\}$/.exec(item) ?? []) : []
  const value = Object.hasOwn(placeholders, name) ? placeholders[name] : undefined
  return typeof value === 'string' ? undefined : value
}

function filled(text: string, placeholders: Placeholders): string {
  return text.replace(/\$\{([^{}]+)\}/g, (match, name: string) => {
    const value = Object.hasOwn(placeholders, name) ? placeholders[name] : undefined
    return value === undefined ? match : typeof value === 'string' ? value : value.join(',')
  })
}

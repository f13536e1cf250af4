import { isRecord } from './json.ts'

/** True for annotations of content that clients can read; they refuse a whole answer for others. */
export function isAnnotations(value: unknown): boolean {
  if (value === undefined) return true
  if (!isRecord(value)) return false
  const { audience = [], priority = 0, lastModified = '' } = value
  return (
    Array.isArray(audience) &&
    audience.every((one) => one === 'user' || one === 'assistant') &&
    typeof priority === 'number' &&
    priority >= 0 &&
    priority <= 1 &&
    /^(?:\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))?$/.test(String(lastModified))
  )
}

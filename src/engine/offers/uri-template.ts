/**
 * How well an address fits a URI template: the characters of the template that it has outside of expressions; undefined where
 * it does not fit. Expressions stand for any text, so that the time is linear whatever a server writes.
 */
export function fitOf(template: string, uri: string): number | undefined {
  const [first = '', ...literals] = template.split(/\{[^{}]*\}/)
  const last = literals.pop()
  if (last === undefined) return template === uri ? uri.length : undefined
  if (!uri.startsWith(first) || !uri.endsWith(last) || uri.length < first.length + last.length) return undefined
  let at = first.length
  for (const literal of literals) {
    const found = uri.indexOf(literal, at)
    if (found < 0) return undefined
    at = found + literal.length
  }
  if (at > uri.length - last.length) return undefined
  return [first, ...literals, last].reduce((chars, literal) => chars + literal.length, 0)
}

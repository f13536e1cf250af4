import { splitWords } from './tokenize.ts'
import { actionOfOrder } from './verbs.ts'

/** A sentence of a request: it asks for something, it wishes for something, or it tells how that came about. */
export interface Sentence {
  readonly text: string
  readonly role: Role
}

type Role = 'asks' | 'wishes' | 'tells'

const ASKS =
  /\b(?:please|(?:can|could|would|will|may) (?:you|we|i)|(?:tell|help|show|give|get|find|remind) me)\b|[?？]["'”’)]*$/iu
const WISHES =
  /\b(?:i(?: would|['’]d) (?:also |really )?(?:like|love|prefer)|i (?:also |really |just |only )?(?:want|need|wish|wanna)|let['’]?s|(?:looking|searching) for|interested in|ought to|should|has to|have to)\b/iu
/** After a full stop (not that of "p.m."), after a closing quote where the next word is no continuation, at a new line. */
const ENDS = /(?<=[!?;。！？；])\s+|(?<=(?<!\b\p{L})\.)\s+|(?<=[.!?]["'”’)])\s+(?!\p{Ll})|(?<=[。！？；])|\n+/u
const LEAST_WORDS = 2

/** The sentences of a request. Where none asks, the wishes do; where none wishes either, all do. */
export function sentencesOf(query: string): readonly Sentence[] {
  const sentences = query
    .split(ENDS)
    .filter((text) => splitWords(text).length > 0)
    .map((text) => ({ text, role: roleOf(text) }))
  const roles = new Set(sentences.map(({ role }) => role))
  if (roles.has('asks')) return sentences
  return sentences.map(({ text, role }) => ({ text, role: role === 'wishes' || !roles.has('wishes') ? 'asks' : role }))
}

function roleOf(text: string): Role {
  if (ASKS.test(text)) return 'asks'
  if (splitWords(text).length >= LEAST_WORDS && actionOfOrder(text) !== undefined) return 'asks'
  return WISHES.test(text) ? 'wishes' : 'tells'
}

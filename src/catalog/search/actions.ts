import { splitWords } from './tokenize.ts'
import { type Action, ACTIONS, actionOfOrder } from './verbs.ts'

export type { Action }

/** Verbs that are as often things: "the list", "my post", "last build". */
const OFTEN_NOUNS: ReadonlySet<string> = new Set(
  `set post start build schedule list search query view change update display count patch move switch import check preview
   mark trash drop reset upload`.split(/\s+/),
)
const BEFORE_NOUNS = /^(the|a|an|my|our|this|that|your|all|every|latest|of|last|recent|new|for|in|on)$/
const ASKS = /^(what|which|where|who|whose|when|why|how|is|are|was|were|does|did|do)$/
const MAX_QUERY_WORDS = 14

/** What a query asks for, told by its first verb, or by being a question. */
export function actionOfQuery(query: string): Action | undefined {
  const words = splitWords(query.slice(0, 600)).slice(0, MAX_QUERY_WORDS)
  if (ASKS.test(words[0] ?? '')) return 'read'
  const order = actionOfOrder(query)
  if (order !== undefined) return order
  const verb = words.find((word, at) => ACTIONS.has(word) && !isNoun(word, words[at - 1]))
  return ACTIONS.get(verb ?? '') ?? words.map(actionOfParticiple).find((action) => action !== undefined)
}

/** What a tool does: its name begins with the verb, else its description does, else the verb is elsewhere in the name. */
export function actionOfTool(name: string, description: string, server: string): Action | undefined {
  const words = splitWords(name)
  const own = new Set(splitWords(server))
  const begin = words.slice(0, -1).find((word) => !own.has(word)) ?? words.at(-1) ?? ''
  const said = splitWords(description.slice(0, 60)).slice(0, 2)
  const verb = words.find((word) => ACTIONS.has(word) && !OFTEN_NOUNS.has(word))
  return (
    ACTIONS.get(begin) ??
    said.map(actionOfThirdPerson).find((action) => action !== undefined) ??
    ACTIONS.get(verb ?? words.at(-1) ?? '')
  )
}

const SAME = 1.05
const OTHER = 0.2
/** How far apart two actions are: reading never writes, but adding to a thing may be an update of it. */
const APART: Readonly<Record<Action, Readonly<Record<Action, number>>>> = {
  read: { read: 0, create: 1, update: 1, delete: 1.2 },
  create: { read: 1, create: 0, update: 0.5, delete: 1.2 },
  update: { read: 1, create: 0.5, update: 0, delete: 1 },
  delete: { read: 1, create: 1, update: 0.7, delete: 0 },
}

/** Factor for the score of a tool that does `done` when `wanted` was asked for. */
export function actionFit(wanted: Action | undefined, done: Action | undefined): number {
  if (wanted === undefined || done === undefined) return 1
  return wanted === done ? SAME : 1 - OTHER * APART[wanted][done]
}

function isNoun(word: string, before: string | undefined): boolean {
  return OFTEN_NOUNS.has(word) && before !== undefined && BEFORE_NOUNS.test(before)
}

function actionOfThirdPerson(word: string): Action | undefined {
  const forms = [word, word.replace(/s$/, ''), word.replace(/es$/, ''), word.replace(/ies$/, 'y')]
  return forms.map((form) => ACTIONS.get(form)).find((action) => action !== undefined)
}

function actionOfParticiple(word: string): Action | undefined {
  if (!word.endsWith('ing')) return undefined
  const root = word.slice(0, -3)
  return ACTIONS.get(root) ?? ACTIONS.get(`${root}e`) ?? ACTIONS.get(root.slice(0, -1))
}

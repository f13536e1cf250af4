import { splitWords } from './tokenize.ts'

/** What a tool does to the world, or what is asked for; undefined when the words do not tell. */
export type Action = 'read' | 'create' | 'update' | 'delete'

const VERBS: Readonly<Record<Action, string>> = {
  read: `get fetch read retrieve list show view describe query find search lookup look check inspect count display browse
    explore tell know see locate obtain enumerate explain summarize compare analyze analyse monitor measure calculate
    verify preview identify detect give`,
  create: `create add make insert write send generate register upload put append publish submit compose schedule reserve
    start build produce import save invite post`,
  update: `update edit modify change set rename patch move replace adjust assign mark enable disable switch turn configure
    merge close reopen resolve toggle reset`,
  delete: `delete remove destroy erase clear drop purge trash unlink uninstall revoke cancel withdraw kill stop terminate
    archive unassign detach`,
}
/** How people ask for it, where tools are named otherwise: "file a bug", "jot it down", "tick it off". */
const ASKED: Readonly<Record<Action, string>> = {
  read: `look dig pull give pick translate listen watch measure scan test lint grab bring fill work`,
  create: `put enter file jot note record log report announce remember memorize memorise keep store draw book leave drop ship push deploy kick
    trigger run execute launch install reply answer respond forward tell let copy duplicate clone fork invite sign
    print convert draft comment enrol enroll hand order pin post share call`,
  update: `tick finish complete raise lower correct fix swap silence mute protect restore roll drain scale resolve approve accept
    decline reject take pause resume extend shorten promote demote link connect transfer upgrade`,
  delete: `forget end abort discard wipe`,
}
/** "set up a meeting" makes one, "look it up" reads. */
const PHRASES: readonly (readonly [RegExp, Action])[] = [
  [/^(?:set|put|write|draw) (?:\w+ ){0,2}up\b/, 'create'],
  [/^make (?:me )?(?:a|an|my|some|another)\b/, 'create'],
  [/^make\b/, 'update'],
  [/^(?:look|pull|bring) (?:\w+ ){0,2}up\b/, 'read'],
  [/^(?:work|figure|find|check) (?:\w+ ){0,2}out\b/, 'read'],
  [/^(?:roll|bring|go|return|revert) (?:\w+ ){0,3}back\b/, 'update'],
  [/^get rid\b/, 'delete'],
]

export const ACTIONS: ReadonlyMap<string, Action> = byVerb(VERBS)
/** Verbs of requests, those of tools among them. */
const REQUESTED: ReadonlyMap<string, Action> = new Map([...byVerb(ASKED), ...ACTIONS])
/** What may stand before the verb of a sentence that tells somebody to do something. */
const LEAD =
  /^(?:(?:please|and|then|so|now|also|just|ok|okay|well|right|next|first|firstly|secondly|second|third|finally|lastly|additionally|afterwards?|after (?:that|this)|once (?:that|this) is done|hi|hey|hello|there|by the way|kindly|quickly)\b[\s,:!-]*)+/iu
const POLITE =
  /^(?:(?:can|could|would|will) (?:you|we)|i(?: would|['’]d) like (?:you )?to|i (?:want|need|wish) (?:you )?to|let['’]?s|i have to)\s+/iu

/** What a sentence tells somebody to do ("Then please put it …"); undefined when it does not begin with a verb. */
export function actionOfOrder(sentence: string): Action | undefined {
  const order = plain(sentence.trim()).replace(LEAD, '').replace(POLITE, '').replace(LEAD, '').toLowerCase()
  const phrase = PHRASES.find(([start]) => start.test(order))
  return phrase?.[1] ?? REQUESTED.get(splitWords(order.slice(0, 60))[0] ?? '')
}

function plain(text: string): string {
  return text.replace(/^["'“‘(\s-]+/u, '')
}

function byVerb(lists: Readonly<Record<Action, string>>): Map<string, Action> {
  const verbs = new Map<string, Action>()
  for (const action of ['read', 'create', 'update', 'delete'] as const)
    for (const verb of lists[action].trim().split(/\s+/)) verbs.set(verb, action)
  return verbs
}

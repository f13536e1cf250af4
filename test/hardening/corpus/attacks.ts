import { type AttackClass, type HostileCase, type Probe } from '../hostile-case.ts'

type Details = Partial<Omit<HostileCase, 'id' | 'class' | 'tries' | 'source'>>

/** What it tries in one line, the program, and what differs from "ends as it likes, and nothing of the host is touched". */
export type Attack = readonly [tries: string, source: string, details?: Details]

/** Cases of one class; each key becomes the end of an id. */
export function attacks(attackClass: AttackClass, list: Readonly<Record<string, Attack>>): HostileCase[] {
  return Object.entries(list).map(([name, [tries, source, details]]) => ({
    id: `${attackClass}/${name}`,
    class: attackClass,
    tries,
    source,
    expect: 'contained',
    probe: nothingMore,
    ...details,
  }))
}

/** Every case already fails on the secret, `__pwned`, prototypes, intrinsics, canary file and server, a crash, a hang. */
const nothingMore: Probe = () => false

/** Code that proves that it runs on the host, for whatever compiles text: a quoted string literal. */
export const LOOT: string = JSON.stringify('globalThis.__pwned = true; return globalThis.process?.env.MCPO_CANARY')

/** A follower that tells whether the next program finds everything as it should be; see {@link isDamaged}. */
export const INTACT = `const sorted = [2, 3, 1].sort((a, b) => a - b).map((n) => n * 2)
const { items } = await tools.get()
const [a, b] = await Promise.all([tools.echo({ k: 'v' }), tools.echo([1])])
const tests = {
  sort: JSON.stringify(sorted) === '[2,4,6]', get: items.length === 2, echo: a.k === 'v' && b[0] === 1,
  text: 'abc'.slice(1).replace('b', 'x') === 'xc', regexp: /^a+$/.test('aaa'), json: JSON.parse('{"a":[1]}').a[0] === 1,
  plain: Object.keys({}).length === 0 && !('polluted' in {}), map: new Map([[1, 2]]).get(1) === 2,
  random: Math.random() < 1, clock: Date.now() > 1e12, iterate: [...'ab'].length === 2,
  error: new Error('m').message === 'm', left: typeof globalThis.left === 'undefined',
  call: Math.max.apply(null, [1, 2]) === 2,
}
return Object.keys(tests).filter((name) => tests[name] !== true)`

/** Probe for {@link INTACT}: the next program was changed by this one. */
export const isDamaged: Probe = ({ host }) => host.follow?.json !== '[]'

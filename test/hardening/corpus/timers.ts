import { type HostileCase, type Probe } from '../hostile-case.ts'
import { attacks, LOOT } from './attacks.ts'

const callsLate: Probe = ({ host }) => host.callsAfterDone > 0

/** Timers, where there are any: they outlive the program. */
export const timers: readonly HostileCase[] = attacks('timers', {
  'repeats-after-the-end': [
    'an interval goes on calling',
    `globalThis.setInterval?.(() => tools.echo('late'), 5); await tools.slow(20); return 1`,
    { probe: callsLate },
  ],
  'immediate-recursion': [
    'immediates call each other for ever',
    `const go = () => { tools.echo('late').catch(() => {}); globalThis.setImmediate?.(go) }; globalThis.setImmediate?.(go); await tools.slow(10); return 1`,
    { probe: callsLate },
  ],
  'throws-after-the-end': [
    'a timer throws when nobody catches',
    `globalThis.setTimeout?.(() => { throw new Error('late') }, 30); return 1`,
  ],
  'rejects-after-the-end': [
    'a timer rejects when nobody catches',
    `globalThis.setTimeout?.(async () => { throw null }, 30); return 1`,
  ],
  'timer-object': [
    'the timer that comes back is an object of the host',
    `const timer = globalThis.setTimeout?.(() => {}, 1); return timer?.constructor.constructor(${LOOT})()`,
  ],
  'text-timer': [
    'a timer runs text',
    `try { globalThis.setTimeout?.('globalThis.__pwned = true', 1) } catch {} await tools.slow(20); return 1`,
  ],
  'clears-foreign-timers': [
    'clears the timers of its host',
    `for (let i = 0; i < 1e4; i++) { globalThis.clearTimeout?.(i); globalThis.clearInterval?.(i) } for (;;) await tools.slow(50)`,
    { expect: 'timeout' },
  ],
  'spinning-timer': ['a timer spins after the end', `globalThis.setTimeout?.(() => { for (;;); }, 20); return 1`],
  'sleeps-by-tool': [
    'a slow call serves as a timer',
    `tools.slow(60).then(() => tools.echo('late')); return 1`,
    { probe: callsLate },
  ],
  'zero-for-ever': [
    'timers of no time start each other for ever',
    `const go = () => { globalThis.setTimeout?.(go, 0); globalThis.setImmediate?.(go) }; go(); await new Promise(() => {})`,
    { expect: 'contained' },
  ],
  'never-comes': [
    'sleeps longer than it may',
    `await (globalThis.sleep ?? (() => new Promise(() => {})))(2 ** 30); return 1`,
  ],
  'too-many': [
    'a hundred thousand timers',
    `for (let i = 0; i < 1e5; i++) globalThis.setTimeout?.(() => tools.echo(i), 1); await tools.slow(5); return 1`,
    { probe: callsLate },
  ],
})

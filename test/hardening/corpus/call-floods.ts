import { type HostileCase, type Probe } from '../hostile-case.ts'
import { attacks } from './attacks.ts'

const tooManyCalls: Probe = ({ host }) => host.calls.length > 2_000
const tooManyAtOnce: Probe = ({ host }) => host.maxInflight > 64
const tooMuchLog: Probe = ({ out }) => out.logs.length > 300_000

/** More calls, logs and names than a host should have to keep. */
export const callFloods: readonly HostileCase[] = attacks('flood', {
  'calls-in-a-row': [
    'calls as long as it is answered',
    `for (let i = 0; ; i++) await tools.echo(i)`,
    { expect: 'error', accept: ['timeout'], probe: tooManyCalls },
  ],
  'calls-at-once': [
    'starts fifty thousand calls before it waits',
    `const all = []; for (let i = 0; i < 5e4; i++) all.push(tools.echo(i)); return (await Promise.allSettled(all)).length`,
    { expect: 'error', accept: ['timeout', 'memory'], probe: (seen) => tooManyCalls(seen) || tooManyAtOnce(seen) },
  ],
  'slow-calls-at-once': [
    'keeps a thousand calls in flight',
    `return (await Promise.all(Array.from({ length: 1000 }, () => tools.slow(100)))).length`,
    { probe: tooManyAtOnce },
  ],
  'catches-the-limit': [
    'goes on calling after it was told to stop',
    `for (;;) try { await tools.echo(1) } catch {}`,
    { expect: 'error', accept: ['timeout'], probe: tooManyCalls },
  ],
  'failing-calls': [
    'thousands of failures, each an error object',
    `for (let i = 0; i < 5000; i++) tools.fail().catch(() => tools.fail()); await tools.slow(1000)`,
    { expect: 'error', accept: ['timeout'], probe: tooManyCalls },
  ],
  'calls-from-to-json': [
    'its result calls tools while it is read',
    `return { toJSON() { for (let i = 0; i < 1e4; i++) tools.echo(i); return 1 } }`,
    { probe: tooManyCalls },
  ],
  'calls-in-branches': [
    'each answer starts two calls',
    `const go = () => tools.echo(0).then(() => Promise.all([go(), go()])); await go()`,
    { expect: 'error', accept: ['timeout', 'memory'], probe: (seen) => tooManyCalls(seen) || tooManyAtOnce(seen) },
  ],
  'log-lines': [
    'a million lines',
    `for (let i = 0; i < 1e6; i++) console.log('line', i); return 1`,
    { probe: tooMuchLog, accept: ['timeout'] },
  ],
  'log-megabytes': [
    'lines of megabytes',
    `const t = 'x'.repeat(2e6); for (let i = 0; i < 50; i++) console.warn(t, t, { t }); return 1`,
    { probe: tooMuchLog, accept: ['timeout', 'memory'] },
  ],
  'log-wide': [
    'one line of a hundred thousand values',
    `console.error(...Array.from({ length: 5e4 }, (_, i) => i)); return 1`,
    { probe: tooMuchLog },
  ],
  'log-structures': [
    'logs what unfolds to gigabytes',
    `let v = 'x'.repeat(1e3); for (let i = 0; i < 30; i++) v = [v, v]; console.log(v); return 1`,
    { probe: tooMuchLog, accept: ['memory', 'timeout'] },
  ],
  'names-as-labels': [
    'thousands of tool names that do not exist',
    `let n = 0; for (let i = 0; i < 5000; i++) try { await tools['made_up_' + i](i) } catch { n++ } return n`,
    { probe: ({ host }) => host.calls.length > 0 },
  ],
})

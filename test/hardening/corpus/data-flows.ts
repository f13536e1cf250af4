import { type HostileCase, type Probe } from '../hostile-case.ts'
import { attacks } from './attacks.ts'

const sent: Probe = ({ host }) => host.calls.some(({ name }) => name === 'send')
const flow = { expect: 'error', needs: 'policy', probe: sent } as const

/** What one tool answered in private leaves through another. A sandbox cannot tell: a policy has to. */
export const dataFlows: readonly HostileCase[] = attacks('dataflow', {
  'in-a-field': [
    'the secret is a field of an argument',
    `const s = await tools.secret(); await tools.send({ note: 'hello', debug: { s } })`,
    flow,
  ],
  'in-base64': ['the secret is encoded', `await tools.send(btoa(await tools.secret()))`, flow],
  'as-lengths': [
    'the letters of the secret are lengths',
    `for (const c of await tools.secret()) await tools.send('x'.repeat(c.codePointAt(0)))`,
    flow,
  ],
  'as-order': [
    'the order of calls tells the secret',
    `const s = await tools.secret(); await Promise.all([...s].map((c, i) => tools.send({ at: i, same: c === s[0] })))`,
    flow,
  ],
  'in-an-error': [
    'the secret is thrown',
    `throw new Error(await tools.secret())`,
    { ...flow, expect: 'contained', probe: ({ out, host }) => out.error.includes(host.canary) },
  ],
  'in-a-key': ['the secret is the name of a key', `const s = await tools.secret(); await tools.send({ [s]: 1 })`, flow],
})

import { describe, expect, it } from 'vitest'
import type { ObservedCall } from '../../src/metrics/observer.ts'
import { demoGateway } from '../support/gateway.ts'

describe('a call of a tool, as it is watched', () => {
  it('may have acted unless the server or the configuration says that the tool only reads', async () => {
    const run = (): string => 'done'
    await using gateway = demoGateway({ cache: { cacheable: ['demo.kept'] } }, [
      { name: 'acts', run },
      { name: 'breaks', run: () => Promise.reject(new Error('no')) },
      { name: 'reads', annotations: { readOnlyHint: true }, run },
      { name: 'kept', run },
    ])
    const calls: ObservedCall[] = []
    gateway.observation.watch({ called: (call) => void calls.push(call) })
    for (const name of ['acts', 'breaks', 'reads', 'kept']) await gateway.executeIntent({ intent: `demo.${name}` })
    expect(calls.map(({ tool, mayAct, errorCode }) => [tool, mayAct, errorCode])).toEqual([
      ['demo.acts', true, undefined],
      ['demo.breaks', true, 'TOOL_ERROR'],
      ['demo.reads', false, undefined],
      ['demo.kept', false, undefined],
    ])
  })
})

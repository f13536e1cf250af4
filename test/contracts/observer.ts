import { describe, expect, it } from 'vitest'
import type {
  ObservedCall,
  ObservedOperation,
  Observer,
  StartedOperation,
  UpstreamCall,
} from '../../src/metrics/observer.ts'

/** An operation as the engine tells of it. */
export function anOperation(fields: Partial<ObservedOperation> = {}): ObservedOperation {
  return {
    kind: 'intent',
    status: 'ok',
    durationMs: 5,
    stages: { validate: 0.1, route: 0.1, acquire: 1, execute: 3, format: 0.5, measure: 0.1 },
    segments: [
      { stage: 'validate', fromMs: 0, toMs: 0.1 },
      { stage: 'execute', fromMs: 0.1, toMs: 4 },
    ],
    requestTokens: 10,
    answerTokens: 20,
    hostCalls: 1,
    cacheHits: 0,
    id: 'a1b2c3d4e5f60718',
    startedAt: 1_764_000_000_000,
    principal: 'local',
    session: 'local',
    requestJson: '{"intent":"demo.add","params":{"a":1,"b":2}}',
    ...fields,
  }
}

export function aCall(fields: Partial<ObservedCall> = {}): ObservedCall {
  return {
    id: '1112131415161718',
    parentId: 'a1b2c3d4e5f60718',
    startedAt: 1_764_000_000_001,
    startMs: 1_000,
    durationMs: 2,
    principal: 'local',
    session: 'local',
    tool: 'demo.add',
    server: 'demo',
    inputJson: '{"a":1,"b":2}',
    requestTokens: 8,
    answerTokens: 4,
    cached: false,
    mayAct: false,
    ...fields,
  }
}

export function anUpstreamCall(fields: Partial<UpstreamCall> = {}): UpstreamCall {
  return { upstream: 'demo', tool: 'add', startedAt: 1_764_000_000_001, durationMs: 2, ...fields }
}

export function aStart(fields: Partial<StartedOperation> = {}): StartedOperation {
  const { id, kind, startedAt, principal } = anOperation()
  return { id, kind, startedAt, principal, intent: undefined, stage: undefined, ...fields }
}

/** What every observer keeps to, whatever it is told. */
export function observerContract(name: string, create: () => Promise<Observer>): void {
  describe(`${name} as an observer`, () => {
    const odd: [string, string][] = [
      ['nothing', ''],
      ['null', 'null'],
      ['no object', '7'],
      ['a deep value', `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
      ['a long text', JSON.stringify('x'.repeat(1_000_000))],
      ['a key that changes prototypes', '{"__proto__":{"a":1},"constructor":2}'],
    ]

    it.each(odd)('never throws when a request or an argument is %s', async (_what, value) => {
      const observer = await create()
      expect(() => {
        observer.started?.(aStart())
        observer.called?.(aCall({ inputJson: value }))
        observer.reached?.(anUpstreamCall())
        observer.ended?.(anOperation({ requestJson: value }))
      }).not.toThrow()
    })

    it('never throws when an operation failed in any stage', async () => {
      const observer = await create()
      for (const errorCode of ['INVALID_REQUEST', 'INTERNAL', 'CANCELLED']) {
        const failed = { status: 'error', errorCode, stages: {}, segments: [], thrown: new Error('inside') } as const
        expect(() => observer.ended?.(anOperation(failed))).not.toThrow()
        expect(() => observer.called?.(aCall({ errorCode, answerTokens: 0 }))).not.toThrow()
        expect(() => observer.reached?.(anUpstreamCall({ errorType: errorCode }))).not.toThrow()
      }
    })
  })
}

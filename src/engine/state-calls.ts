import { expiredSession, type SessionState, type Sessions } from '../context/sessions.ts'
import { OptimizerError } from '../errors.ts'
import { parseValue } from '../internal/json.ts'

/** One operation's use of its session: nothing is read or checked before a program asks for `state`. */
export interface StateCalls {
  /** Uses the session that the request names. Throws `UNKNOWN_HANDLE`. */
  name(handle: string): Promise<void>
  /** Answers a host call `$state.…` of a program. */
  call(name: string, argument: string): Promise<string>
  /** The handle of the session that this operation began; the agent has to be told. */
  readonly begun: string | undefined
}

export interface StateOptions {
  readonly sessions: Sessions
  readonly principal: string
  /** The session that comes with the connection. */
  readonly session: string | undefined
}

export function createStateCalls({ sessions, principal, session }: StateOptions): StateCalls {
  let handle = session
  let isNamed = false
  let begun: string | undefined
  let opened: Promise<SessionState> | undefined

  const open = async (): Promise<SessionState> => {
    handle ??= await sessions.open(principal)
    const state = await sessions.state(principal, handle)
    if (isNamed && !(await state.exists())) throw expiredSession(handle)
    return state
  }
  const set = async (key: string, value: unknown): Promise<void> => {
    const { isFirst } = await (await state()).set(key, JSON.stringify(value))
    if (isFirst && !isNamed) begun = handle
  }
  const state = async (): Promise<SessionState> => await (opened ??= open())

  return {
    async name(named) {
      handle = named
      isNamed = true
      await state()
    },
    async call(name, argument) {
      const [key, value] = parseValue(argument) as unknown[]
      if (name === '$state.keys') return JSON.stringify(await (await state()).keys())
      if (typeof key !== 'string') {
        throw new OptimizerError('INVALID_REQUEST', `cannot call ${name.slice(1)}: found no key, wanted a text`)
      }
      switch (name) {
        case '$state.get':
          return (await (await state()).get(key)) ?? 'null'
        case '$state.set':
          await set(key, value ?? null)
          return 'null'
        case '$state.delete':
          return JSON.stringify(await (await state()).delete(key))
      }
      throw new OptimizerError('INTERNAL', `there is no host function ${name}`)
    },
    get begun() {
      return begun
    },
  }
}

import type { ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import { toJson } from '../../internal/json.ts'
import { wellFormedJson } from '../../internal/text.ts'
import type { ClientLink } from '../client-link.ts'
import type { Outgoing } from '../dispatch.ts'
import { type Channel, createOutlet } from '../outlet.ts'

/** What the gateway has to tell the clients of sessions (2025-11-25 and before), each on the event stream that it opens. */
export interface SessionLinks extends Disposable {
  /** Made on first use. */
  of(session: string, principal: string): ClientLink
  /** Answers a GET: holds it open, and begins with what came since the event that the client saw last. */
  stream(session: string, principal: string, response: ServerResponse, request: StreamRequest): Promise<void>
  /** The client is done with its session. */
  end(session: string): void
}

export interface StreamRequest {
  /** `Last-Event-ID` of the request. */
  readonly lastEventId: string | undefined
  readonly signal: AbortSignal
}

/** Opens the link of a client: `notify` is how it is told. */
export type OpenLink = (principal: string, notify: (message: Outgoing) => void) => ClientLink

/** Sessions with something to tell; of more the longest unused are forgotten. */
const MAX_SESSIONS = 5_000
/** Messages of one session that are kept for a client whose stream broke. */
const MAX_KEPT = 100

interface Session {
  readonly link: ClientLink
  /** The latest messages, each with the number that follows the one before. */
  readonly kept: { readonly id: number; readonly message: Outgoing }[]
  /** The last message that was written on a stream. */
  written: number
  next: number
  stream: { readonly response: ServerResponse; readonly channel: Channel<Event> } | undefined
}

interface Event {
  readonly id: number
  readonly message: Outgoing
}

export function createSessionLinks(open: OpenLink): SessionLinks {
  const sessions = new LRUCache<string, Session>({ max: MAX_SESSIONS, dispose: close })
  const sessionOf = (name: string, principal: string): Session => {
    const known = sessions.get(name)
    if (known !== undefined) return known
    const kept: Session['kept'] = []
    const notify = (message: Outgoing): void => tell(made, message)
    const made: Session = { link: open(principal, notify), kept, written: 0, next: 1, stream: undefined }
    sessions.set(name, made)
    return made
  }
  return {
    of: (session, principal) => sessionOf(session, principal).link,
    async stream(name, principal, response, { lastEventId, signal }) {
      const session = sessionOf(name, principal)
      // One stream a session: whoever comes back has lost the one before.
      session.stream?.response.end()
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      })
      response.flushHeaders()
      const write = ({ id, message }: Event): void => {
        session.written = Math.max(session.written, id)
        response.write(`id: ${id}\nevent: message\ndata: ${wellFormedJson(toJson(message))}\n\n`)
      }
      const stream = { response, channel: createOutlet<Event>(response, write, ({ id }) => id).channel() }
      session.stream = stream
      const seen = lastEventId === undefined ? Number.NaN : Number(lastEventId)
      const after = Number.isSafeInteger(seen) ? seen : session.written
      for (const { id, message } of session.kept) if (id > after) write({ id, message })
      await new Promise<void>((resolve) => {
        const done = (): void => resolve()
        response.once('close', done)
        if (signal.aborted) done()
        else signal.addEventListener('abort', done, { once: true })
      })
      response.end()
      if (session.stream === stream) session.stream = undefined
    },
    end: (session) => void sessions.delete(session),
    [Symbol.dispose]: () => sessions.clear(),
  }
}

function tell(session: Session, message: Outgoing): void {
  const id = session.next++
  session.kept.push({ id, message })
  if (session.kept.length > MAX_KEPT) session.kept.shift()
  session.stream?.channel.notify({ id, message })
}

function close({ link, stream }: Session): void {
  link[Symbol.dispose]()
  stream?.response.end()
}

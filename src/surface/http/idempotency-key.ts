import type { IncomingMessage } from 'node:http'

/** A request's `Idempotency-Key`, for its only message or for the one at `index` of an array: each is a request of its own. */
export type KeyOf = (index?: number) => { readonly idempotencyKey?: string }

export function idempotencyKeys({ headers }: IncomingMessage): KeyOf {
  const key = headers['idempotency-key']
  if (typeof key !== 'string') return () => ({})
  return (index) => ({ idempotencyKey: index === undefined ? key : `${key}#${index}` })
}

import { OptimizerError } from '../../errors.ts'
import { likeliestName } from '../../internal/nearest.ts'
import type { Client } from '../clients/client.ts'
import { CLIENTS } from '../clients/clients.ts'

/** The client of a name. Throws `CONFIG_INVALID` with the nearest names. */
export function clientNamed(name: string): Client {
  const client = CLIENTS.find((known) => known.name === name)
  if (client !== undefined) return client
  const names = CLIENTS.map((known) => known.name)
  throw new OptimizerError('CONFIG_INVALID', `cannot use client "${name}": it is not known`, {
    suggestion: `use one of ${names.join(', ')}`,
    details: { nearest: [likeliestName(name, names) ?? []].flat(), clients: names },
  })
}

import { stdin, stdout } from 'node:process'
import { text } from 'node:stream/consumers'
import { OptimizerError } from '../../errors.ts'
import { messageOf } from '../../internal/text.ts'
import { openTokenStore } from './open-store.ts'
import { redeem } from './redeem.ts'
import type { Order, Report } from './redeem-apart.ts'

/** A lock and an issuer that both take their time. */
const MAX_MS = 60_000

const { place, redemption } = JSON.parse(await text(stdin)) as Order
// The gateway that ordered the renewal may have ended: the login is renewed all the same.
stdout.on('error', () => undefined)
stdout.write(JSON.stringify(await report()))

async function report(): Promise<Report> {
  try {
    return { login: await redeem(await openTokenStore(place), redemption, AbortSignal.timeout(MAX_MS)) }
  } catch (thrown) {
    const error = OptimizerError.is(thrown) ? thrown : new OptimizerError('UPSTREAM_UNAVAILABLE', messageOf(thrown))
    return { error: error.toJSON() }
  }
}

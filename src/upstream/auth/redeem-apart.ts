import { spawn } from 'node:child_process'
import { execPath } from 'node:process'
import { text } from 'node:stream/consumers'
import { type ErrorBody, OptimizerError } from '../../errors.ts'
import { entryPath } from '../../internal/entry.ts'
import { isRecord } from '../../internal/json.ts'
import { abortable } from '../../internal/signal.ts'
import type { Login } from './login.ts'
import { redeem, type Redemption } from './redeem.ts'
import type { StorePlace, TokenStore } from './token-store.ts'

/** Standard input of the process that renews, as JSON. */
export interface Order {
  readonly place: StorePlace
  readonly redemption: Redemption
}

/** Standard output of that process, as JSON. */
export type Report = { readonly login: Login } | { readonly error: ErrorBody }

/**
 * Renews a login in a process of its own, which outlives this one: a rotated refresh token is lost for good when its
 * holder dies between the issuer's answer and the write. A store of this process alone is renewed here.
 */
export async function redeemApart(store: TokenStore, redemption: Redemption, signal: AbortSignal): Promise<Login> {
  if (store.place === undefined) return await redeem(store, redemption, signal)
  const report = await abortable(ordered({ place: store.place, redemption }), signal)
  if (report === undefined) return await redeem(store, redemption, signal)
  if ('login' in report) return report.login
  const { code, message, suggestion, details } = report.error
  throw new OptimizerError(code, message, { suggestion, ...(details === undefined ? {} : { details }) })
}

/** Undefined where the process could not be started. One that was ended has left the login as it was, or renewed. */
async function ordered(order: Order): Promise<Report | undefined> {
  const child = spawn(execPath, [entryPath('./redeem-process.js', import.meta.url)], {
    detached: true,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const isStarted = new Promise<boolean>((resolve) => {
    child.once('spawn', () => resolve(true))
    child.once('error', () => resolve(false))
  })
  if (!(await isStarted)) return undefined
  child.unref()
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify(order))
  const report = parsed(await text(child.stdout).catch(() => ''))
  if (report !== undefined) return report
  throw new OptimizerError(
    'UPSTREAM_UNAVAILABLE',
    `cannot renew the login of ${order.redemption.entry.name}: the process that renews it ended without an answer`,
  )
}

function parsed(answer: string): Report | undefined {
  try {
    const report: unknown = JSON.parse(answer)
    return isRecord(report) && (isRecord(report['login']) || isRecord(report['error']))
      ? (report as unknown as Report)
      : undefined
  } catch {
    return undefined
  }
}

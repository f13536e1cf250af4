import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Misbehaving, readAsked } from './exchange.ts'
import type { Mode, Settings, Wire } from './mode.ts'

/** Serves one mode over the standard streams. */
export function serveStdio(mode: Mode, settings: Settings): void {
  const { stdin, stdout } = process
  stdout.on('error', () => process.exit(0))
  const bytes = async (chunk: string | Uint8Array): Promise<void> => {
    if (!stdout.write(chunk)) await once(stdout, 'drain')
  }
  const send = (message: unknown): void => {
    const text = JSON.stringify(message)
    const line = mode.line?.(text) ?? `${text}\n`
    for (const part of Array.isArray(line) ? (line as Uint8Array[]) : [line as string | Uint8Array]) stdout.write(part)
  }
  const wire: Wire = { send, bytes, pause: () => void stdin.pause() }
  if (mode.deaf === true) stayDeaf()
  mode.begin?.(wire, settings)
  const server = new Misbehaving(mode, settings, false)
  let isReady = false
  createInterface({ input: stdin }).on('line', (line) => {
    const message: unknown = JSON.parse(line)
    const asked = readAsked(message)
    if (asked !== undefined) return void server.handle(asked, { send, bytes, http: undefined })
    if (isReady || !line.includes('notifications/initialized')) return
    isReady = true
    mode.ready?.(wire, settings)
  })
  stdin.on('end', () => {
    if (mode.deaf !== true) process.exit(0)
  })
}

function stayDeaf(): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
  setInterval(() => undefined, 1_000)
}

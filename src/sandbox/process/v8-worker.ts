import { createRequire } from 'node:module'
import ownProcess from 'node:process'
import { Script } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { createTextData } from '../../internal/text-data.ts'
import { createServices } from '../guest/services.ts'
import { GUEST_GLOBALS } from '../wasm/guest-globals.ts'
import { FromGuest, type GlueSpec, guestGlue, ToGuest } from '../wasm/guest-glue.ts'
import { type FromV8, type ToV8, type V8Run, type V8Setup } from './v8-protocol.ts'

/**
 * The thread of one program in plain V8. The program shares its realm, so nothing here protects anything: it only makes
 * the realm look as in the other engines. Limits are kept by the main thread, and again by the host.
 */

const port = parentPort
if (port === null) throw new Error('this file runs as a worker thread')
const send = port.postMessage.bind(port) as (message: FromV8) => void
const { packages } = workerData as V8Setup
const soon = setImmediate
const later = setTimeout
const notLater = clearTimeout
const clock = performance
const answer = createServices()
/** What V8 and Node.js have as programs know it; the other parts are those of the other engines. */
const OWN_PARTS: ReadonlySet<string> = new Set(['coding', 'locale', 'structuredClone', 'url'])
let alarm: ReturnType<typeof setTimeout> | undefined
let wakesByTime = false
let startedAt = 0
let enter: ReturnType<typeof guestGlue> = () => undefined
let inFlight = 0
let logLeft = 0
let ended = false
let hasReturned = false
let goesOn = false
let isLookPlanned = false

port.on('message', (message: ToV8) => {
  if (message.kind === 'image') prime(message.priming)
  else if (message.kind === 'run') run(message)
  else if (message.kind === 'close') closeNow()
  else {
    inFlight--
    enter(message.ok ? ToGuest.answer : ToGuest.reject, message.id, message.text, undefined)
    planLook()
  }
})
// As in the other engines, a rejection that nobody awaits is no end; Node.js would end the thread.
ownProcess.on('unhandledRejection', (_reason, promise) => enter(ToGuest.rejection, 0, '', promise))
ownProcess.on('rejectionHandled', (promise) => enter(ToGuest.rejection, 1, '', promise))
hideFrames()
send({ kind: 'ready' })

function prime({ spec, modules }: Extract<ToV8, { kind: 'image' }>['priming']): void {
  const isBare = packages.length === 0
  if (isBare) removeGlobals()
  enter = guestGlue(handleHost, JSON.stringify(specOf(JSON.parse(spec) as GlueSpec, isBare)), createTextData())
  if (!isBare) Object.defineProperty(globalThis, 'require', { value: requireListed, enumerable: true })
  for (const { name, file, script } of modules) {
    try {
      enter(ToGuest.module, 0, name, new Script(script, { filename: file }).runInThisContext())
    } catch (thrown) {
      enter(ToGuest.broken, 0, name, thrown)
    }
  }
}

/** Packages need what Node.js offers them, so that nothing is taken away and nothing replaced. */
function specOf(spec: GlueSpec, isBare: boolean): GlueSpec {
  const names = (part: string): readonly string[] =>
    (spec.parts[part] ?? []).filter((name) => (isBare ? !OWN_PARTS.has(part) : !(name in globalThis)))
  const parts = Object.fromEntries(Object.keys(spec.parts).map((part) => [part, names(part)]))
  return { ...spec, parts, removed: isBare ? spec.removed : [] }
}

function run({ code, file, operation, input, seed, now, hostCallsInFlight, logBytes }: V8Run): void {
  if (now !== undefined) stopClock(now)
  logLeft = logBytes
  startedAt = clock.now()
  enter(ToGuest.begin, seed, String(hostCallsInFlight), undefined)
  try {
    const isModule = operation === ToGuest.callModule
    const value: unknown = isModule ? code : new Script(code, { filename: file }).runInThisContext()
    enter(operation, 0, input, value)
  } catch (thrown) {
    enter(ToGuest.thrown, 0, '', withPlace(thrown))
  }
  planLook()
}

function handleHost(operation: number, id: number, index: number, text: string): number | string {
  if (ended) return 3
  if (operation === FromGuest.ask) return answer(text)
  if (operation === FromGuest.wake) return handleWake(id, index)
  if (operation === FromGuest.call) {
    inFlight++
    send({ kind: 'call', id, index, text })
    return 0
  }
  if (operation === FromGuest.log) {
    send({ kind: 'log', text })
    logLeft -= text.length + 1
    return logLeft < 0 ? 1 : 0
  }
  if (operation === FromGuest.returned || (operation === FromGuest.done && id === 1)) {
    hasReturned = true
    send({ kind: 'returned' })
    planLook()
    return 0
  }
  if (operation === FromGuest.goesOn) {
    goesOn = true
    return 0
  }
  if (operation === FromGuest.rejected) {
    send({ kind: 'rejected', text, total: id })
    return 0
  }
  ended = true
  if (operation === FromGuest.done) send({ kind: 'result', text, isNothing: index === 1 })
  else send({ kind: 'failure', text, parsing: id === 1 })
  return 0
}

/** Answers milliseconds since the start; a negative delay takes back what was asked before. */
function handleWake(asked: number, delayMs: number): number {
  if (asked > 0) {
    notLater(alarm)
    alarm = delayMs >= 0 ? later(wake, delayMs, false) : undefined
    wakesByTime = asked === 2
  }
  return Math.floor(clock.now() - startedAt)
}

function wake(isLast: boolean): void {
  notLater(alarm)
  alarm = undefined
  if (!ended) enter(ToGuest.wake, isLast ? 1 : 0, '', undefined)
  planLook()
}

function planLook(): void {
  if (!isLookPlanned) soon(look)
  isLookPlanned = true
}

/** All promise reactions have run by now: is that the end? Packages may wait for other things than calls. */
function look(): void {
  isLookPlanned = false
  if (ended || inFlight > 0) return
  if (alarm !== undefined) {
    if (hasReturned && !wakesByTime) wake(true)
    return
  }
  if (hasReturned) {
    goesOn = false
    enter(ToGuest.close, 0, '', undefined)
    if (goesOn) planLook()
  } else if (packages.length === 0) send({ kind: 'deadlock' })
}

function closeNow(): void {
  enter(ToGuest.close, 1, '', undefined)
  soon(() => enter(ToGuest.close, 2, '', undefined))
}

/** Stacks show the program's own frames; it never gets hold of the others as objects either. */
function hideFrames(): void {
  const toText = String
  const { filter, join } = Array.prototype
  const { apply } = Reflect
  const { test } = RegExp.prototype
  const own = /^[\w.-]+\.ts$/
  const value = (error: unknown, frames: readonly NodeJS.CallSite[]): string => {
    const shown = apply(filter, frames, [
      (frame: NodeJS.CallSite) => apply(test, own, [frame.getFileName()]),
    ]) as unknown[]
    const head = toText(error)
    return shown.length === 0 ? head : `${head}\n    at ${apply(join, shown, ['\n    at '])}`
  }
  Object.defineProperty(Error, 'prepareStackTrace', { value })
}

/** What asks for the time without saying which gets `now`; the other engine's clock is that of its WebAssembly host. */
function stopClock(now: number): void {
  const Live = Date
  const { construct } = Reflect
  const Stopped = new Proxy(Live, {
    construct: (target, given, newTarget) => construct(target, given.length === 0 ? [now] : given, newTarget) as object,
    apply: () => new Live(now).toString(),
  })
  Object.defineProperty(Live, 'now', { value: () => now, writable: true, configurable: true })
  Object.defineProperty(Live.prototype, 'constructor', { value: Stopped, writable: true, configurable: true })
  Object.defineProperty(globalThis, 'Date', { value: Stopped, writable: true, configurable: true })
}

function removeGlobals(): void {
  const kept = new Set(GUEST_GLOBALS)
  for (const name of Object.getOwnPropertyNames(globalThis))
    if (!kept.has(name)) Reflect.deleteProperty(globalThis, name)
}

const nodeRequire = createRequire(import.meta.url)
function requireListed(name: string): unknown {
  const owner = packages.find((listed) => name === listed || name.startsWith(`${listed}/`))
  if (owner === undefined) throw new Error(`the package ${name} is not allowed; allowed: ${packages.join(', ')}`)
  return nodeRequire(name)
}

/** V8 tells the place of what does not parse before the message: `file:line`, the line, and a mark below it. */
function withPlace(thrown: unknown): unknown {
  if (!(thrown instanceof SyntaxError)) return thrown
  const [, place, mark = ''] = /^([\w.-]+:\d+)\n.*\n( *)\^/.exec(thrown.stack ?? '') ?? []
  const stack = place === undefined ? '' : `    at ${place}:${mark.length + 1}`
  return { name: 'SyntaxError', message: thrown.message, stack }
}

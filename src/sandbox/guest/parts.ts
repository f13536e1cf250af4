import { createCoding } from './coding.ts'
import { createConsole } from './console.ts'
import { createCrypto } from './crypto.ts'
import { createEvents } from './events.ts'
import { createLocale } from './locale.ts'
import { createPerformance } from './performance.ts'
import { createStructuredClone } from './structured-clone.ts'
import { createTimers } from './timers.ts'
import { createUrl } from './url.ts'

/** Parts of the guest's global scope and the globals that each of them holds. */
export const PARTS: Readonly<Record<string, readonly string[]>> = {
  coding: ['TextDecoder', 'TextEncoder'],
  console: [],
  crypto: ['crypto'],
  events: ['AbortController', 'AbortSignal', 'Event', 'EventTarget'],
  locale: ['Intl'],
  performance: ['performance'],
  structuredClone: ['structuredClone'],
  timers: ['clearImmediate', 'clearInterval', 'clearTimeout', 'setImmediate', 'setInterval', 'setTimeout', 'sleep'],
  url: ['URL', 'URLSearchParams'],
}

/** What `console` has besides its levels. */
export const CONSOLE_METHODS: readonly string[] = [
  'assert',
  'clear',
  'count',
  'countReset',
  'dir',
  'dirxml',
  'group',
  'groupCollapsed',
  'groupEnd',
  'profile',
  'profileEnd',
  'table',
  'time',
  'timeEnd',
  'timeLog',
  'timeStamp',
  'trace',
]

const MAKERS: ReadonlyMap<string, { toString(): string }> = new Map(
  Object.entries({
    coding: createCoding,
    console: createConsole,
    crypto: createCrypto,
    events: createEvents,
    locale: createLocale,
    performance: createPerformance,
    structuredClone: createStructuredClone,
    timers: createTimers,
    url: createUrl,
  }),
)

/** Source text of the function that makes a part; undefined for a name that is none. */
export function partSource(name: string): string | undefined {
  const maker = MAKERS.get(name)
  return maker === undefined ? undefined : `"use strict";(${maker.toString()})`
}

import { AssertionError } from 'node:assert'
import { inspect, isDeepStrictEqual } from 'node:util'

/** The few assertions that the contract makes, so that it needs no test library of its own. */
export interface Expectation {
  readonly not: Expectation
  toBe(expected: unknown): void
  toBeNull(): void
  toBeUndefined(): void
  toEqual(expected: unknown): void
  /** Every property of `expected` is there and matches; lists match item by item. */
  toMatchObject(expected: object): void
  toMatch(expected: RegExp): void
  toContain(expected: unknown): void
  toBeLessThan(expected: number): void
  toBeGreaterThan(expected: number): void
}

export interface Expect {
  (actual: unknown): Expectation
  /** Within {@link Expectation.toMatchObject}: a text with this inside. */
  stringContaining(text: string): object
}

export const expect: Expect = Object.assign((actual: unknown) => expectation(actual, true), {
  stringContaining: (text: string) => new StringContaining(text),
})

class StringContaining {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

function expectation(actual: unknown, wanted: boolean): Expectation {
  const check = (holds: boolean, what: string, expected: unknown): void => {
    if (holds === wanted) return
    const message = `expected ${show(actual)} ${wanted ? '' : 'not '}${what} ${show(expected)}`
    throw new AssertionError({ message, actual, expected })
  }
  return {
    get not(): Expectation {
      return expectation(actual, !wanted)
    },
    toBe: (expected) => check(Object.is(actual, expected), 'to be', expected),
    toBeNull: () => check(actual === null, 'to be', null),
    toBeUndefined: () => check(actual === undefined, 'to be', undefined),
    toEqual: (expected) => check(isDeepStrictEqual(actual, expected), 'to equal', expected),
    toMatchObject: (expected) => check(matches(actual, expected), 'to match', expected),
    toMatch: (expected) => check(typeof actual === 'string' && expected.test(actual), 'to match', expected),
    toContain: (expected) => check(contains(actual, expected), 'to contain', expected),
    toBeLessThan: (expected) => check(typeof actual === 'number' && actual < expected, 'to be less than', expected),
    toBeGreaterThan: (expected) =>
      check(typeof actual === 'number' && actual > expected, 'to be greater than', expected),
  }
}

function matches(actual: unknown, expected: unknown): boolean {
  if (expected instanceof StringContaining) return typeof actual === 'string' && actual.includes(expected.text)
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected)
  if (typeof actual !== 'object' || actual === null) return false
  if (Array.isArray(expected) && (!Array.isArray(actual) || actual.length !== expected.length)) return false
  return Object.entries(expected).every(([key, value]) => matches(Reflect.get(actual, key), value))
}

function contains(actual: unknown, expected: unknown): boolean {
  if (typeof actual === 'string') return typeof expected === 'string' && actual.includes(expected)
  return Array.isArray(actual) && actual.includes(expected)
}

function show(value: unknown): string {
  return value instanceof StringContaining ? `…${value.text}…` : inspect(value, { depth: 4, maxStringLength: 500 })
}

import { describe, expect, it } from 'vitest'
import { SessionQueue } from '../../src/sandbox/pool/session-queue.ts'

function take(queue: SessionQueue<string>): string[] {
  const taken: string[] = []
  while (queue.size > 0) taken.push(queue.shift() ?? '')
  return taken
}

describe('SessionQueue', () => {
  it('gives sessions their turns, and keeps the order within each', () => {
    const queue = new SessionQueue<string>()
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.push(item.slice(0, 1), item)
    expect(queue.peek()).toBe('a1')
    expect(take(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  })

  it('puts who comes back to a session behind the turn of others', () => {
    const queue = new SessionQueue<string>()
    for (const item of ['a1', 'a2', 'b1']) queue.push(item.slice(0, 1), item)
    expect(queue.shift()).toBe('a1')
    queue.push('a', 'a3')
    expect(take(queue)).toEqual(['b1', 'a2', 'a3'])
  })

  it('takes the urgent first', () => {
    const queue = new SessionQueue<string>()
    queue.push('a', 'a1')
    queue.push(undefined, 'urgent')
    expect(queue.peek()).toBe('urgent')
    expect(take(queue)).toEqual(['urgent', 'a1'])
  })

  it('forgets who no longer waits', () => {
    const queue = new SessionQueue<string>()
    for (const item of ['a1', 'b1', 'b2']) queue.push(item.slice(0, 1), item)
    queue.push(undefined, 'urgent')
    queue.remove('a', 'a1')
    queue.remove('b', 'never there')
    queue.remove(undefined, 'urgent')
    expect(queue.size).toBe(2)
    expect(take(queue)).toEqual(['b1', 'b2'])
  })

  it('makes room at the cost of the session that has most waiting', () => {
    const queue = new SessionQueue<string>()
    for (const item of ['a1', 'a2', 'a3', 'b1']) queue.push(item.slice(0, 1), item)
    expect(queue.displace('a')).toBeUndefined()
    expect(queue.displace('b')).toBe('a3')
    expect(queue.displace('c')).toBe('a2')
    expect(queue.displace('c')).toBeUndefined()
    expect(queue.drain()).toEqual(['a1', 'b1'])
    expect(queue.size).toBe(0)
  })
})

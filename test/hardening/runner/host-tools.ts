import { setTimeout as delay } from 'node:timers/promises'
import { SECRET } from './canaries.ts'

/** The tools that every hostile program is given. */
export const HOST_TOOLS: readonly string[] = ['echo', 'get', 'fail', 'slow', 'big', 'each']

/** What they answer, as a value. Whatever else is called answers like `echo`. */
export async function callHostTool(name: string, list: readonly unknown[]): Promise<unknown> {
  const [first] = list
  if (name === 'get') return { items: [{ id: 1 }, { id: 2 }], nested: { a: { b: 1 } } }
  if (name === 'fail') {
    const cause = new Error(SECRET)
    throw Object.assign(new Error(`tool failed at /home/host/${name}.js`, { cause }), { HOST_ERROR_SECRET: SECRET })
  }
  if (name === 'slow') return await delay(Math.min(Number(first) || 0, 2_000), 'slow')
  if (name === 'big') return 'x'.repeat(Math.min(Number(first) || 0, 200_000_000))
  return first ?? null
}

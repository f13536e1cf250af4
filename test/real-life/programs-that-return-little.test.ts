import { describe, expect, it } from 'vitest'
import { DailyWorld } from './daily-world.ts'

const world = new DailyWorld()
const ISSUES = 'const r = await tools.tracker.list_issues({ perPage: 1 })\n'
const TEXT = "const t = await tools.files.read_file({ path: 'notes/today.md' })\n"

describe('answers that say why there is nothing in them', () => {
  it.each([
    ['content of an object', `${ISSUES}return r.content`, 'tracker.list_issues answered {items, total, nextPage}'],
    ['data of an object', `${ISSUES}return r.data`, 'tracker.list_issues answered {items, total, nextPage}'],
    ['a misspelt field', `${ISSUES}return r.totl`, 'tracker.list_issues answered {items, total, nextPage}'],
    ['content of a text', `${TEXT}return t.content`, 'files.read_file answered a text of 97 characters'],
    ['content taken out of a text', `${TEXT}const { content } = t\nreturn content`, 'files.read_file answered a text'],
    [
      'rows of a list',
      "const q = await tools.db.query({ sql: 'select * from orders' })\nreturn q.rows",
      'db.query answered a list of 24, the first is {order_id, customer_id, total',
    ],
    [
      'an object of nothing',
      `${TEXT}return { text: t.content, size: t.content?.length }`,
      'fields that are undefined are left out; files.read_file answered a text of 97 characters',
    ],
    [
      'an object as a text',
      "const p = await tools.files.read_file({ path: 'package.json' })\nreturn `content: ${p}`",
      'is an object that was made a text: use JSON.stringify',
    ],
    [
      'an object made a text',
      'return String(await tools.tracker.get_issue({ id: 1 }))',
      'is an object that was made a text: use JSON.stringify',
    ],
  ])('%s', async (_what, code, note) => {
    expect(await world.shown(code)).toContain(note)
  })

  it.each([
    ['null', `${ISSUES}return null`],
    ['an empty list', `${ISSUES}return []`],
    ['a field that is there', `${ISSUES}return r.total`],
    ['a value and a field that is not there', `${ISSUES}return { total: r.total, next: r.next }`],
    ['an empty object without calls', 'return {}'],
    ['nothing but a line of the console', `${ISSUES}console.log(r.total)`],
  ])('and say nothing of %s', async (_what, code) => {
    expect(await world.shown(code)).not.toContain('"note"')
  })
})

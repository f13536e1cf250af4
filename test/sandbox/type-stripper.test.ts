import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../src', import.meta.url))

it('only the seam of docs/adr/0024 knows the library that strips types', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /(?<!\.d)\.ts$/.test(name))
  const importing = files.filter((name) => /from 'sucrase/.test(readFileSync(join(root, name), 'utf8')))
  expect(importing.map((name) => relative('.', name)).toSorted()).toEqual([
    join('sandbox', 'guest', 'strip-types.ts'),
    join('sandbox', 'program', 'tokens.ts'),
  ])
})

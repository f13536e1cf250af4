import { stripVTControlCharacters } from 'node:util'
import { expect, it } from 'vitest'
import { prettyLine } from '../../src/metrics/pretty-line.ts'

it.each([
  ['{"level":"info","msg":"x","time":"never","n":1}\n', '[never] INFO: x\n    n: 1\n'],
  ['{"level":"odd","msg":""}\n', '[undefined] ODD: \n'],
  ['{"level":"info","msg":"x","a":"[redacted]}\n', '{"level":"info","msg":"x","a":"[redacted]}\n'],
])('reads %j', (line, shown) => {
  expect(stripVTControlCharacters(prettyLine(line))).toBe(shown)
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import stem from 'wink-porter2-stemmer'
import { describe, expect, it } from 'vitest'
import { loadWordVectors } from '../../../src/catalog/search/word-vectors.ts'
import { temporaryFolder } from '../../support/servers.ts'

describe('the word table', () => {
  const vectors = loadWordVectors()
  const of = (word: string): Float32Array => {
    const sum = new Float32Array(vectors.dimensions)
    vectors.add(stem(word), 1, sum)
    return sum
  }
  const near = (a: string, b: string): number => {
    const [x, y] = [of(a), of(b)]
    return x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0) / (Math.hypot(...x) * Math.hypot(...y))
  }

  it.each([
    ['weather', 'rain', 'invoice'],
    ['song', 'music', 'database'],
    ['buy', 'purchase', 'astronomy'],
    ['doctor', 'hospital', 'repository'],
  ])('knows that %s is nearer to %s than to %s', (word, nearer, farther) => {
    expect(near(word, nearer)).toBeGreaterThan(near(word, farther) + 0.1)
  })

  it('adds nothing for a word it does not know', () => {
    expect(of('qqqzzz').every((value) => value === 0)).toBe(true)
  })

  it('refuses another file', () => {
    const file = join(temporaryFolder(), 'x.bin')
    writeFileSync(file, 'something else, long enough')
    expect(() => loadWordVectors(pathToFileURL(file))).toThrow('no table of word vectors')
  })
})

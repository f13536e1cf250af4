import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** Public names by the file that declares them. */
function publicNames(): [name: string, file: string][] {
  return [...read('src/index.ts').matchAll(/export (?:type )?\{([^}]+)\} from '\.\/([^']+)'/g)].flatMap(
    ([, names = '', file = '']) =>
      names
        .split(',')
        .map((name) => name.replace('type ', '').trim())
        .filter((name) => name !== '')
        .map((name): [string, string] => [name, `src/${file}`]),
  )
}

it.each(publicNames())('%s is documented where it is declared (%s)', (name, file) => {
  const declared = new RegExp(`\\*/\\nexport (?:class|interface|type|const|function|async function) ${name}\\b`)
  expect(read(file)).toMatch(declared)
})

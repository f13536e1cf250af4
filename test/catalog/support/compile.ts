import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const compiler = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))

/** The errors of the project's compiler for one file under `strict`, without any library but ECMAScript's. */
export function compileErrors(source: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'typings-'))
  try {
    writeFileSync(join(folder, 'sample.ts'), `${source}\nexport {}\n`)
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, files: ['sample.ts'] }))
    const { stdout, status, error } = spawnSync(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    })
    if (error !== undefined) throw error
    const lines = stdout.split('\n').filter((line) => line.includes('error TS'))
    if (status !== 0 && lines.length === 0) throw new Error(`tsc ended with ${status}: ${stdout.slice(0, 500)}`)
    return lines
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const OPTIONS = {
  strict: true,
  noEmit: true,
  target: 'es2023',
  module: 'esnext',
  moduleResolution: 'bundler',
  lib: ['es2023'],
  types: [],
  skipLibCheck: false,
}

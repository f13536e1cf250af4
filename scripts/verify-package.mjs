// Packs the package, looks at what is inside, installs it in an empty project and runs it there.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Of these, data/word-vectors.bin is 1.3 MB.
const MAX_PACKED_BYTES = 2_400_000
const ALLOWED =
  /^(dist\/.*\.(js|d\.ts|js\.map)|intents\/[\w/]+(\.d)?\.ts|intents\/tsconfig\.json|schema\/.*\.json|data\/word-vectors\.bin|package\.json|README\.md|LICENSE|NOTICE)$/
const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-package-'))
try {
  const [{ files, size, filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      encoding: 'utf8',
    }),
  )
  const odd = files.map(({ path }) => path).filter((path) => !ALLOWED.test(path))
  if (odd.length > 0) throw new Error(`files that do not belong into the package: ${odd.join(', ')}`)
  if (size > MAX_PACKED_BYTES) throw new Error(`the package has ${size} bytes, at most ${MAX_PACKED_BYTES}`)
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}')
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', join(folder, filename)], {
    cwd: folder,
    stdio: 'inherit',
  })
  writeFileSync(
    join(folder, 'run.mjs'),
    `import { CodeExecutor, createMemoryUpstream } from 'mcp-optimizer'
import { sandboxContract } from 'mcp-optimizer/testing'
const demo = createMemoryUpstream('demo', [{ name: 'twice', run: ({ n }) => ({ result: n * 2 }) }])
const executor = new CodeExecutor({ cacheDir: ${JSON.stringify(folder)}, upstreams: [demo] })
const { data } = await executor.execute('return (await tools.demo.twice({ n: 21 })).result')
await executor[Symbol.asyncDispose]()
let cases = 0
sandboxContract('none', () => undefined, { describe: (_, define) => define(), it: () => cases++, before() {}, after() {} })
console.log(cases > 30 && data)`,
  )
  const said = execFileSync(process.execPath, ['run.mjs'], { cwd: folder, encoding: 'utf8' }).trim()
  if (said !== '42') throw new Error(`the installed package answered ${said}, wanted 42`)
  const version = execFileSync(join(folder, 'node_modules', '.bin', 'mcp-optimizer'), ['--version'], {
    encoding: 'utf8',
  }).trim()
  console.log(`package ${version}: ${files.length} files, ${size} bytes packed; installs and runs in an empty project`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

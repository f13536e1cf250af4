// Packs the package, looks at what is inside, installs it in an empty project and runs it there.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'

// Of these, data/word-vectors.bin is 1.3 MB, and docs that README links 55 kB.
const MAX_PACKED_BYTES = 2_700_000
const ALLOWED =
  /^(dist\/.*\.(js|d\.ts|js\.map)|intents\/[\w/]+(\.d)?\.ts|intents\/tsconfig\.json|schema\/.*\.json|data\/word-vectors\.bin|docs\/[\w/-]+\.md|package\.json|README\.md|LICENSE|NOTICE)$/
const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-package-'))
try {
  const [{ files, size, filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', folder], {
      encoding: 'utf8',
    }),
  )
  const odd = files.map(({ path }) => path).filter((path) => !ALLOWED.test(path))
  if (odd.length > 0) throw new Error(`files that do not belong into the package: ${odd.join(', ')}`)
  const packed = new Set(files.map(({ path }) => path))
  const dead = [...packed].filter((path) => path.endsWith('.md')).flatMap((path) => deadLinks(path, packed))
  if (dead.length > 0) throw new Error(`links to files that are not in the package: ${dead.join(', ')}`)
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

/** Files that a document links and that a reader of the package would not find. */
function deadLinks(path, packed) {
  const links = readFileSync(path, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)
  return [...links].map(([, to]) => posix.join(posix.dirname(path), to)).filter((to) => !packed.has(to))
}

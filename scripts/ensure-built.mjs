// Builds the package unless it is built: a new build under running tests would take away what they start.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const isBuilt = existsSync(new URL('../dist/cli.js', import.meta.url))
if (!isBuilt)
  process.exitCode = spawnSync('npm', ['run', 'build', '--silent'], { stdio: 'inherit', shell: true }).status ?? 1

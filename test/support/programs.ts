import { spawnSync } from 'node:child_process'

/** True when a program is installed; says which tests are skipped where it is not. `.ci/run` installs all of them. */
export function hasProgram(name: string): boolean {
  const found = spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined
  if (!found) console.log(`skipped: these tests need ${name}, which is not installed here`)
  return found
}

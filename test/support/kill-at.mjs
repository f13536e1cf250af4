// Preloaded: ends the process with SIGKILL at the change of a file that KILL_AT counts to, writes half of a content before.
import { writeSync } from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

let left = Number(process.env.KILL_AT ?? 'Infinity')

/** True where this is the change to die at. */
function isLast() {
  left--
  return left === 0
}

function die() {
  process.kill(process.pid, 'SIGKILL')
}

for (const name of ['mkdir', 'rename', 'rm', 'link', 'utimes', 'open']) {
  const real = promises[name]
  promises[name] = async (...args) => {
    // Opening to read changes nothing.
    if (!(name === 'open' && args[1] === 'r') && isLast()) die()
    const result = await real(...args)
    if (name === 'open' && args[1] !== 'r') watch(result)
    return result
  }
}
const { writeFile } = promises
promises.writeFile = async (path, content, options) => {
  if (isLast()) {
    await writeFile(path, content.slice(0, content.length / 2), options)
    die()
  }
  await writeFile(path, content, options)
}
syncBuiltinESMExports()

function watch(handle) {
  const { writeFile, sync } = handle
  handle.writeFile = async (bytes) => {
    if (isLast()) {
      writeSync(handle.fd, bytes, 0, Math.floor(bytes.length / 2))
      die()
    }
    await writeFile.call(handle, bytes)
  }
  handle.sync = async () => {
    if (isLast()) die()
    await sync.call(handle)
  }
}

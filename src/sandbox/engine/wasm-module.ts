import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'

export const PAGE_BYTES = 65_536
const MEMORY_SECTION = 5

/**
 * Compiles `quickjs.wasm` with a maximum for its memory: the file has none, and the engine's own limit counts only
 * what it allocates, so the maximum is what really bounds a guest.
 */
export async function compileBounded(maximumBytes: number): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm')
  return await WebAssembly.compile(withMaximum(await readFile(path), Math.ceil(maximumBytes / PAGE_BYTES)))
}

/** Compiled modules kept, one a memory size. */
const MODULES_KEPT = 8

/** The modules of the last memory sizes. */
export class EngineModules {
  private readonly compiling = new Map<number, Promise<WebAssembly.Module>>()
  private readonly done = new Map<number, WebAssembly.Module>()

  /** One that another thread has compiled. */
  add(memoryBytes: number, module: WebAssembly.Module): void {
    this.compiling.set(memoryBytes, Promise.resolve(module))
  }

  compiled(memoryBytes: number): WebAssembly.Module | undefined {
    return this.done.get(memoryBytes)
  }

  async compile(memoryBytes: number): Promise<WebAssembly.Module> {
    const compiling = this.compiling.get(memoryBytes) ?? compileBounded(memoryBytes)
    this.compiling.set(memoryBytes, compiling)
    const module = await compiling
    this.done.set(memoryBytes, module)
    for (const size of this.done.keys()) {
      if (this.done.size <= MODULES_KEPT) break
      this.done.delete(size)
      this.compiling.delete(size)
    }
    return module
  }
}

/** The same WebAssembly binary with `maximumPages` in its only memory's type. */
export function withMaximum(binary: Uint8Array, maximumPages: number): Uint8Array<ArrayBuffer> {
  const section = findSection(binary, MEMORY_SECTION)
  const count = readNumber(binary, section.start)
  const flags = readNumber(binary, count.end)
  const minimum = readNumber(binary, flags.end)
  if (count.value !== 1 || flags.value > 1) throw new Error('quickjs.wasm has another kind of memory than expected')
  const type = [1, 1, ...writeNumber(minimum.value), ...writeNumber(Math.max(maximumPages, minimum.value))]
  const parts = [
    binary.subarray(0, section.header),
    Uint8Array.from([MEMORY_SECTION, ...writeNumber(type.length), ...type]),
    binary.subarray(section.end),
  ]
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    result.set(part, offset)
    offset += part.length
  }
  return result
}

function findSection(binary: Uint8Array, wanted: number): { header: number; start: number; end: number } {
  let header = 8
  while (header < binary.length) {
    const size = readNumber(binary, header + 1)
    if (binary[header] === wanted) return { header, start: size.end, end: size.end + size.value }
    header = size.end + size.value
  }
  throw new Error(`quickjs.wasm has no section ${wanted}`)
}

/** LEB128, the number format of WebAssembly. */
function readNumber(binary: Uint8Array, start: number): { value: number; end: number } {
  let value = 0
  for (let end = start, shift = 0; ; end++, shift += 7) {
    const byte = binary[end] ?? 0
    value |= (byte & 127) << shift
    if (byte < 128) return { value: value >>> 0, end: end + 1 }
  }
}

function writeNumber(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest > 127) {
    bytes.push((rest & 127) | 128)
    rest >>>= 7
  }
  return [...bytes, rest]
}

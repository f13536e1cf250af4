const MEMORY_SECTION = 5
const HEADER_BYTES = 8

/**
 * Gives the module's own memory a maximum, so that no guest can grow it further, whatever the engine does.
 * Rewrites the memory section (WebAssembly core specification 2.0, 5.5.8): one memory without a maximum.
 */
export function boundMemory(wasm: Uint8Array, maxPages: number): Uint8Array {
  let position = HEADER_BYTES
  while (position < wasm.length) {
    const id = wasm[position]
    const size = readUnsigned(wasm, position + 1)
    const end = size.next + size.value
    if (id === MEMORY_SECTION) return replace(wasm, position, end, memorySection(wasm.subarray(size.next, end), maxPages))
    position = end
  }
  throw new TypeError('cannot bound the memory of the engine: its module has no memory section')
}

function memorySection(section: Uint8Array, maxPages: number): Uint8Array {
  const [count, flags] = section
  if (count !== 1 || flags !== 0) throw new TypeError('cannot bound the memory of the engine: wanted one memory without a maximum')
  const least = readUnsigned(section, 2).value
  const body = [1, 1, ...unsigned(least), ...unsigned(maxPages)]
  return Uint8Array.from([MEMORY_SECTION, ...unsigned(body.length), ...body])
}

function replace(bytes: Uint8Array, start: number, end: number, part: Uint8Array): Uint8Array {
  const joined = new Uint8Array(bytes.length - (end - start) + part.length)
  joined.set(bytes.subarray(0, start))
  joined.set(part, start)
  joined.set(bytes.subarray(end), start + part.length)
  return joined
}

/** LEB128, unsigned. */
function readUnsigned(bytes: Uint8Array, start: number): { readonly value: number; readonly next: number } {
  let value = 0
  let next = start
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[next++] ?? 0
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return { value, next }
  }
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)]
}

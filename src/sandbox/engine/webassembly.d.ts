/** The part of WebAssembly in use: the DOM library would bring its types together with a browser's. */
declare namespace WebAssembly {
  // Opaque: made by compile, used by Instance.
  interface Module {
    readonly [Symbol.toStringTag]: 'WebAssembly.Module'
  }
  class Instance {
    constructor(module: Module, imports: Imports)
    readonly exports: Readonly<Record<string, unknown>>
  }
  class Memory {
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  class Global {
    value: unknown
  }
  type Imports = Record<string, Record<string, (...values: never[]) => unknown>>
  function compile(bytes: Uint8Array): Promise<Module>
}

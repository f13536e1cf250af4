// The part of the WebAssembly JavaScript interface used here; Node's type package declares none.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  interface Memory {
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  interface Global {
    value: number
  }
}

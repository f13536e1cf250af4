// For those who write a backend of sandboxes: the public names, one by one.
export { sandboxContract, type TestRunner } from './sandbox-contract.ts'

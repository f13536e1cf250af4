// `mcp-optimizer/testing`: recorded servers, and the contract of sandboxes. The public names, one by one.
export { sandboxContract, type TestRunner } from '../testing/index.ts'
export {
  type CallToRecord,
  createRecordedUpstream,
  type RecordedCall,
  type Recording,
  recordServer,
} from './recorded.ts'

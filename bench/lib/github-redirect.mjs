// Loaded before @modelcontextprotocol/server-github, which has GitHub's address built in: sends its requests to the fake.
const { fetch: original } = globalThis
globalThis.fetch = async (url, options) =>
  await original(String(url).replace('https://api.github.com', process.env.FAKE_GITHUB_URL), options)

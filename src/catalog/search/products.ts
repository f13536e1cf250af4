import type { Catalog } from '../catalog.ts'
import type { SearchDocument } from './document.ts'
import { parameterWords } from './parameter-words.ts'
import { sentencesOf } from './sentences.ts'

/** Names that stand for a product and nothing else. */
const BRANDS = new Set(
  `github gitlab bitbucket gitea forgejo codeberg jira confluence trello asana clickup todoist basecamp wrike ticktick youtrack
   redmine bugzilla airtable smartsheet evernote onenote logseq obsidian whatsapp telegram discord mattermost rocketchat
   gmail outlook sendgrid mailgun mailchimp postmark protonmail fastmail calendly webex postgres postgresql mysql sqlite
   mariadb mssql snowflake bigquery duckdb clickhouse redshift supabase planetscale cockroachdb databricks mongodb redis
   dynamodb cassandra couchbase firestore firebase elasticsearch neo4j pinecone qdrant weaviate chromadb milvus opensearch
   algolia meilisearch typesense cloudflare heroku vercel netlify digitalocean linode hetzner dropbox onedrive gdrive
   sharepoint nextcloud docker kubernetes podman terraform pulumi ansible datadog grafana prometheus newrelic splunk
   honeycomb dynatrace sentry rollbar bugsnag pagerduty opsgenie mixpanel posthog salesforce hubspot pipedrive zoho
   zendesk intercom freshdesk stripe paypal braintree razorpay adyen klarna xero quickbooks freshbooks shopify woocommerce
   magento bigcommerce ebay etsy walmart aliexpress wordpress webflow drupal contentful figma canva photoshop mermaid
   drawio excalidraw lucidchart typeform surveymonkey zapier n8n ifttt firecrawl apify puppeteer playwright selenium
   duckduckgo tavily perplexity youtube vimeo tiktok twitch spotify soundcloud deezer twitter facebook instagram linkedin
   reddit mastodon bluesky pinterest elevenlabs openai anthropic huggingface replicate jenkins circleci travisci
   servicenow okta auth0 keycloak twilio blender godot homeassistant`.split(/\s+/),
)
/** Products whose names are words as well: meant where they stand first among keywords, or have a capital letter. */
const WORDS = new Set(
  `notion linear slack zoom box drive asana miro airbnb uber strava steam unity linkedin azure aws gcp s3
   snowflake ghost shortcut sketch mercury ramp amplitude plausible segment craft coda bear signal matrix`.split(/\s+/),
)
const MAX_KEYWORDS = 6
/** Of a query; longer ones name no product that matters by then. */
const MAX_CHARS = 2_000
const QUOTED = /["“][^"”\n]{0,200}["”]|(?<!\p{L})['‘][^'’\n]{0,200}['’](?!\p{L})/gu

/** A list of names in a request ("on Twitter, Facebook and Instagram") tells values, not where the need is served. */
const MAX_NAMED = 1

/**
 * The products that a query names, in lower case: among keywords, or one in a sentence that asks; addresses name none. The
 * first of some keywords is one too when nothing else `knows` the word.
 */
export function productsIn(query: string, knows: (word: string) => boolean): string[] {
  const asking = sentencesOf(query.slice(0, MAX_CHARS)).filter(({ role }) => role === 'asks')
  const isKeywords = asking.length === 1 && query.length <= MAX_CHARS && wordsOf(query).length <= MAX_KEYWORDS
  const found = asking.flatMap(({ text }) => {
    const words = wordsOf(text)
    const named = words.filter((word, at) => isProduct(word, isKeywords && at === 0, knows, words.length))
    return isKeywords || named.length <= MAX_NAMED ? named : []
  })
  return [...new Set(found.map((word) => word.toLowerCase()))]
}

/** Words outside quotes; an address or a file name is none. */
function wordsOf(text: string): string[] {
  return text
    .replace(QUOTED, ' ')
    .split(/\s+/)
    .map((word) => word.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((word) => word !== '' && !/[@./\\]/.test(word))
    .flatMap((word) => word.match(/[\p{L}\p{N}]+/gu) ?? [])
}

function isProduct(word: string, isFirst: boolean, knows: (word: string) => boolean, count: number): boolean {
  const plain = word.toLowerCase()
  if (BRANDS.has(plain)) return true
  if (WORDS.has(plain)) return isFirst || /^\p{Lu}/u.test(word)
  return isFirst && count > 1 && /^[a-z]{4,}$/.test(plain) && !knows(word)
}

/** Those of the products that neither a server nor what was found says a word of. */
export function unknownProducts(
  products: readonly string[],
  catalog: Catalog,
  found: readonly SearchDocument[],
): readonly string[] {
  if (products.length === 0) return []
  const servers = [...catalog.servers.values()].map(({ name, key, description }) => `${name} ${key} ${description}`)
  const tools = found.map(({ id, serverName, name, description, inputSchema }) => {
    const { names, documentation } = parameterWords(inputSchema)
    return `${id} ${serverName} ${name} ${description} ${names} ${documentation}`
  })
  const known = [...servers, ...tools].join('\n').toLowerCase()
  const joined = known.replace(/[ _-]/g, '')
  return products.filter((product) => !known.includes(product) && !joined.includes(product))
}

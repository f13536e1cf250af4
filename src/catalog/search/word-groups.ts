/**
 * Words that may stand for each other in a search: verbs, things that tools handle, products of one kind.
 * Each word of a query adds the rest of its groups, with a small weight. One group a line; add words in plain form.
 */
export const EQUALS = `
list show enumerate browse view display
get fetch retrieve read obtain load lookup
find search query locate discover lookup
seek hunt find search
create add new make insert register open
update edit modify change set patch adjust
delete remove destroy erase drop clear purge
discard trash delete remove
wipe erase clear
send post publish submit deliver share
run execute start launch trigger invoke perform
stop cancel abort halt terminate end kill
pause suspend hold freeze
resume continue unpause
download export save fetch pull
upload import attach push
ingest import upload load
copy duplicate clone replicate fork
move transfer relocate migrate
rename retitle
merge combine join concat concatenate unify
split divide separate segment
convert transform translate format encode decode
transcode convert
analyze analyse inspect examine evaluate assess review check analysis analytics
diagnose troubleshoot debug investigate
summarize summary digest abstract summarise recap overview
condense shorten summarize
compare comparison diff difference versus
contrast compare
validate verify check lint test validation verification
ensure verify check
monitor watch track observe follow monitoring tracking
inspect view examine
schedule plan book reserve appointment
reservation booking reserve book
approve accept confirm
reject decline deny refuse
assign allocate delegate
connect link attach bind
associate relate link relation
enable activate turnon
disable deactivate turnoff
block ban restrict
restart reboot reload reset
restore recover rollback revert undo
backup snapshot archive dump
deploy release rollout publish ship deployment
install setup configure provision installation
configuration config setting preference option settings
generate produce create build compose draw generation
compose write draft author
rewrite paraphrase rephrase polish
improve enhance optimize refine optimise
fix repair resolve solve mend
calculate compute count sum evaluate math arithmetic calculation calculator
add plus sum total
estimate predict forecast project prediction
sort order rank ranking
top best popular trending leading hottest
latest recent newest current lately
newest latest new recent
filter select choose pick
recommend suggest suggestion recommendation recommendations advise advice propose
subscribe follow watch
unsubscribe unfollow
comment reply respond answer response
ask question query
explain describe clarify explanation
describe details info information detail
details detail info information metadata
navigate goto visit open browse
click press tap
hover mouse pointer
type enter fill input
scroll swipe
screenshot capture snapshot image
record capture recording
crawl scrape extract spider scraping crawler scraper
extract parse scrape
parse read decode
lookup search find
invite invitation
join enter
leave exit quit
login signin authenticate authorization
logout signout
encrypt cipher encryption
decrypt decipher
compress zip shrink archive
decompress unzip
resize scale shrink enlarge dimensions
crop trim cut
rotate turn flip
sync synchronize synchronise
mark flag tag
pin star bookmark favorite favourite
like upvote favorite
vote poll ballot
rate rating score review
buy purchase shop order acquire
purchase buy order
sell sale selling
pay payment
refund reimburse
hire recruit recruiting
teach educate learn study
learn study education course
train practice exercise
play start listen
watch view stream
speak talk say voice speech
listen hear audio
dictate transcribe transcript transcription subtitle caption captions subtitles
remind reminder
remember memorize store save recall
store keep save persist
memory remember recall knowledge
forget delete
brainstorm ideate idea ideas
simulate simulation model emulate
visualize plot chart draw render visualise visualization
draw sketch paint illustrate
render draw display
animate animation animated
design layout mockup prototype
paint color colour
issue ticket bug task story defect problem
error exception crash failure fault
pullrequest mergerequest pr mr review
repository repo project codebase
branch ref
commit revision changeset
commits history log changes
release version tag
file document doc
folder directory path
directory folder
symlink link
message chat conversation dm
thread conversation discussion
email mail inbox gmail outlook
sms text message
phone call telephone mobile
channel room
server guild
user member person account people profile
employee staff worker personnel
officer executive director
team group organization org company
company business corporation firm enterprise organization
customer client contact lead
deal opportunity sale
prospect lead contact
meeting event calendar appointment
agenda schedule calendar
invitee attendee guest participant
note page memo document
wiki page article knowledge
notebook note page
table sheet spreadsheet excel worksheet
csv spreadsheet table
row record entry item
column field attribute property
cell range
database db sql
schema structure definition
index collection
query sql statement
dataset data table
vector embedding embeddings
container docker pod image
cluster kubernetes k8s
server host machine instance vm droplet
vps server instance
function lambda serverless
log logs trace event
logs output console
metric metrics statistic statistics stats measurement
usage consumption utilization
quota limit
alert alarm notification warning incident
notification notify alert
dashboard chart graph plot visualization diagram
diagram flowchart mermaid uml
price cost quote rate pricing
fee charge cost price
cheap affordable budget bargain discount
discount coupon deal promo offer voucher promotion
stock share equity ticker finance market
portfolio holdings position investment
invest investment investing
dividend yield payout
earnings revenue income profit
income salary wage pay
budget expense spending
expense receipt cost
currency exchange money forex fx
payment invoice billing charge transaction
bill invoice
order purchase
cart basket checkout
shipping delivery shipment parcel package courier
inventory stock warehouse
product item goods catalog merchandise
brand company logo
store shop retailer shopping
weather forecast temperature climate
rain precipitation
alert warning
map location place address geocode coordinates
coordinates latitude longitude geocode
nearby near around local closest
distance length far
elevation altitude height
route direction directions navigation travel
traffic congestion
parking carpark
gas petrol fuel gasoline
flight airline plane airfare
airport flight
hotel accommodation lodging stay airbnb
trip travel journey itinerary vacation holiday tour tourism
destination place trip
sightseeing attraction attractions landmark tourism
getaway vacation trip
honeymoon vacation trip travel
train railway rail
bus transit transport
subway metro transit
taxi cab ride
car vehicle automobile auto
ev electric charging vehicle
restaurant food meal dining dine
recipe dish cooking cook
ingredient ingredients recipe
breakfast lunch dinner meal
grocery supermarket food
calorie nutrition diet nutrient
drink beverage cocktail
wine beer spirits
movie film cinema
tv television show series episode
documentary film movie
actor cast celebrity
theater theatre broadway musical
concert gig event
ticket admission event
music song track audio spotify
playlist songs tracks
artist musician band singer
lyrics song
chord guitar music
melody tune music
podcast episode show
video clip youtube footage
picture photo image
photograph photo picture
icon logo symbol
avatar portrait
art artwork painting
museum gallery exhibit
paper article publication arxiv research study
papers publications literature
citation reference bibliography
patent invention
author writer
book literature novel
library catalog
headline headlines news article
press news media
politics political parliament government
election vote candidate
web website internet page url site
webpage page site html
link url hyperlink
domain dns hostname
whois domain registration
ip address network
header headers http
request http call
endpoint api route
webhook hook callback
browser chrome tab
tab window
cookie session
translation translate language
language lingual languages
dictionary definition word meaning
synonym thesaurus word
grammar spelling proofread
essay writing
poem poetry
quote quotation saying
joke humor funny
fact trivia
riddle puzzle
game player match
gaming game games
score result standings
standings ranking table league
tournament championship league cup
health medical medicine
drug medication medicine pharmaceutical
disease illness condition
patient hospital clinic
symptom diagnosis
doctor physician
workout exercise fitness training gym
sleep rest
mental meditation mindfulness
gene genome genetic dna
protein molecule
chemical compound
job vacancy career position employment
resume cv
interview candidate
course class lesson tutorial learning
student pupil learner
teacher instructor tutor
university college school
exam test quiz
homework assignment
time date timezone clock
date day calendar
duration interval length
history historical past
deadline due
countdown timer
secret password credential key token
leak breach exposed
vulnerability cve security exploit
malware virus threat
scan check inspect
firewall security
certificate ssl tls
permission role access policy
privilege permission right
law legal legislation statute regulation
court case judgment lawsuit
lawyer attorney counsel
contract agreement
tax taxes vat
label tag category
milestone sprint iteration cycle
board kanban
epic story
backlog tasks
workflow pipeline action ci build
job run task
build compile
test testing spec
coverage test
lint format style
refactor rewrite restructure
dependency package library module
package npm pip pypi crate
code program script source snippet
snippet code
notebook jupyter
terminal shell command bash cli
command shell execute
process task
thread process
memory ram
disk storage volume
bucket storage s3 blob object
object blob file
queue topic stream message
cache redis
domain zone
record dns
network vpc subnet
region zone location
template boilerplate scaffold
blueprint template
form survey questionnaire poll
feedback review opinion
complaint feedback
todo task reminder
checklist todo
goal objective target okr
habit routine
project plan
timeline gantt roadmap
contact person address
birthday date
gift present
family relative
pet animal
dog cat pet
plant flower garden
house home property realestate apartment
rent rental lease
mortgage loan
furniture home
room bedroom
light lamp bulb lighting
switch toggle
thermostat temperature heating
sensor device
device gadget hardware
printer print
camera photo
sound volume audio
voice speech tts
speech tts synthesize audio
transcribe stt speech
noise audio sound
space astronomy nasa planet
star constellation astronomy
satellite orbit
earthquake seismic quake
flood disaster
air pollution quality
energy electricity power
carbon emission climate
horoscope astrology zodiac
tarot fortune divination
dice roll random
random randomize
uuid guid id identifier
hash checksum digest
qr qrcode barcode
barcode upc scan
color palette theme
font typography
css style
html markup
markdown md
pdf document
docx word document
pptx powerpoint slide presentation
slide deck presentation slides
slideshow presentation
json object data
xml markup
yaml config
regex pattern match
string text
number integer value
array list
variable parameter value
parameter argument option
unit measure conversion
size dimension
quantity amount count number
percentage percent ratio
average mean
maximum max highest
minimum min lowest
trend trends trending
keyword keywords term
seo ranking keyword
backlink seo
ad ads advertising advertisement campaign
campaign marketing
marketing promotion
newsletter email campaign
audience segment
influencer creator
hashtag tag
tweet post twitter x
feed timeline posts
post article
blog article post
caption text
meme image
gif animation
emoji reaction
reaction emoji like
sticker emoji
story post
follower followers subscriber
subreddit reddit
profile account bio
biography bio profile
sentiment opinion mood
emotion mood feeling
topic subject theme
category genre type
similar related alike
duplicate copy
version revision
draft unpublished
template theme
attachment file
signature sign esign
sign signature
scan ocr
ocr text recognize
recognize detect identify
detect recognize identify
classify categorize label classification
predict forecast inference
inference predict generate
prompt instruction
llm gpt model ai
ai artificial intelligence
model llm
agent assistant bot
chatbot bot assistant
finetune train
knowledge graph
entity node
node entity vertex
edge relation link
graph network
ontology taxonomy
crypto cryptocurrency bitcoin ethereum coin token blockchain
wallet balance address
balance funds
nft collectible token
swap exchange trade
trade order exchange
staking stake
gas fee
contract smart
block transaction
chain blockchain network
newspaper newspapers news press
camping camp campground campsite tent
worth value price
pace speed
remark comment annotation
replace swap substitute
allowance quota limit ceiling
aggregate group grouping
thumbnail preview picture
dependency dependent depend prerequisite blocker
board dashboard
exec execute run command
mock fake stub dummy
forward redirect forwarder
warn alert monitor
frequent frequency common
investigation investigate research inquiry
replica scale instance
upgrade update
turnover revenue sales
owner registrant whois
stage unstage staging
overwrite replace
correct fix edit
`

/**
 * Kinds and what belongs to them. A word on the right adds its kinds, and a kind adds what belongs to it; words on the
 * right do not add each other. Mostly knowledge of the world: products, places where things are kept, fields of life.
 */
export const KINDS = `
knowledge graph entity observation memory < remember memorize memorise recall fact forget preference
note knowledge observation < jot learn keep
note document memo < notes idea thought minutes
git repository code < github gitlab bitbucket gitea forgejo codeberg
issue ticket < jira linear youtrack redmine bugzilla asana clickup
task project < asana trello clickup monday todoist jira linear basecamp wrike ticktick height shortcut
note document < notion obsidian evernote confluence onenote coda bear logseq roam joplin craft outline
chat message < slack discord teams telegram whatsapp mattermost signal zulip matrix wechat line rocketchat
email mail < gmail outlook sendgrid mailgun mailchimp resend postmark imap smtp yahoo fastmail protonmail
calendar event < calendly gcal caldav
meeting call < zoom teams webex meet googlemeet
database sql < postgres postgresql mysql sqlite mariadb mssql oracle snowflake bigquery duckdb clickhouse redshift supabase neon planetscale cockroachdb databricks
database < mongodb redis dynamodb cassandra couchbase firestore firebase elasticsearch neo4j
vector database < pinecone qdrant weaviate chroma milvus pgvector
cache < redis memcached valkey
search index < elasticsearch opensearch algolia meilisearch typesense solr
cloud < aws azure gcp cloudflare heroku vercel netlify digitalocean railway render linode hetzner fly
storage bucket < s3 gcs minio r2 blob
file storage < dropbox onedrive box gdrive drive sharepoint nextcloud
deploy hosting < vercel netlify heroku railway render fly
container < docker kubernetes podman helm k8s
infrastructure < terraform pulumi ansible cloudformation
monitoring metrics logs < datadog grafana prometheus newrelic sentry splunk loki kibana honeycomb dynatrace
error < sentry rollbar bugsnag
incident oncall < pagerduty opsgenie
analytics < mixpanel amplitude posthog plausible
crm customer < salesforce hubspot pipedrive zoho attio
support ticket < zendesk intercom freshdesk helpscout
payment < stripe paypal square braintree razorpay adyen klarna
accounting invoice < xero quickbooks freshbooks
store ecommerce product < shopify woocommerce magento bigcommerce amazon ebay etsy walmart aliexpress
website cms < wordpress webflow drupal ghost contentful sanity strapi wix squarespace
design < figma canva sketch adobe photoshop miro
diagram < mermaid drawio excalidraw plantuml miro lucidchart
form survey < typeform surveymonkey
automation workflow < zapier make n8n ifttt
scrape crawl web < firecrawl apify brightdata scrapy
browser < puppeteer playwright selenium chrome chromium browserbase firefox safari
search web < google bing duckduckgo brave tavily exa serpapi kagi perplexity searxng
video < youtube vimeo tiktok twitch bilibili loom heygen netflix
music < spotify soundcloud deezer tidal itunes
social post < twitter facebook instagram linkedin reddit mastodon bluesky tiktok threads pinterest weibo
map location < googlemaps mapbox osm openstreetmap amap
voice speech audio < elevenlabs whisper tts
image generate < dalle midjourney flux stability diffusion stablediffusion replicate
model ai < openai anthropic gemini claude gpt llama mistral huggingface ollama
package < npm pypi pip cargo maven nuget brew apt
smart home device < homeassistant hue alexa thermostat light lamp
weather < rain snow wind humidity temperature sunny storm hurricane umbrella forecast sunrise uv celsius fahrenheit precipitation cloudy
finance stock market < nasdaq nyse dow apple tesla microsoft dividend earnings bond etf fund ipo shareholder hedge investor wallstreet sec
finance < revenue profit cashflow balance statement capitalization valuation budget loan credit debt bank banking mortgage interest inflation gdp economy
currency exchange < usd eur gbp jpy cny dollar euro pound yen rupee peso yuan franc
crypto finance < bitcoin btc ethereum eth solana dogecoin nft defi token coin wallet binance coinbase blockchain stablecoin usdt
travel trip < hotel flight vacation holiday tourism tourist honeymoon itinerary destination getaway sightseeing hostel resort cruise luggage passport visa airport beach backpacking tour
hotel < accommodation resort hostel motel inn room suite booking
flight < airline airplane airport boarding layover departure arrival
transport < bus train taxi metro subway ferry uber lyft tram
place city < paris london tokyo rome berlin sydney york
food < recipe meal breakfast lunch dinner snack dish cuisine dessert vegan vegetarian pasta pizza chicken bread cake soup salad
recipe < cook bake ingredient dish cuisine dessert
diet nutrition < calorie protein carb vitamin weight keto vegan fasting
restaurant < dine dining table reservation cafe sushi pizza steak brunch takeout
drink < wine beer cocktail sake whisky coffee tea
product shopping < laptop phone smartphone headphones camera smartwatch tv console dress shoes shirt clothes clothing jacket furniture sofa vacuum kimono watch jewelry perfume toy tablet keyboard sneakers outfit fashion gadget appliance electronics bag
beauty cosmetic < makeup skincare cleanser lipstick shampoo moisturizer perfume cream
review < opinion rating pros cons advantages disadvantages feedback
price shopping < discount coupon sale deal cheap bargain promo
gift < present birthday anniversary christmas wedding surprise girlfriend boyfriend
car vehicle < suv sedan truck toyota honda ford bmw tesla dealer mileage hatchback motorcycle driving
house property < apartment condo bedroom mortgage rent zillow realtor neighborhood landlord tenant villa
job career < resume salary interview recruiter hiring internship employer vacancy
education course learning < tutor lesson homework exam university student teacher classroom lecture curriculum study ielts toefl sat
language learning < vocabulary grammar pronunciation ielts toefl english spanish french german chinese japanese
translate < english spanish french german chinese japanese italian korean portuguese russian arabic
research paper < arxiv pubmed scholar semantic academic scientific journal citation thesis literature scientist
medical health < disease symptom doctor hospital medicine drug patient clinical treatment therapy cancer diabetes vaccine nurse
fitness workout < gym muscle yoga running cardio squat exercise
mental health < anxiety stress depression meditation therapy mindfulness
sport < football soccer basketball baseball tennis cricket hockey golf rugby nfl nba mlb nhl fifa f1 olympics league team player match score standings
football soccer < premier league goal fifa messi
fantasy team < fpl lineup draft
game < chess checkers sudoku poker puzzle minecraft pokemon xbox playstation nintendo steam rpg quest dice trivia riddle crossword hangman apex fortnite roblox
movie film < cinema imdb actor director trailer netflix tmdb hollywood documentary comedy thriller
tv show < series episode season anime
book < novel author fiction isbn reading library publisher bestseller
podcast < episode host interview
news < headline headlines breaking bbc cnn nytimes reuters politics journalist current
law legal < crime court attorney lawyer plaintiff defendant sue lawsuit penalty criminal statute copyright trademark immigration divorce rights legislation judge litigation
government < parliament congress senate policy president minister election politics
company < corporation ceo founder headquarters startup subsidiary officer employee
security < malware phishing hack breach password vulnerability exploit firewall threat virus hacker pentest cve
domain website < dns whois hostname registrar
seo website < backlink keyword ranking serp traffic sitemap
image < photo picture jpg png logo drawing illustration portrait painting screenshot avatar wallpaper billboard
photo image < photography camera portrait gallery
video < clip footage movie animation subtitle youtube vlog
audio < mp3 wav sound podcast voice recording
document < pdf docx word report contract letter
spreadsheet < excel xlsx csv sheet googlesheets airtable
presentation < powerpoint pptx slides keynote deck
write text < essay blog poem story letter article caption script copy
space nasa < mars moon planet rocket asteroid telescope galaxy astronaut satellite voyager rover hubble spacecraft
astrology horoscope < zodiac aries taurus gemini leo virgo scorpio capricorn aquarius pisces tarot natal
animal < dog cat bird fish pet puppy horse species
plant garden < flower tree seed houseplant vegetable leaf
science < physics chemistry biology molecule gene protein atom
chemistry < molecule compound reaction pubchem
math calculate < equation algebra integral derivative matrix sum multiply square root percentage geometry
data < csv json dataset statistics table
chart < bar pie line histogram plot graph
time < timezone clock utc hour minute alarm timer
date < today tomorrow yesterday weekday month year
event < concert festival conference party wedding show ticket exhibition
ticket event < concert broadway theater show seat
art < painting museum artist sculpture gallery drawing nft
museum art < rijksmuseum louvre met
music < song lyrics album guitar piano chord playlist band singer melody melodic remix
charity donate < donation nonprofit ngo volunteer
energy < solar electricity battery wind grid utility
environment < pollution carbon emission recycling climate sustainability
child kids < children baby parent parenting school toddler
religion < bible quran church prayer verse
family < ancestor genealogy parent
ship < vessel boat marine
military < army weapon defense
agriculture < farm crop soil livestock
insurance < policy claim premium coverage
delivery < parcel fedex ups dhl tracking courier shipment
address location < zip postal street city country
phone call < twilio sms voicemail dial
3d model < blender unity unreal mesh cad
game engine < unity unreal godot
robot device < arduino raspberry esp32 mqtt iot
reverse engineering < ghidra ida binary disassemble decompile
blockchain < ethereum solana polygon bitcoin evm
network < ip ping dns port router wifi vpn subnet
code < python javascript typescript java rust golang function class variable debug compile program script algorithm numpy
code program < developer programming coding software
test < unit integration e2e pytest jest
api < rest graphql openapi swagger endpoint
log < logs trace stacktrace
cron schedule < nightly hourly periodic recurring
metric timeseries < latency throughput percentile p50 p90 p95 p99
dns record < txt mx cname aaaa nameserver spf dkim dmarc
shell command < bash powershell terminal ssh
`

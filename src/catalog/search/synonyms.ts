/**
 * Words that may stand for each other in a search, in groups: verbs, things that tools handle, products and their kind.
 * Each word of a query adds the rest of its groups, with a small weight. One group a line; add words in plain form.
 */
const GROUPS = `
list show enumerate browse view display
get fetch retrieve read obtain load lookup
find search query locate discover lookup
create add new make insert register open
update edit modify change set patch adjust
delete remove destroy erase drop clear purge
send post publish submit deliver share
run execute start launch trigger invoke perform
stop cancel abort halt terminate end kill
download export save fetch pull
upload import attach push
copy duplicate clone replicate fork
move transfer relocate migrate
rename retitle
merge combine join concat
convert transform translate format encode decode
analyze analyse inspect examine evaluate assess review check
summarize summary digest abstract
compare diff difference versus
validate verify check lint test
monitor watch track observe follow
schedule plan book reserve appointment
approve accept confirm
reject decline deny refuse
assign allocate delegate
connect link attach bind
enable activate turn-on switch-on
disable deactivate turn-off switch-off
restart reboot reload reset
deploy release rollout publish ship
install setup configure provision
generate produce create build compose draw
calculate compute count sum evaluate math arithmetic
sort order rank
filter select choose pick
subscribe follow watch
comment reply respond answer
navigate goto visit open browse
click press tap
type enter fill input
screenshot capture snapshot image
issue ticket bug task story defect problem
error exception crash failure fault
pull-request merge-request pr mr review
repository repo project codebase
branch ref
commit revision changeset
file document doc
folder directory path
message chat conversation dm
email mail inbox gmail outlook
channel room
user member person account people profile
team group organization org company
customer client contact lead
meeting event calendar appointment
note page memo document
table sheet spreadsheet excel worksheet
row record entry item
column field attribute property
database db sql postgres mysql sqlite
schema structure definition
container docker pod image
cluster kubernetes k8s
server host machine instance vm droplet
function lambda
log logs trace event
metric metrics statistic statistics stats measurement
alert alarm notification warning incident
dashboard chart graph plot visualization diagram
price cost quote rate
stock share equity ticker finance market
crypto cryptocurrency bitcoin ethereum coin token blockchain
currency exchange money forex
payment invoice billing charge transaction
order purchase
product item goods catalog
weather forecast temperature climate
map location place address geocode coordinates
route direction directions navigation travel
flight airline plane
hotel accommodation lodging stay airbnb
train railway ticket
restaurant food meal recipe dish
movie film cinema
music song track audio spotify
video clip youtube
picture photo image
paper article publication arxiv research study
book literature
news headline headlines article
web website internet page url site
search-engine google bing duckduckgo brave
translation translate language
game player match
health medical medicine drug patient
job vacancy career position
time date timezone clock
secret password credential key token
permission role access policy
label tag category
milestone sprint iteration cycle
workflow pipeline action ci build
version release
package library dependency module npm pip
domain dns hostname
certificate ssl tls
queue topic stream
memory knowledge remember recall graph entity
browser page tab playwright puppeteer chrome
git github gitlab bitbucket
jira linear asana issue tracker
slack discord teams telegram
notion confluence wiki
figma design
stripe paypal payment
aws azure gcp cloud
pdf document
json xml yaml csv
phone call telephone sms
tweet twitter x
reddit subreddit post
wikipedia encyclopedia wiki
statement report
survey form questionnaire poll
todo task reminder
`

/** Word → the other words of its groups, all as search terms. */
export function synonymTable(toTerm: (word: string) => string): ReadonlyMap<string, ReadonlySet<string>> {
  const table = new Map<string, Set<string>>()
  for (const line of GROUPS.split('\n')) {
    const terms = [
      ...new Set(
        line
          .trim()
          .split(/\s+/)
          .filter(Boolean)
          .map((word) => toTerm(word.replaceAll('-', ''))),
      ),
    ]
    for (const term of terms) {
      const others = table.get(term) ?? new Set<string>()
      for (const other of terms) if (other !== term) others.add(other)
      table.set(term, others)
    }
  }
  return table
}

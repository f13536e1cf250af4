import stem from 'wink-porter2-stemmer'

/** Words people tell things with. In a request of several sentences they say little about which tool is meant. */
const WORDS = `
today tomorrow yesterday tonight morning noon midday afternoon evening night midnight week weekend month year day hour
minute second monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
september october november december spring summer autumn winter ago later soon already still yet since earlier early late
last next past recently finally meanwhile moment while always never often sometimes usually
friend colleague coworker boss chief wife husband partner mother father mum mom dad parent sister brother son daughter kid
child children family grandmother grandfather nephew niece aunt uncle cousin intern trainee neighbour neighbor guy girl
woman man lady folk folks somebody someone everybody everyone nobody anyone anybody people person myself yourself
himself herself itself themselves ourselves one ones
know think believe guess suspect feel feeling hope wish mean matter worry care mind promise mention suppose expect wonder
notice realise realize decide agree talk say said told hear heard see saw seen look like love hate prefer come came go
went gone going leave left stay sit stand lie hang happen seem appear become turn begin began try tried wait sleep
need want ought might must shall may get got give gave take took put bring brought keep kept let lets make made
thing stuff something anything nothing everything idea clue reason sense way lot lots bit kind sort piece case point fact
place side end part rest couple few several many some any each every whole entire half own same different other another
else both two three four five six seven eight nine ten eleven twelve dozen hundred thousand million first third
fourth fifth once twice double
old big small large little long short high low hard easy quick quickly slow slowly fast good nice great fine bad
better best worse worst wrong right sure clear okay ready busy free strange weird odd funny awful terrible lovely
possible important urgent certain honest honestly obviously probably perhaps certainly definitely simply exactly nearly
almost quite rather pretty very too enough even though although however therefore anyway besides instead otherwise
again back away around along together apart down up out over forward ahead here there everywhere somewhere anywhere
home house desk door street lunch dinner breakfast coffee tea holiday luck hurry trouble mess nightmare
ms mr mrs dear regards cheers
`

/** As the index stores words. */
export const EVERYDAY: ReadonlySet<string> = new Set(
  WORDS.trim()
    .split(/\s+/)
    .map((word) => stem(word)),
)

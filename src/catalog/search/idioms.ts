/**
 * Idioms whose words mean little one by one, each with the words of the tools that it asks for. One idiom a
 * line, in lower case.
 */
const IDIOMS: readonly (readonly [said: RegExp, meant: string])[] = [
  // Questions.
  [/\b(?:side by side|next to each other|against each other|how do (?:they|these|those) differ)\b/, 'compare'],
  [/\b(?:how high|above (?:the )?sea|sea level)\b/, 'elevation altitude'],
  [/\b(?:how far|how long(?: \S+){0,6} (?:drive|walk|on the road|on the way|get there))\b/, 'distance duration'],
  [
    /\b(?:(?:the|best|shortest|quickest) way (?:to|from)|how (?:do|can|would) (?:i|we) get (?:to|there|from))\b/,
    'directions route',
  ],
  [/\b(?:who (?:owns|runs)|who(?: is|['’]s) behind|whom? (?:\S+ ){1,3}belongs? to)\b/, 'owner'],
  [/\b(?:on (?:my|his|her|our|their) plate|waiting for (?:me|him|her|us))\b/, 'assigned'],
  [/\b(?:what (?:did|does|has) it (?:print|write|say|said|been)|been (?:printing|writing))\b/, 'logs output'],
  [/\b(?:what (?:everyone|everybody|they) said|being said|word for word)\b/, 'transcript'],
  [/\b(?:still (?:free|available|to be had)|already taken)\b/, 'availability available'],
  [/\bhow (?:big|large|heavy)\b/, 'size'],
  [/\bwhat(?: is|['’]s) (?:in|inside|on) (?:it|there)\b/, 'list contents'],
  [/\b(?:who reports to|chain of command)\b/, 'organization hierarchy'],
  [/\b(?:just|only|nothing but) the text\b/, 'extract content'],
  [
    /\b(?:all|every)(?: the)? pages? (?:underneath|below|of (?:the|this|that) \S*site)|\b(?:whole|entire) (?:web)?site\b/,
    'crawl',
  ],
  [/\bin the margins?\b/, 'comments'],
  [/\bsecurity (?:holes?|gaps?)\b/, 'vulnerability'],
  [/\b(?:who did what|who was it)\b/, 'audit history'],
  [/\b(?:who (?:wrote|changed|touched)|what(?: has|['’]s)? changed)\b/, 'history changes'],
  [/\bon foot\b/, 'walking'],
  [/\bby (?:bike|bicycle)\b/, 'bicycling'],
  [/\bby (?:train|bus|tram|metro)\b/, 'transit'],
  [/\b(?:how (?:warm|cold|hot)|(?:will|does) it rain)\b/, 'weather'],
  [/\b(?:in a nutshell|in short|the gist|boils? down)\b/, 'summarize'],
  [/\b(?:read (?:it |this |that )?(?:aloud|out loud)|out loud)\b/, 'speech'],
  [/\b(?:keep an eye|keep watch)\b/, 'monitor'],
  [/\badds? up\b/, 'sum'],
  [/\b(?:when is it open|opening (?:hours|times))\b/, 'details hours'],
  // Orders.
  [/\b(?:money back|(?:give|pay) (?:\w+ ){1,3}back)\b/, 'refund'],
  [/\bkick(?:ed)? off\b/, 'trigger run start'],
  [/\b(?:once (?:more|again)|over again|(?:start|run|try|do)(?: \S+){0,4} again)\b/, 'retry rerun'],
  [/\b(?:put|set|lay)(?: \S+){0,4} aside\b/, 'stash save'],
  [/\b(?:by itself|on its own)\b/, 'automation automatic'],
  [/\bonce (?:an?|per|every) (?:minute|hour|day|night|week|month)\b/, 'schedule cron'],
  [/\b(?:run|start|call|execute|send|sent|check|repeat|happen)\w*(?: \S+){0,4} (?:each|every) /, 'schedule cron'],
  [/\b(?:keep|stop|prevent)(?: \S+){1,4} from \w+ing\b/, 'pause disable'],
  [/\b(?:(?:return|revert|go back) to\b|roll(?:ed)?(?: \S+){0,4} back\b)/, 'rollback revert restore'],
  [/\bbring(?: \S+){1,4} back\b/, 'restore'],
  [/\b(?:wait for (?:the other|each other|one another)|(?:can['’]?t|cannot) start before)\b/, 'dependency'],
  [/\b(?:(?:like|want)(?: \S+){1,4}|(?:should|ought to) be) (?:called|named)\b|\bnew name\b/, 'rename'],
  [/\blet (?!(?:me|us|you)\b)\S+ (?:in|see|edit|change)\b/, 'share permission'],
  [/\bturn(?: \S+){1,3} down\b/, 'decline reject'],
  [
    /\b(?:tell|inform|write to) (?:him|her|them|every(?:one|body)|(?:my|our) \w+|the (?:team|others|group))\b/,
    'send message',
  ],
  [/\b(?:tell \S+ (?:\S+ )?that|let (?!(?:me|us|you)\b)\S+ know|drop(?: \S+){0,2} a line)\b/, 'send message'],
  [/\b(?:(?:make|put|set)(?: \S+){1,4}|goe?s?) live\b/, 'publish'],
  [/\bget rid of\b/, 'delete remove'],
  [/\b(?:at the bottom|(?:another|new|one more) row)\b/, 'append'],
  [/\b(?:fill(?: \S+){0,2} (?:in|out)|enter (?:my|our|his|her|their) (?:details|data|name|address))\b/, 'fill form'],
  [/\bhand(?:ed)?(?: \S+){0,3} over\b/, 'assign transfer'],
  [/\bsign(?:ed)?(?: (?:me|us|him|her|them))? up\b/, 'register'],
  [/\b(?:as if (?:i|we) |pretend)/, 'simulate override'],
  [/\b(?:turn|switch)(?: \S+){0,3} on\b/, 'enable'],
  [/\b(?:turn|switch)(?: \S+){0,3} off\b/, 'disable'],
  [/\b(?:take(?: \S+){1,3} away|throw(?: \S+){0,3} (?:away|out)|cross(?: \S+){0,3} out)\b/, 'delete remove'],
  [/\bcall(?: \S+){0,3} off\b/, 'cancel'],
  [/\b(?:put(?: \S+){0,3} off|bring(?: \S+){0,3} forward)\b/, 'reschedule update'],
  [/\b(?:tick|check|cross)(?: \S+){0,3} off\b/, 'complete'],
  [/\b(?:pass|send)(?: \S+){0,3} on to\b/, 'forward'],
  [/\bget in touch\b/, 'message contact'],
  [/\b(?:shut|close)(?: \S+){0,3} (?:down|completely)\b/, 'stop terminate'],
  [/\bcarry on\b/, 'resume continue'],
  [/\bleave (?:a|an|my|our) (?:note|remark|word)\b/, 'comment'],
  [/\b(?:take|taking) over\b/, 'assign'],
  [/\b(?:log|sign)(?:ged)? (?:me |us )?in\b/, 'login authenticate'],
  [/\block(?: \S+){0,3} out\b/, 'block'],
]

/** Words of tools that a sentence means without saying them. */
export function meantBy(sentence: string): string {
  const text = sentence.toLowerCase()
  return IDIOMS.filter(([said]) => said.test(text))
    .map(([, meant]) => meant)
    .join(' ')
}

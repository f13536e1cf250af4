/** Words that say nothing about which tool is meant: function words and the small talk of requests. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  `a about above after again all also am an and any are as at be because been before being below between both but by
  can could did do does doing done down during each either else etc for from further had has have having he hello help
  her here hers hi him his how i if in into is it its just kindly let like ll me more most much my need no nor not of
  off ok on once only or other our out over own please re s same she should so some such t than thank thanks that the
  their them then there these they this those through to too tool tools under until up us use used user users using
  ve very via want wants was we were what when where whether which while who whom why will with would you your yours
  show make give tell able actually really maybe m d don`.split(/\s+/),
)
